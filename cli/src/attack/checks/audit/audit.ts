import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { owned } from '../access/owned.ts'
import { reading } from '../reading.ts'
import { auditLog, logged } from './audit-log.ts'

const about = {
  asvs: '16.3.1',
  cwe: 778,
  top10: 'A09',
  level: 'safe' as const,
  severity: 'medium' as const,
  needs: ['account', 'admin', 'audit'] as const,
}
const fix =
  'Write who did what, when, from where and with which outcome, as one JSON object each. Bulwark: audit.'

const source = (scene: Scene) => scene.config.audit?.http ?? scene.config.audit?.file ?? '/'

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'audit.auth-events',
    needs: ['account', 'admin', 'audit', 'login'],
    tries:
      'signs in once right and once wrong under a marked user agent, and looks for both in the log',
    why: 'Without these two nobody can tell afterwards who was in, and since when.',
    fix,
    async run(scene) {
      const findings: Finding[] = []
      const { people } = scene.run
      const { user, password } = await people.credentials('alice', scene.visitor())
      const evidence: Reply[] = []
      for (const [variant, word] of [
        ['success', password],
        ['failure', people.stranger().password],
      ] as const) {
        const marker = scene.marker()
        const visitor = scene.visitor()
        visitor.credentials = [['User-Agent', marker]]
        evidence.push(await people.enter(visitor, user, word))
        const { found, reply } = await logged(scene, entry => entry.includes(marker))
        const [entry] = found
        if (reply !== undefined) evidence.unshift(reply)
        if (entry === undefined) {
          findings.push({
            where: source(scene),
            variant,
            says: `a sign-in with ${variant} is not in the log under its user agent`,
            evidence,
          })
          continue
        }
        const text = JSON.stringify(entry)
        const lacks = [
          ['time', /\d{4}-\d\d-\d\dT|"\w*(at|time)":\s*"?\d{10,}/i.test(text)],
          ['source address', /127\.\d+\.\d+\.\d+|::1/.test(text)],
          ['outcome or event', /login|sign|auth/i.test(text)],
        ].filter(([, has]) => !has)
        for (const [field] of lacks)
          findings.push({
            where: source(scene),
            variant: `${variant} ${field}`,
            says: `the entry of a sign-in with ${variant} has no ${field}`,
            evidence,
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'audit.denied-events',
    asvs: '16.3.2',
    needs: ['account', 'second', 'admin', 'audit', 'objects'],
    tries: "asks for somebody else's object under a marked user agent, and looks for it in the log",
    why: 'Somebody who tries ids one by one is seen only here.',
    fix,
    async run(scene) {
      const thing = await owned(scene)
      const bob = await scene.signIn('bob')
      const marker = scene.marker()
      const headers = { 'User-Agent': marker }
      const tried = await bob.bare({ ...fill(thing.routes.read, { id: thing.id }), headers })
      if (tried.ok) throw unclear('the foreign object was not refused: see idor.read')
      for (const route of scene.config.adminRoutes ?? [])
        await bob.bare({ ...fill(route, {}), headers })
      const { found, reply } = await logged(scene, entry => entry.includes(marker))
      return found.length > 0
        ? pass(`${found.length} entries`)
        : fail({
            where: source(scene),
            says: 'refused accesses are not in the log',
            evidence: [reply, tried].filter(one => one !== undefined),
          })
    },
  },
  {
    ...about,
    id: 'audit.bypass-events',
    asvs: '16.3.3',
    cwe: 223,
    severity: 'low',
    needs: ['account', 'admin', 'audit', 'action'],
    tries: 'sends a forged request and looks for it in the log',
    why: 'An attack that is fended off and not written down is tried again in another way.',
    fix,
    async run(scene) {
      const alice = await scene.signIn('alice')
      const object = scene.config.actions?.[0]?.change ?? scene.config.objects?.[0]?.create
      if (object === undefined) throw absent('no action is known')
      const marker = scene.marker()
      const ask = fill(object, { marker: scene.marker() })
      const reply = await alice.bare({
        ...ask,
        headers: {
          'User-Agent': marker,
          Origin: 'https://evil.test',
          'Sec-Fetch-Site': 'cross-site',
        },
      })
      if (reply.ok) throw unclear('the forged request was not refused: see csrf.*')
      const { found, reply: log } = await logged(scene, entry => entry.includes(marker))
      return found.length > 0
        ? pass()
        : fail({
            where: source(scene),
            says: 'a forged request that was refused is not in the log',
            evidence: [log, reply].filter(one => one !== undefined),
          })
    },
  },
  {
    ...about,
    id: 'audit.injection',
    asvs: '16.4.1',
    cwe: 117,
    tries: 'puts line breaks, terminal codes and quotes into names and headers, and reads the log',
    why: 'Forged lines hide what was done, and codes run in the terminal of whoever reads.',
    fix: 'Write one JSON object a line and escape control characters. Bulwark: audit.',
    async run(scene) {
      const marker = scene.marker()
      const forged = `${marker}forged`
      await scene.ask({
        path: `/${marker}%0d%0a${forged}`,
        headers: { 'User-Agent': `${marker}\u001b[2J"},{"event":"${forged}` },
      })
      const visitor = scene.visitor(true)
      await scene.run.people.enter(visitor, `${marker}\r\n${forged}\u2028${forged}`, 'x'.repeat(20))
      const { text, reply } = await auditLog(scene)
      const lines = text.split(/[\r\n]/).some(line => line.startsWith(forged))
      const raw = text.includes(`${marker}\u001b`)
      const objects = text.includes(`"event":"${forged}"`)
      const says = lines
        ? 'a line break writes a line of its own into the log'
        : raw
          ? 'terminal codes stand in the log as they came'
          : objects
            ? 'quotes write a field of their own into the log'
            : undefined
      return judged(
        says === undefined
          ? []
          : [{ where: source(scene), says, evidence: reply === undefined ? [] : [reply] }],
      )
    },
  },
  {
    ...about,
    id: 'audit.no-secrets',
    asvs: '16.2.5',
    cwe: 532,
    severity: 'high',
    needs: ['account', 'admin', 'audit', 'login'],
    last: true,
    tries: 'looks in the log for every password, cookie and token that the run has used',
    why: 'Logs are read by many and kept for long; a password in them is a password given away.',
    fix: 'Name the fields that are logged, instead of those that are not. Bulwark: audit.',
    async run(scene) {
      const { people } = scene.run
      const { user } = await people.credentials('alice', scene.visitor())
      const canary = people.stranger().password
      await people.enter(scene.visitor(true), user, canary)
      await scene.signIn('alice')
      await scene.wait(200)
      const { text, reply } = await auditLog(scene)
      const forms = (secret: string) => [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64'),
      ]
      const found = [...people.secrets].filter(
        secret => secret.length >= 12 && forms(secret).some(form => text.includes(form)),
      )
      const evidence = reply === undefined ? [] : [reply]
      return judged(
        found.length > 0
          ? [
              {
                where: source(scene),
                says: `${found.length} of the secrets that the run used are in the log`,
                evidence,
              },
            ]
          : [],
        `${people.secrets.size} secrets looked for`,
      )
    },
  },
  {
    ...about,
    id: 'audit.access',
    asvs: '16.4.2',
    cwe: 862,
    top10: 'A01',
    severity: 'high',
    tries: 'reads the log as nobody and as an ordinary user',
    why: 'The log tells who works when, from where, on what.',
    fix: 'Show the log to one role only, and write down who looked. Bulwark: audit.',
    async run(scene) {
      const { http } = scene.config.audit ?? {}
      if (http === undefined) throw absent('the log is not read over HTTP')
      const { reply: right } = await auditLog(scene)
      const findings: Finding[] = []
      for (const [variant, who] of [
        ['nobody', scene.visitor()],
        ['an ordinary user', await scene.signIn('alice')],
      ] as const) {
        const reply = await who.bare(fill(http, {}))
        if (reply.ok && reply.body.length > 2)
          findings.push({
            where: http,
            variant,
            says: `${variant} can read the audit log`,
            evidence: [reply, right].filter(one => one !== undefined),
          })
      }
      return judged(findings)
    },
  },
  reading({
    id: 'audit.request-id',
    asvs: '16.2.4',
    cwe: 778,
    top10: 'A09',
    severity: 'info',
    tries: 'looks for an id in replies by which they can be found in the log',
    why: 'Without it nobody finds the entry that belongs to a complaint.',
    fix: 'Send X-Request-Id, made by the service. Bulwark: audit.',
    of: reply => reply.status >= 200,
    wrong: reply =>
      /request-?id|trace|correlation/i.test(reply.fields.map(([name]) => name).join(' ')) ||
      /"requestId"/.test(reply.text)
        ? undefined
        : 'replies carry no request id',
  }),
]
