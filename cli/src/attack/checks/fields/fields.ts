import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { absent, type Check, type Finding, judged, pass } from '../../check.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import { ask } from '../reset/mails.ts'
import { seedOf } from '../totp/enrolled.ts'
import { withTokens } from '../with-tokens.ts'

const run = promisify(execFile)
const about = {
  asvs: '14.2.4',
  cwe: 312,
  top10: 'A04',
  level: 'safe' as const,
  severity: 'high' as const,
}

/** Everything that the store holds, as bytes. */
async function stored(scene: Scene): Promise<Buffer> {
  const { store } = scene.config
  if (store === undefined) throw absent('the store cannot be read')
  const files = await Promise.all(
    (store.files ?? []).map(file => readFile(resolve(file)).catch(() => Buffer.alloc(0))),
  )
  const dump =
    store.command === undefined
      ? ''
      : (await run('/bin/sh', ['-c', store.command], { maxBuffer: 256 * 1024 * 1024 })).stdout
  const shown = store.http === undefined ? '' : (await scene.ask(fill(store.http, {}))).text
  const all = Buffer.concat([...files, Buffer.from(dump), Buffer.from(shown)])
  if (all.length === 0) throw absent('the store is empty or cannot be read', 'store')
  return all
}

/** A secret as it could stand in a store. */
function forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  return [secret, bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')]
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'field.at-rest',
    needs: ['newcomer', 'store'],
    tries:
      'signs in, asks for a reset and sets up a factor, and looks for each secret in the store',
    why: 'Whoever sees a backup, a log of queries or one injected row is then everybody.',
    fix: 'Store passwords hashed, tokens as their digest, and seeds sealed. Bulwark: sessions, reset, fields.',
    async run(scene) {
      const person = await scene.newcomer()
      const secrets = new Map([['the password', person.password]])
      for (const [name, value] of person.jar.cookies)
        if (value.length >= 16) secrets.set(`the cookie ${name}`, value.split('.')[0] ?? value)
      if (scene.config.tokens !== undefined) {
        const { refresh } = await withTokens(scene, person)
        secrets.set('the refresh token', refresh)
      }
      if (scene.config.totp !== undefined)
        secrets.set('the TOTP seed', (await seedOf(scene, person)).seed)
      if (scene.config.reset?.redeem !== undefined && scene.config.mail !== undefined) {
        const { asked } = await ask(scene, person.user)
        if (asked !== undefined) secrets.set('the reset token', asked.token)
      }
      await scene.wait(Math.min(1000, scene.patienceMs))
      const store = await stored(scene)
      const findings: Finding[] = []
      for (const [name, secret] of secrets)
        if (forms(secret).some(form => store.includes(form)))
          findings.push({
            where: '/',
            variant: name,
            says: `${name} can be read in the store`,
            evidence: [],
          })
      return findings.length > 0
        ? judged(findings)
        : pass(`${secrets.size} secrets looked for in ${Math.round(store.length / 1024)} KiB`)
    },
  },
]
