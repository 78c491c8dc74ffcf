import { absent, type Check, type Finding, judged, unclear } from '../../check.ts'
import type { Severity } from '../../config/config.ts'
import type { Scene } from '../../scene.ts'
import type { Talk } from '../../wire/talk.ts'

const about = {
  asvs: '4.2.1',
  cwe: 444,
  top10: 'A06',
  level: 'safe' as const,
  severity: 'high' as const,
}

interface Odd {
  readonly name: string
  /** The message; a second one follows on the same connection to see whether it was kept. */
  say(host: string, marker: string): string
  /** Whether a server must refuse it (RFC 9112), rather than may. */
  readonly must: boolean
}

const post = (host: string, headers: string, body: string) =>
  `POST / HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n${body}`
const get = (head: string) => `GET ${head}\r\n\r\n`
/** A request hidden in the body of another one. */
const hidden = (host: string, marker: string) =>
  `GET /${marker} HTTP/1.1\r\nHost: ${host}\r\nX-Smuggled: 1\r\n\r\n`

const TE = 'Transfer-Encoding: chunked\r\n'
const messages: readonly Odd[] = [
  {
    name: 'Content-Length and Transfer-Encoding',
    must: false,
    say: (h, m) => post(h, `Content-Length: 6\r\n${TE}`, `0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'Transfer-Encoding, then Content-Length',
    must: false,
    say: (h, m) => post(h, `${TE}Content-Length: 4\r\n`, `0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'two lengths that differ',
    must: true,
    say: (h, m) => post(h, `Content-Length: 0\r\nContent-Length: 44\r\n`, hidden(h, m)),
  },
  {
    name: 'two lengths in one line',
    must: true,
    say: (h, m) => post(h, `Content-Length: 0, 44\r\n`, hidden(h, m)),
  },
  {
    name: 'a length with a plus',
    must: true,
    say: (h, m) => post(h, `Content-Length: +0\r\n`, hidden(h, m)),
  },
  {
    name: 'a negative length',
    must: true,
    say: (h, m) => post(h, `Content-Length: -1\r\n`, hidden(h, m)),
  },
  {
    name: 'a hexadecimal length',
    must: true,
    say: (h, m) => post(h, `Content-Length: 0x0\r\n`, hidden(h, m)),
  },
  {
    name: 'a length with letters',
    must: true,
    say: (h, m) => post(h, `Content-Length: 0abc\r\n`, hidden(h, m)),
  },
  {
    name: 'an empty length',
    must: true,
    say: (h, m) => post(h, `Content-Length: \r\n`, hidden(h, m)),
  },
  {
    name: 'an endless length',
    must: true,
    say: h => post(h, `Content-Length: 99999999999999999999999\r\n`, ''),
  },
  {
    name: 'a space before the colon',
    must: true,
    say: (h, m) => post(h, `Content-Length : 0\r\n`, hidden(h, m)),
  },
  {
    name: 'chunked with a space before the colon',
    must: true,
    say: (h, m) =>
      post(h, `Transfer-Encoding : chunked\r\nContent-Length: 5\r\n`, `0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'chunked twice',
    must: true,
    say: (h, m) => post(h, `${TE}${TE}`, `0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'chunked, identity',
    must: true,
    say: (h, m) => post(h, `Transfer-Encoding: chunked, identity\r\n`, `0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'a coding nobody knows',
    must: true,
    say: (h, m) => post(h, `Transfer-Encoding: xchunked\r\n`, `0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'chunked in quotes',
    must: true,
    say: (h, m) => post(h, `Transfer-Encoding: "chunked"\r\n`, `0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'chunked in HTTP/1.0',
    must: false,
    say: (h, m) => post(h, TE, `0\r\n\r\n${hidden(h, m)}`).replace('HTTP/1.1', 'HTTP/1.0'),
  },
  {
    name: 'a chunk size with a sign',
    must: true,
    say: (h, m) => post(h, TE, `+1\r\nx\r\n0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'a chunk size with 0x',
    must: true,
    say: (h, m) => post(h, TE, `0x1\r\nx\r\n0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'an empty chunk size',
    must: true,
    say: (h, m) => post(h, TE, `\r\nx\r\n0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'a chunk size that overflows',
    must: true,
    say: (h, m) => post(h, TE, `fffffffffffffffff1\r\nx\r\n0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'a chunk that ends with LF',
    must: true,
    say: (h, m) => post(h, TE, `1\r\nx\n0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'a chunk size that ends with LF',
    must: true,
    say: (h, m) => post(h, TE, `1\nx\r\n0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'a chunk longer than it says',
    must: true,
    say: (h, m) => post(h, TE, `1\r\nxxxx\r\n0\r\n\r\n${hidden(h, m)}`),
  },
  {
    name: 'a bare LF in a chunk extension',
    must: true,
    say: (h, m) => post(h, TE, `1;x\n=y\r\nx\r\n0\r\n\r\n${hidden(h, m)}`),
  },
  { name: 'two Hosts', must: true, say: h => get(`/ HTTP/1.1\r\nHost: ${h}\r\nHost: evil.test`) },
  { name: 'two equal Hosts', must: true, say: h => get(`/ HTTP/1.1\r\nHost: ${h}\r\nHost: ${h}`) },
  { name: 'no Host', must: true, say: () => get('/ HTTP/1.1\r\nX: y') },
  { name: 'a Host with a path', must: true, say: h => get(`/ HTTP/1.1\r\nHost: ${h}/x`) },
  { name: 'a Host with a space', must: true, say: h => get(`/ HTTP/1.1\r\nHost: ${h} evil.test`) },
  {
    name: 'a header name with a space',
    must: true,
    say: h => get(`/ HTTP/1.1\r\nHost: ${h}\r\nX Y: z`),
  },
  { name: 'a header without a name', must: true, say: h => get(`/ HTTP/1.1\r\nHost: ${h}\r\n: z`) },
  {
    name: 'a header without a colon',
    must: true,
    say: h => get(`/ HTTP/1.1\r\nHost: ${h}\r\nnonsense`),
  },
  {
    name: 'a header with a NUL',
    must: true,
    say: h => get(`/ HTTP/1.1\r\nHost: ${h}\r\nX: a\u0000b`),
  },
  { name: 'a space in the target', must: true, say: h => get(`/a b HTTP/1.1\r\nHost: ${h}`) },
  { name: 'a version nobody has', must: true, say: h => get(`/ HTTP/1.9x\r\nHost: ${h}`) },
  { name: 'a target in another form', must: true, say: h => get(`evil HTTP/1.1\r\nHost: ${h}`) },
]

/** Answers that say no to the message itself. */
const REFUSALS = new Set([400, 408, 411, 413, 414, 421, 431, 501, 505])

/**
 * What is wrong with how the message was taken, if anything. A body that is malformed may be
 * answered before it is read, so there only a connection that lives on counts.
 */
function taken(
  odd: Odd,
  said: string,
  { statuses, text, closedByPeer }: Talk,
  marker: string,
): string | undefined {
  const [first, next] = statuses
  if (first === undefined || REFUSALS.has(first)) return undefined
  if (!said.startsWith('POST'))
    return odd.must && first < 400
      ? `${odd.name}: answered ${first}, where HTTP asks for 400`
      : undefined
  if (next !== undefined && !REFUSALS.has(next))
    return `${odd.name}: the request hidden behind it was served${text.includes(marker) ? ', and shows it' : ''}`
  return odd.must && next === undefined && !closedByPeer
    ? `${odd.name}: answered ${first} and the connection kept, where HTTP asks for 400`
    : undefined
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'http.framing',
    alone: true,
    tries: `sends ${messages.length} malformed messages on raw connections, some with a second request hidden in the body`,
    why: "Where a proxy and the service disagree on where a request ends, the attacker's rest becomes the head of the next user's request.",
    fix: 'Refuse with 400 and close. Put a strict proxy in front, keep Node new. Bulwark: framing guard for Host and targets.',
    async run(scene) {
      const { host } = scene.place
      const control = await ask(scene, get(`/ HTTP/1.1\r\nHost: ${host}`))
      if (control.statuses.length === 0)
        throw unclear('a correct request on a raw connection is not answered')
      if (scene.place.tls) throw absent('the raw messages are for plain HTTP')
      const wrong: { says: string; said: string; kind: string }[] = []
      for (let at = 0; at < messages.length; at += 7) {
        const batch = messages.slice(at, at + 7)
        const talks = await Promise.all(
          batch.map(async odd => {
            const marker = scene.marker()
            const said = odd.say(host, marker)
            return { odd, marker, said, heard: await ask(scene, said) }
          }),
        )
        for (const { odd, marker, said, heard } of talks) {
          const says = taken(odd, said, heard, marker)
          if (says !== undefined) wrong.push({ says, said, kind: kindOf(says) })
        }
      }
      const findings = KINDS.flatMap(([kind, severity]): Finding[] => {
        const of = wrong.filter(one => one.kind === kind)
        const [first] = of
        if (first === undefined) return []
        const more = of.length === 1 ? '' : ` (and ${of.length - 1} like it)`
        return [
          {
            where: '/',
            variant: kind,
            severity,
            says: `${first.says}${more}`,
            evidence: [],
            places: of.map(({ says }) => says),
            raw: snippet(scene, first.said),
          },
        ]
      })
      return judged(findings, `${messages.length} messages refused or taken safely`)
    },
  },
]

/** One cause each, worst first. */
const KINDS: readonly (readonly [string, Severity])[] = [
  ['smuggling', 'high'],
  ['length', 'medium'],
  ['host', 'low'],
  ['syntax', 'low'],
]

function kindOf(says: string): string {
  if (says.includes('hidden')) return 'smuggling'
  if (/Content-Length|chunk|length|Transfer|coding/i.test(says)) return 'length'
  return says.includes('Host') ? 'host' : 'syntax'
}

function ask(scene: Scene, said: string): Promise<Talk> {
  return scene.talk([Buffer.from(said, 'latin1')], { untilMs: 1500, quietMs: 250 })
}

/** What to paste to see it by hand. */
function snippet(scene: Scene, said: string): string {
  const { address, port } = scene.place
  return `printf ${JSON.stringify(said).replaceAll('%', '%%')} | nc ${address} ${port}`
}
