import { onlyKnown } from '../kernel/options.ts'
import type { Refusal } from '../kernel/refusal.ts'
import { judgeTarget, PATH_OPTIONS, type PathOptions } from './target.ts'

const refused = { says: 'framing.refused', status: 400, close: true } as const

type FramingReason =
  | 'method'
  | 'version'
  | 'transferCoding'
  | 'twoLengths'
  | 'oldChunked'
  | 'contentLength'
  | 'headerName'
  | 'repeatedField'
  | 'headerCount'

export const refusals: Readonly<Record<FramingReason, Refusal>> = {
  method: {
    code: 'framing.method',
    says: 'framing.method',
    status: 405,
    headers: { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' },
    close: true,
  },
  version: { code: 'framing.version', ...refused },
  transferCoding: { code: 'framing.transfer_coding', ...refused },
  twoLengths: { code: 'framing.two_lengths', ...refused },
  oldChunked: { code: 'framing.old_chunked', ...refused },
  contentLength: { code: 'framing.content_length', ...refused },
  headerName: { code: 'framing.header_name', ...refused },
  repeatedField: { code: 'framing.repeated_field', ...refused },
  headerCount: {
    code: 'framing.header_count',
    says: 'framing.header_count',
    status: 431,
    close: true,
  },
}

/** What of a request must be judged before any framework sees it. NodeIncoming is one. */
export interface RawRequest {
  readonly method: string
  readonly target: string
  /** `1.0`, `1.1`, `2.0`. */
  readonly httpVersion: string
  readonly rawHeaders: readonly string[]
}

export interface FramingOptions {
  /** Most header fields: 100. */
  readonly maxHeaders?: number
  /** Most characters of path and query together: 8192. */
  readonly maxTargetBytes?: number
  /** What else a path may hold; nothing unless told. */
  readonly paths?: PathOptions
}

/** An echo of the request, a tunnel, and TRACE under Microsoft's name. */
const REFUSED_METHODS: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT'])

/**
 * Fields that decide something and that may come once only: of two, Node keeps the first, others the
 * last. Each has a bit, so that one number tells which have been seen.
 */
const ONCE: ReadonlyMap<string, number> = new Map(
  [
    'transfer-encoding',
    'content-length',
    'authorization',
    'content-encoding',
    'content-type',
    'host',
    'idempotency-key',
    'origin',
    'referer',
    'sec-fetch-dest',
    'sec-fetch-mode',
    'sec-fetch-site',
    'sec-fetch-user',
    'x-csrf-token',
  ].map((name, at) => [name, 1 << at]),
)
const CODING = 1
const LENGTH = 2

const OFTEN = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'cookie',
  'if-none-match',
  'priority',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-proto',
]
/** Bits of the names that browsers and proxies send, in both ways of writing them. */
const BITS: ReadonlyMap<string, number> = new Map(
  [...ONCE.keys(), ...OFTEN].flatMap(name => {
    const capital = name.replace(/\b[a-z]/g, letter => letter.toUpperCase())
    const bit = ONCE.get(name) ?? 0
    return [[name, bit] as const, [capital, bit] as const]
  }),
)

// Decision: no underscores, though they are tokens: CGI and its heirs read `_` as `-`.
// Cost: clients with such fields have to rename them.
const NAME = /^:?[!#$%&'*+.^`|~0-9A-Za-z-]+$/

/** Undefined for a name that is none. */
function bitOf(name: string): number | undefined {
  return NAME.test(name) ? (ONCE.get(name.toLowerCase()) ?? 0) : undefined
}

/**
 * Refuses messages that two parsers could read in two ways, before any framework reads them: the
 * raw material of request smuggling, cache poisoning and walked-around access rules. What cannot
 * stand in a field's value (NUL, CR, LF) node's parser refuses itself.
 *
 * @returns a guard that answers one of `refusals` or of the target's (`target.ts`)
 * @see ASVS 4.2.1, 13.4.4, 15.3.7; RFC 9112 §3.2, §6.1; RFC 6585 §5
 */
export function framing(
  options: FramingOptions = {},
): (request: RawRequest) => Refusal | undefined {
  onlyKnown('framing', options, ['maxHeaders', 'maxTargetBytes', 'paths'])
  onlyKnown('framing.paths', options.paths ?? {}, PATH_OPTIONS)
  const { maxHeaders = 100 } = options
  const judgePath = judgeTarget(options.maxTargetBytes ?? 8192, options.paths ?? {})
  return request => {
    if (REFUSED_METHODS.has(request.method)) return refusals.method
    if (!isKnownVersion(request)) return refusals.version
    if (request.rawHeaders.length > maxHeaders * 2) return refusals.headerCount
    return judgePath(request.target) ?? judgeFields(request.rawHeaders, request.httpVersion)
  }
}

/** Node's parser takes `HTTP/2.0` and `HTTP/0.9` in a line of text; HTTP/2 itself has pseudo fields. */
function isKnownVersion({ httpVersion, rawHeaders }: RawRequest): boolean {
  if (httpVersion === '1.1' || httpVersion === '1.0') return true
  return httpVersion === '2.0' && rawHeaders[0]?.startsWith(':') === true
}

function judgeFields(rawHeaders: readonly string[], httpVersion: string): Refusal | undefined {
  let seen = 0
  let coding = ''
  let length = ''
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const bit = BITS.get(name) ?? bitOf(name)
    if (bit === 0) continue
    if (bit === undefined) return refusals.headerName
    if ((seen & bit) !== 0) return refusals.repeatedField
    seen |= bit
    if (bit === CODING) coding = rawHeaders[at + 1] as string
    else if (bit === LENGTH) length = rawHeaders[at + 1] as string
  }
  if ((seen & LENGTH) !== 0 && !/^\d{1,15}$/.test(length)) return refusals.contentLength
  if ((seen & CODING) === 0) return undefined
  if (httpVersion === '1.0') return refusals.oldChunked
  if ((seen & LENGTH) !== 0) return refusals.twoLengths
  return coding.toLowerCase() === 'chunked' && httpVersion === '1.1'
    ? undefined
    : refusals.transferCoding
}
