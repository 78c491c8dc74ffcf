import { writtenSecret } from './assignment.ts'
import { type Hit, isMadeUp, type Passage } from './hit.ts'
import { isPlaceholder, isTemplate } from './literal.ts'

interface Place {
  readonly kind: string
  /** Text without which the pattern cannot match. */
  readonly part: string
  /** Group 1 is the value. */
  readonly pattern: RegExp
  /** Whether the format of the file must be this one. */
  readonly path?: RegExp
}

const QUOTE = '["\'`]'

/** Places where a literal can be nothing but a secret, whatever it looks like. */
const PLACES: readonly Place[] = [
  {
    kind: 'key of an HMAC',
    part: 'createHmac(',
    pattern: new RegExp(
      `createHmac\\(\\s*${QUOTE}[\\w-]+${QUOTE},\\s*${QUOTE}([^"'\`\\n]{6,200})${QUOTE}`,
      'g',
    ),
  },
  {
    kind: 'key of a JWT',
    part: 'jwt.',
    pattern: new RegExp(
      `jwt\\.(?:sign|verify)\\([^,;\\n]{1,120},\\s*${QUOTE}([^"'\`\\n]{6,200})${QUOTE}`,
      'g',
    ),
  },
  {
    kind: 'password in a command',
    part: 'curl',
    pattern: /\bcurl\b[^\n|;]{0,200}?\s(?:-u|--user)[ =]?["']?[^\s:"'$]{1,64}:([^\s"'$]{6,200})/g,
  },
  {
    kind: 'password in a command',
    part: 'sshpass',
    pattern: /\bsshpass\s+-p\s*["']?([^\s"'$]{4,200})/g,
  },
  {
    kind: 'password of .netrc',
    part: 'password',
    pattern: /\bmachine\s+\S+\s+login\s+\S+\s+password\s+(\S{4,200})/g,
    path: /netrc$/,
  },
  {
    kind: 'password of .pgpass',
    part: ':',
    pattern: /^(?:[^:\n#]+:){4}(\S{4,200})$/gm,
    path: /pgpass$/,
  },
]

/** What follows the scheme of an Authorization header, when it is written out. */
const HEADER =
  /\bauthorization["'`\]]?\s{0,4}[:=,(]\s{0,4}["'`]?(?:Basic|Bearer|Token) ([A-Za-z0-9+/=_.~-]{16,2000})/gi

/** Secrets handed to a function, a command or a header as a literal. */
export function* handedHits({ text, path }: Passage): Generator<Hit> {
  if (isMadeUp(path)) return
  for (const { kind, part, pattern, path: only } of PLACES) {
    if (!text.includes(part) || (only !== undefined && !only.test(path))) continue
    for (const match of text.matchAll(pattern)) yield* hit(match, kind)
  }
  if (!/authorization/i.test(text)) return
  for (const match of text.matchAll(HEADER)) yield* hit(match, 'Authorization header')
}

function* hit(match: RegExpExecArray, kind: string): Generator<Hit> {
  const value = match[1] ?? ''
  if (isTemplate(value) || isPlaceholder(value)) return
  const from = match.index + match[0].lastIndexOf(value)
  yield { rule: writtenSecret, severity: 'high', kind, from, to: from + value.length, value }
}
