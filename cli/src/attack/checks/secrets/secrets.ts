import { createHmac } from 'node:crypto'
import { type Check, type Finding, fail, judged, pass } from '../../check.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { bearer, withTokens } from '../with-tokens.ts'
import { FILES, KEYS, VCS, WEAK_SECRETS } from './leaks.ts'

const about = { level: 'safe' as const, severity: 'critical' as const }

/** Asks for each path; only content that is what the name says counts, never the status alone. */
async function lying(
  scene: Scene,
  paths: readonly (readonly [string, RegExp])[],
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [path, is] of paths) {
    const reply = await scene.ask({ path })
    if (
      !reply.ok ||
      reply.isHtml ||
      reply.body.length === 0 ||
      !is.test(reply.body.toString('latin1'))
    )
      continue
    if (await scene.site.missing.is(reply)) continue
    findings.push({
      where: `GET ${path}`,
      says: `${path} can be read by anybody`,
      evidence: [reply],
    })
  }
  return findings
}

/** The key in a text, shown only in part. */
function keyIn(text: string): { name: string; shown: string } | undefined {
  for (const [name, pattern] of KEYS) {
    const found = pattern.exec(text)?.[0]
    if (found !== undefined)
      return { name, shown: `${found.slice(0, 6)}… (${found.length} characters)` }
  }
  return undefined
}

function withKeys(replies: readonly Reply[]): Finding[] {
  const findings = new Map<string, Finding>()
  for (const reply of replies) {
    const found = keyIn(reply.text)
    if (found === undefined) continue
    const path = reply.sent.path.split('?')[0] ?? '/'
    findings.set(found.name, {
      where: `${reply.sent.method} ${path}`,
      variant: found.name,
      says: `${path} holds ${found.name}: ${found.shown}`,
      evidence: [],
    })
  }
  return [...findings.values()]
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'secret.files',
    asvs: '13.4.7',
    cwe: 538,
    top10: 'A01',
    tries: `asks for ${FILES.length} files that are left lying in web roots`,
    why: 'Keys, passwords and dumps, for whoever asks.',
    fix: 'Serve one folder that holds nothing but what is meant to be served, and no dot files.',
    run: async scene => judged(await lying(scene, FILES), `${FILES.length} names tried`),
  },
  {
    ...about,
    id: 'secret.vcs',
    asvs: '13.4.1',
    cwe: 527,
    top10: 'A02',
    tries: 'asks for the folders of version control',
    why: 'The whole source with its history can be put together from them.',
    fix: 'Deploy a build, not a checkout; serve no dot folders.',
    run: async scene => judged(await lying(scene, VCS), `${VCS.length} names tried`),
  },
  {
    ...about,
    id: 'secret.in-script',
    asvs: '13.3.1',
    cwe: 540,
    top10: 'A01',
    severity: 'high',
    level: 'passive',
    tries: 'looks for keys of known providers in pages, scripts and documents',
    why: 'What is sent to the browser is published.',
    fix: 'Call the provider from the server; take the key out of the build and rotate it.',
    async run(scene) {
      const replies = scene.site.replies.filter(reply => reply.body.length > 0)
      if (scene.attempt === 1) return judged(withKeys(replies), `${replies.length} documents read`)
      const shown = replies.filter(reply => keyIn(reply.text) !== undefined)
      const again: Reply[] = []
      for (const { sent } of shown) again.push(await scene.ask({ path: sent.path }))
      return judged(withKeys(again))
    },
  },
  {
    ...about,
    id: 'secret.weak-signing',
    asvs: '13.2.3',
    cwe: 1391,
    top10: 'A07',
    needs: ['account'],
    tries: `tries ${WEAK_SECRETS.length} secrets of tutorials on its own cookies and tokens, on this machine`,
    why: 'Whoever knows the secret signs themselves in as anybody.',
    fix: 'Make 256 random bits for each key, and refuse to start without. Bulwark: secrets, rootKey.',
    async run(scene) {
      const alice = await scene.signIn('alice')
      const signed: { name: string; value: string }[] = [...alice.jar.cookies].map(
        ([name, value]) => ({ name, value: decodeURIComponent(value) }),
      )
      const tokens = scene.config.tokens === undefined ? undefined : await withTokens(scene)
      if (tokens !== undefined) signed.push({ name: 'access token', value: tokens.access })
      const findings: Finding[] = []
      for (const { name, value } of signed) {
        const secret = WEAK_SECRETS.find(candidate => reproduces(value, candidate))
        if (secret === undefined) continue
        const forged = forge(value, secret)
        const works =
          forged !== undefined &&
          tokens !== undefined &&
          (await bearer(scene, forged, tokens.person.user).alive())
        findings.push({
          where: alice.session.probe,
          parameter: name,
          says: `${name} is signed with a secret of tutorials (${secret.slice(0, 2)}…)${works ? ', and a forged one is accepted' : ''}`,
          evidence: [],
        })
      }
      return findings.length > 0 ? fail(...findings) : pass(`${signed.length} signed values tried`)
    },
  },
  {
    ...about,
    id: 'secret.in-errors',
    asvs: '16.5.1',
    cwe: 209,
    top10: 'A10',
    severity: 'high',
    last: true,
    tries: 'looks for keys and addresses with passwords in every reply of the run',
    why: 'An error message with a connection string is a login to the database.',
    fix: 'Answer one plain sentence, and keep the rest in the log. Bulwark: problem+json.',
    async run(scene) {
      for (const path of ['/%', `/${scene.marker()}`, '/?a[b]=1']) await scene.ask({ path })
      const replies = scene.run.line.record.filter(reply => reply.status >= 400)
      return judged(withKeys(replies), `${replies.length} errors read`)
    },
  },
  {
    ...about,
    id: 'secret.env-route',
    asvs: '13.4.2',
    cwe: 489,
    top10: 'A02',
    severity: 'high',
    tries: 'asks for routes that show the environment',
    why: 'Passwords, keys and addresses of all systems behind, in one reply.',
    fix: 'Take such routes out of production builds.',
    async run(scene) {
      const findings: Finding[] = []
      for (const path of [
        '/env',
        '/api/env',
        '/debug/env',
        '/actuator/env',
        '/_profiler',
        '/config',
        '/api/config',
        '/health?verbose=1',
        '/healthz?verbose=1',
        '/status?full=1',
        '/debug',
        '/debug/vars',
        '/__debug__',
        '/phpinfo',
        '/server-info',
        '/info',
        '/actuator/heapdump',
      ]) {
        const reply = await scene.ask({ path })
        if (!reply.ok) continue
        const names = new Set(
          reply.text.match(
            /\b(?:PATH|HOME|NODE_ENV|HOSTNAME|PWD|DATABASE_URL|[A-Z_]{3,}(?:_KEY|_SECRET|_TOKEN|_PASSWORD|_URL))["']?\s*[:=]\s*["']?[^\s"',}]+/g,
          ) ?? [],
        )
        if (names.size >= 2)
          findings.push({
            where: `GET ${path.split('?')[0]}`,
            says: `${path} shows ${names.size} variables of the environment`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
]

/** Whether signing again with `secret` gives the same value: JWT, Express and Koa cookies, body.signature. */
function reproduces(value: string, secret: string): boolean {
  const parts = value.split('.')
  const mac = (algorithm: string, text: string) =>
    createHmac(algorithm, secret).update(text).digest()
  if (parts.length === 3) {
    const [head = '', body = '', signature = ''] = parts
    return ['sha256', 'sha384', 'sha512'].some(
      algorithm => mac(algorithm, `${head}.${body}`).toString('base64url') === signature,
    )
  }
  const plain = value.startsWith('s:') ? value.slice(2) : value
  const dot = plain.lastIndexOf('.')
  if (dot < 1) return false
  const [text, signature] = [
    plain.slice(0, dot),
    plain
      .slice(dot + 1)
      .replaceAll('-', '+')
      .replaceAll('_', '/')
      .replace(/=+$/, ''),
  ]
  return (
    signature.length >= 20 &&
    ['sha256', 'sha1', 'sha512'].some(
      algorithm => mac(algorithm, text).toString('base64').replace(/=+$/, '') === signature,
    )
  )
}

/** The same JWT with a later end, signed with `secret`. */
function forge(token: string, secret: string): string | undefined {
  const [head, body] = token.split('.')
  if (head === undefined || body === undefined || token.split('.').length !== 3) return undefined
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Record<
    string,
    unknown
  >
  const later = Buffer.from(
    JSON.stringify({ ...claims, exp: Number(claims['exp'] ?? 0) + 60 }),
  ).toString('base64url')
  return `${head}.${later}.${createHmac('sha256', secret).update(`${head}.${later}`).digest('base64url')}`
}
