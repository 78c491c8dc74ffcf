import { type Check, type Finding, judged, pass, unclear } from '../../check.ts'
import type { UrlTaker } from '../../config/config.ts'
import { fill } from '../../people/step.ts'
import type { Visitor } from '../../people/visitor.ts'
import type { Scene } from '../../scene.ts'
import { normalise } from '../../site/normalise.ts'
import type { Reply } from '../../wire/reply.ts'

const about = {
  asvs: '1.3.6',
  cwe: 918,
  top10: 'A01',
  level: 'safe' as const,
  severity: 'critical' as const,
  needs: ['url'] as const,
}
const why =
  'The service stands inside: what it can reach, the attacker reaches through it, from the metadata of the cloud to the database.'
const fix =
  'Decide at the socket, on the address that is really connected to, against the whole registry of special addresses; follow no redirects. Bulwark: outbound.'
/** Longer than a refusal takes, shorter than a connection that is tried and hangs. */
const TRIED_MS = 900

/** Who gives the address: somebody new, where that is possible, because such routes are throttled. */
async function taker(scene: Scene, step: UrlTaker): Promise<Visitor> {
  if (step.signedIn !== false && scene.config.register !== undefined) return scene.newcomer()
  return step.signedIn === false || scene.config.accounts?.alice === undefined
    ? scene.visitor()
    : scene.signIn('alice')
}

/** Gives `url` to the service. */
function give(visitor: Visitor, step: UrlTaker, url: string): Promise<Reply> {
  return visitor.ask({ ...fill(step, { url }), withinMs: 8000 })
}

/** A check of addresses that lead to the tool's own listener: only a visit counts. */
function visiting(
  meta: Pick<Check, 'id' | 'tries'> & Partial<Check>,
  urls: (port: number, token: string) => Readonly<Record<string, string>>,
): Check {
  return {
    ...about,
    why,
    fix,
    ...meta,
    async run(scene) {
      const { listener } = scene.run
      const findings: Finding[] = []
      for (const step of scene.config.urls ?? []) {
        const visitor = await taker(scene, step)
        const given = new Map<string, { variant: string; reply: Reply }>()
        for (const variant of Object.keys(urls(0, ''))) {
          const token = scene.marker()
          const url = urls(listener.port, token)[variant] ?? ''
          given.set(token, { variant, reply: await give(visitor, step, url) })
        }
        const heard = await listener.heard([...given.keys()], scene.patienceMs)
        for (const token of new Set(heard.map(visit => visit.token))) {
          const { variant, reply } = given.get(token) ?? {}
          if (variant !== undefined && reply !== undefined)
            findings.push({
              where: step.send,
              variant,
              says: `the service fetched an address of this machine, written ${variant}`,
              evidence: [reply],
            })
        }
        const [refused] = [...given.values()]
        if (
          heard.length === 0 &&
          refused !== undefined &&
          (refused.reply.status === 401 ||
            refused.reply.status === 404 ||
            refused.reply.status === 405)
        )
          throw unclear(
            `${step.send} answered ${refused.reply.status}, so the address was never looked at`,
            'urls',
          )
      }
      return judged(findings)
    },
  }
}

/** A check of addresses nobody should try: an answer that takes long was a try. */
function trying(
  meta: Pick<Check, 'id' | 'tries'> & Partial<Check>,
  urls: Readonly<Record<string, string>>,
): Check {
  return {
    ...about,
    why,
    fix,
    ...meta,
    async run(scene) {
      const findings: Finding[] = []
      for (const step of scene.config.urls ?? []) {
        const visitor = await taker(scene, step)
        for (const [variant, url] of Object.entries(urls)) {
          const reply = await give(visitor, step, url)
          const where = step.send
          if (reply.failure === 'timeout' || reply.ms > TRIED_MS)
            findings.push({
              where,
              variant,
              says: `the service tried ${url} (it took ${Math.round(reply.ms)} ms to say no)`,
              evidence: [reply],
            })
          else if (reply.ok && !/refus|block|not allowed|denied|invalid/i.test(reply.text))
            findings.push({
              where,
              variant,
              says: `the service answered ${reply.status} for ${url}`,
              evidence: [reply],
            })
          else if (
            reply.status >= 500 &&
            reply.status !== 502 &&
            reply.status !== 503 &&
            reply.status !== 504
          )
            findings.push({
              where,
              variant,
              severity: 'medium',
              says: `${url} makes the service fail with ${reply.status}`,
              evidence: [reply],
            })
        }
      }
      return judged(findings)
    },
  }
}

export const checks: readonly Check[] = [
  visiting(
    { id: 'ssrf.loopback', tries: 'gives the service an address of its own machine to fetch' },
    (port, token) => ({
      'as 127.0.0.1': `http://127.0.0.1:${port}/${token}`,
      'as localhost': `http://localhost:${port}/${token}`,
    }),
  ),
  visiting(
    { id: 'ssrf.encodings', tries: 'writes the same address in 16 other ways' },
    (port, token) =>
      Object.fromEntries(
        Object.entries({
          'in decimal': '2130706433',
          'in octal': '0177.0.0.1',
          'in hexadecimal': '0x7f000001',
          'in hexadecimal parts': '0x7f.0.0.1',
          short: '127.1',
          'as zero': '0',
          'as 0.0.0.0': '0.0.0.0',
          'in IPv6': '[::1]',
          'mapped into IPv6': '[::ffff:127.0.0.1]',
          'mapped in hexadecimal': '[::ffff:7f00:1]',
          'compatible in IPv6': '[::127.0.0.1]',
          'with a dot behind': 'localhost.',
          'in full-width digits': '１２７.０.０.１',
          'as another loopback': '127.9.9.9',
          'with a user': 'example.com@127.0.0.1',
          'in capitals': 'LOCALHOST',
        }).map(([variant, host]) => [variant, `http://${host}:${port}/${token}`]),
      ),
  ),
  visiting(
    {
      id: 'ssrf.parser-tricks',
      tries: 'uses fragments, backslashes and user parts that parsers read differently',
    },
    (port, token) => ({
      'behind a fragment': `http://127.0.0.1:${port}/${token}#@example.com/`,
      'behind a backslash': `http://127.0.0.1:${port}\\@example.com/${token}`,
      'with two users': `http://a@example.com@127.0.0.1:${port}/${token}`,
      'with a tab': `http://127.0.0.1\t:${port}/${token}`,
      'with a capital scheme': `HTTP://127.0.0.1:${port}/${token}`,
      'without slashes': `http:127.0.0.1:${port}/${token}`,
    }),
  ),
  trying(
    { id: 'ssrf.metadata', tries: 'names the metadata service of clouds, by address and by name' },
    {
      'by address': 'http://169.254.169.254/latest/meta-data/',
      'in decimal': 'http://2852039166/latest/meta-data/',
      'in IPv6': 'http://[fd00:ec2::254]/latest/meta-data/',
      'mapped into IPv6': 'http://[::ffff:a9fe:a9fe]/latest/meta-data/',
    },
  ),
  trying(
    {
      id: 'ssrf.private-ranges',
      asvs: '13.2.5',
      severity: 'high',
      tries: 'names one address of each private and special range',
    },
    Object.fromEntries(
      [
        '10.255.255.1',
        '172.16.255.1',
        '192.168.255.1',
        '100.64.0.1',
        '198.18.0.1',
        '192.0.2.1',
        '224.0.0.1',
        '255.255.255.255',
        '[fc00::1]',
        '[fe80::1]',
        '[64:ff9b::7f00:1]',
        '[2002:7f00:1::]',
      ].map(host => [host, `http://${host}/`]),
    ),
  ),
  {
    ...about,
    id: 'ssrf.schemes',
    severity: 'high',
    tries: 'names files, data and other protocols in place of a web address',
    why,
    fix: 'Take http and https only. Bulwark: outbound.',
    async run(scene) {
      const findings: Finding[] = []
      const marker = scene.marker()
      const urls = [
        'file:///etc/hostname',
        'file://localhost/etc/passwd',
        'gopher://127.0.0.1:1/_x',
        'dict://127.0.0.1:1/x',
        'ftp://127.0.0.1/',
        `data:text/plain,${marker}`,
        'blob:null',
        'javascript:1',
        'unix:/run/docker.sock',
        'jar:http://127.0.0.1!/',
      ]
      for (const step of scene.config.urls ?? []) {
        const visitor = await taker(scene, step)
        for (const url of urls) {
          const reply = await give(visitor, step, url)
          const [variant = url] = url.split(':')
          const read =
            /^root:|localhost\b.*\n|\b\w{12}\n$/m.test(reply.text) && url.startsWith('file')
          const echoed =
            url.startsWith('data:') && reply.text.includes(marker) && !reply.text.includes('data:')
          if (read || echoed || reply.ok)
            findings.push({
              where: step.send,
              variant,
              says: `${url.replace(marker, 'x')} is answered ${reply.status}`,
              evidence: [reply],
            })
          else if (reply.status === 500)
            findings.push({
              where: step.send,
              variant,
              severity: 'medium',
              says: `${url.replace(marker, 'x')} makes the service fail`,
              evidence: [reply],
            })
        }
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'ssrf.port-oracle',
    asvs: '16.5.1',
    cwe: 209,
    top10: 'A10',
    severity: 'medium',
    tries: 'compares an open and a closed port of the machine',
    why: 'The difference makes a port scanner of the service.',
    fix: 'Refuse before connecting, with one answer for all refusals. Bulwark: outbound.refused.',
    async run(scene) {
      const findings: Finding[] = []
      for (const step of scene.config.urls ?? []) {
        const visitor = await taker(scene, step)
        const look = (reply: Reply) => `${reply.status} ${normalise(reply.text)}`
        const rounds: (readonly [Reply, Reply])[] = []
        for (let i = 0; i < 2; i++)
          rounds.push([
            await give(
              visitor,
              step,
              `http://127.0.0.1:${scene.run.listener.port}/${scene.marker()}`,
            ),
            await give(visitor, step, 'http://127.0.0.1:1/'),
          ])
        const [first] = rounds
        if (first !== undefined && rounds.every(([open, closed]) => look(open) !== look(closed)))
          findings.push({
            where: step.send,
            says: 'an open port is answered differently from a closed one',
            evidence: [first[0], first[1]],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'ssrf.blind-surfaces',
    severity: 'high',
    needs: [],
    tries:
      'leaves the address of its listener in headers and in the body of requests that are not about addresses',
    why: 'Link previews, statistics and proxies fetch what they find.',
    fix: 'Fetch nothing that was not asked for; send what must be fetched through the same guard. Bulwark: outbound.',
    async run(scene) {
      const { listener } = scene.run
      const tokens = new Map<string, { where: string; reply: Reply }>()
      const url = (token: string) => `http://127.0.0.1:${listener.port}/${token}`
      for (const header of [
        'Referer',
        'X-Forwarded-Host',
        'X-Original-URL',
        'Forwarded',
        'From',
        'True-Client-IP',
        'X-Wap-Profile',
        'Origin',
      ]) {
        const token = scene.marker()
        const value = /Host$/.test(header)
          ? `127.0.0.1:${listener.port}`
          : header === 'Forwarded'
            ? `host=127.0.0.1:${listener.port}`
            : url(token)
        tokens.set(token, {
          where: header,
          reply: await scene.ask({ path: `/${token}`, headers: { [header]: value } }),
        })
      }
      const { register } = scene.config
      if (register !== undefined) {
        const token = scene.marker()
        const who = scene.run.people.stranger()
        const ask = fill(register, who)
        const json = {
          ...((ask.json as object | undefined) ?? {}),
          avatar: url(token),
          website: url(token),
          picture: url(token),
        }
        tokens.set(token, {
          where: register.send,
          reply: await scene.visitor().ask({ ...ask, json }),
        })
      }
      const heard = await listener.heard([...tokens.keys()], scene.patienceMs)
      const findings = [...new Set(heard.map(({ token }) => token))].flatMap(token => {
        const given = tokens.get(token)
        return given === undefined
          ? []
          : [
              {
                where: '/',
                parameter: given.where,
                says: `the service fetched an address that stood in ${given.where}`,
                evidence: [given.reply],
              },
            ]
      })
      return findings.length > 0 ? judged(findings) : pass(`${tokens.size} surfaces`)
    },
  },
]
