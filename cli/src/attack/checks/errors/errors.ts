import { type Check, type Finding, judged, unclear } from '../../check.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { inputs, jsonRoute, sendRaw } from '../bodies.ts'

const about = { top10: 'A10', level: 'safe' as const, severity: 'medium' as const }

const TRACES: readonly (readonly [name: string, pattern: RegExp])[] = [
  [
    'a stack trace',
    /\bat (?:async )?[\w.<>$ [\]]*\(?(?:file:\/\/)?\/?[\w@~./\\-]+\.[cm]?[jt]sx?:\d+:\d+\)?/,
  ],
  ['a Python trace', /Traceback \(most recent call last\)|File "[^"]+", line \d+/],
  ['a Java trace', /\bat [\w.$]+\([\w]+\.java:\d+\)/],
  ['a PHP error', /(?:Fatal error|Warning|Notice)<?\/?b?>?: .+ in .+ on line/],
  [
    'a database error',
    /SQLITE_(?:ERROR|CONSTRAINT)|syntax error at or near|ER_PARSE_ERROR|ORA-\d{5}|PG::\w+Error|You have an error in your SQL syntax|MongoServerError|PrismaClient\w+Error|QueryFailedError|SequelizeDatabaseError/,
  ],
  [
    'a path of the server',
    /(?:\/home\/|\/var\/www\/|\/usr\/src\/|\/app\/node_modules\/|node_modules\/[\w@]|C:\\\\(?:Users|inetpub))/,
  ],
]

/** What of the inside shows in a reply, and the words it shows in. */
export function inside(reply: Reply): { kind: string; words: string } | undefined {
  if (/javascript|css|image|font/.test(reply.type) && reply.status < 400) return undefined
  const text = reply.text.replaceAll('&#x2F;', '/').replaceAll('&nbsp;', ' ')
  for (const [kind, pattern] of TRACES) {
    const words = pattern.exec(text)?.[0]
    if (words !== undefined) return { kind, words: words.slice(0, 80) }
  }
  return undefined
}

/** Requests that make careless services stumble. */
async function stumble(scene: Scene): Promise<void> {
  const headers = { Accept: 'text/html' }
  for (const path of [
    `/${scene.marker()}`,
    '/%',
    '/%00',
    '/%c0%ae',
    '/..%2f..%2f',
    `/?${scene.marker()}[a][b]=1`,
    '/login?next[]=a',
  ])
    await scene.ask({ path, headers })
  for (const input of inputs(scene).slice(0, 8))
    for (const value of ["'", '\u0000', '[object Object]', '%']) await scene.ask(input.ask(value))
  const route = await jsonRoute(scene).catch(() => undefined)
  if (route === undefined) return
  const body = JSON.stringify(route.body(scene.marker()))
  for (const broken of [
    body.slice(0, -1),
    '{',
    'null',
    '"x"',
    '[]',
    '{"a":',
    body.replaceAll(/:\s*"[^"]*"/g, ':{}'),
    body.replaceAll(/:\s*"[^"]*"/g, ':"\'"'),
  ])
    await sendRaw(route, broken)
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'err.stack-trace',
    asvs: '16.5.1',
    cwe: 209,
    last: true,
    tries:
      'makes the service stumble, and looks for traces, paths and database errors in every reply of the run',
    why: 'They tell names, versions and the shape of queries: the map for the next attack.',
    fix: 'Answer one plain sentence with an id, and keep the rest in the log. Express: NODE_ENV=production or an error handler of your own. Bulwark: problem+json.',
    async run(scene) {
      await stumble(scene)
      const causes = new Map<string, Reply[]>()
      for (const reply of scene.run.line.record) {
        const found = inside(reply)
        if (found !== undefined) causes.set(found.kind, [...(causes.get(found.kind) ?? []), reply])
      }
      const findings: Finding[] = []
      for (const [kind, replies] of causes) {
        const [first] = replies
        if (first === undefined) continue
        const words = inside(first)?.words ?? ''
        const places = [
          ...new Set(
            replies.map(
              ({ sent }) =>
                `${sent.method} ${sent.path.split('?')[0]?.replaceAll(/bwq\w+/g, '{any}')}`,
            ),
          ),
        ].slice(0, 12)
        findings.push({
          where: '/',
          variant: kind,
          says: `replies show ${kind}: ${words}`,
          evidence: [first],
          places,
        })
      }
      return judged(findings, `${scene.run.line.record.length} replies read`)
    },
  },
  {
    ...about,
    id: 'err.server-error',
    asvs: '16.5.4',
    cwe: 755,
    last: true,
    tries: 'repeats every request of the run that was answered with 5xx',
    why: 'What a stranger can make fail, they can make fail a thousand times, and look what else it does.',
    fix: 'Judge input before it is used, and answer 400 or 422. Bulwark: content, strict schemas.',
    async run(scene) {
      await stumble(scene)
      const failed = new Map<string, Reply>()
      for (const reply of scene.run.line.record)
        if (
          reply.status >= 500 &&
          reply.status !== 503 &&
          reply.status !== 501 &&
          reply.status !== 505
        ) {
          const key = `${reply.sent.method} ${reply.sent.path.split('?')[0]?.replaceAll(/bwq\w+|[\da-f-]{36}/g, '{any}')}`
          if (!failed.has(key)) failed.set(key, reply)
        }
      const findings: Finding[] = []
      for (const [where, reply] of [...failed].slice(0, 10)) {
        const { method, path, body, fields } = reply.sent
        const keep = /^(content-type|cookie|authorization|origin|accept|x-csrf-token|sec-fetch-)/i
        const headers = Object.fromEntries(fields.filter(([name]) => keep.test(name)))
        const again = async () =>
          (await scene.ask({ method, path, headers, ...(body.length > 0 ? { body } : {}) })).status
        const steady =
          reply.check === scene.check
            ? [await again(), await again()].every(status => status >= 500)
            : (await again()) >= 500
        if (steady)
          findings.push({
            where,
            says: `it fails with ${reply.status}, every time`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'err.fail-open',
    asvs: '16.5.3',
    cwe: 636,
    severity: 'critical',
    needs: ['account'],
    tries: 'sends credentials that make a parser throw to private routes',
    why: 'Where an exception skips the guard, nonsense opens the door.',
    fix: 'Catch around the guard, and refuse in the catch. Bulwark: a fault during a request lets nobody in.',
    async run(scene) {
      const alice = await scene.signIn('alice')
      const path = fill(alice.session.probe, {}).path
      const right = await alice.bare({ path })
      if (!right.ok) throw unclear(`the probe answered ${right.status}`)
      const [name = 'session'] = [...alice.jar.cookies.keys()]
      const odd: Readonly<Record<string, Record<string, string>>> = {
        'a bare scheme': { Authorization: 'Bearer' },
        'a broken token': { Authorization: 'Bearer ...' },
        'broken Base64': { Authorization: 'Basic %%%%' },
        'a null token': { Authorization: 'Bearer null' },
        'a long token': { Authorization: `Bearer ${'A'.repeat(6000)}` },
        'an object id': { Authorization: 'Bearer [object Object]' },
        'a broken cookie': { Cookie: `${name}=%E0%A4%A` },
        'a JSON cookie': { Cookie: `${name}=j%3A%7B%22user%22%3A1%7D` },
        'a signed nothing': { Cookie: `${name}=s%3A.; ${name}.sig=` },
        'a cookie of bytes': { Cookie: `${name}=\u00ff\u00fe` },
      }
      const findings: Finding[] = []
      for (const [variant, headers] of Object.entries(odd)) {
        const reply = await scene.ask({ path, headers })
        if (reply.ok && reply.text.length > 2 && reply.type === right.type)
          findings.push({
            where: alice.session.probe,
            variant,
            says: `${variant} is let in`,
            evidence: [reply, right],
          })
        else if (reply.status >= 500 && reply.status !== 503)
          findings.push({
            where: alice.session.probe,
            variant,
            severity: 'medium',
            says: `${variant} makes the service fail with ${reply.status}`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'err.method',
    asvs: '4.1.4',
    cwe: 650,
    top10: 'A06',
    severity: 'low',
    tries: 'calls pages with TRACE, CONNECT and a made-up method',
    why: 'TRACE shows headers that scripts must not see; methods nobody thought of pass guards that list methods.',
    fix: 'Answer 405 for methods a route does not have, and 501 for those nobody has.',
    async run(scene) {
      const findings: Finding[] = []
      const marker = scene.marker()
      for (const method of ['TRACE', 'TRACK', 'BULWARK', 'get', 'PROPFIND']) {
        const reply = await scene.ask({ method, path: '/', headers: { 'X-Marker': marker } })
        if (!reply.ok) continue
        const echo = reply.text.includes(marker)
        findings.push({
          where: `${method} /`,
          variant: method,
          severity: echo ? 'medium' : 'low',
          says: echo
            ? `${method} shows the request's headers`
            : `${method} is answered ${reply.status}`,
          evidence: [reply],
        })
      }
      return judged(findings)
    },
  },
]
