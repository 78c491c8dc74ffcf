import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { absent, unclear } from '../../check.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'

const run = promisify(execFile)

/** The audit log as it stands now, as text, and the reply it came in. */
export async function auditLog(scene: Scene): Promise<{ text: string; reply: Reply | undefined }> {
  const { audit } = scene.config
  if (audit?.http !== undefined) {
    const reader = await scene.signIn(audit.as ?? 'admin')
    const reply = await reader.bare(fill(audit.http, {}))
    if (!reply.ok)
      throw unclear(
        `${audit.http} answered ${reply.status} to ${reader.user}`,
        'audit, accounts.admin',
      )
    return { text: reply.text, reply }
  }
  if (audit?.file !== undefined)
    return { text: await readFile(audit.file, 'utf8'), reply: undefined }
  if (audit?.command === undefined) throw absent('no audit log is known')
  const { stdout } = await run('/bin/sh', ['-c', audit.command])
  return { text: stdout, reply: undefined }
}

/** The entries of a log: objects of a JSON array or one a line. */
export function entries(text: string): Record<string, unknown>[] {
  const list = (value: unknown): unknown[] | undefined => {
    if (Array.isArray(value)) return value
    return typeof value === 'object' && value !== null
      ? Object.values(value).find(Array.isArray)
      : undefined
  }
  try {
    return (list(JSON.parse(text)) ?? []) as Record<string, unknown>[]
  } catch {
    return text.split('\n').flatMap(line => {
      try {
        return [JSON.parse(line) as Record<string, unknown>]
      } catch {
        return []
      }
    })
  }
}

/** Reads the log until an entry fits, for as long as one may be on its way. */
export async function logged(
  scene: Scene,
  fits: (entry: string) => boolean,
): Promise<{ found: Record<string, unknown>[]; reply: Reply | undefined }> {
  const until = performance.now() + Math.min(2000, scene.patienceMs)
  for (;;) {
    const { text, reply } = await auditLog(scene)
    const found = entries(text).filter(entry => fits(JSON.stringify(entry)))
    if (found.length > 0 || performance.now() > until) return { found, reply }
    await scene.wait(200)
  }
}
