import type { Refusal } from '../kernel/refusal.ts'
import { judgeTarget, type PathOptions } from './target.ts'

const refused = { says: 'framing.refused', status: 400, close: true } as const

type FramingReason =
  | 'method'
  | 'transferCoding'
  | 'twoLengths'
  | 'oldChunked'
  | 'contentLength'
  | 'headerName'
  | 'headerValue'
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
  transferCoding: { code: 'framing.transfer_coding', ...refused },
  twoLengths: { code: 'framing.two_lengths', ...refused },
  oldChunked: { code: 'framing.old_chunked', ...refused },
  contentLength: { code: 'framing.content_length', ...refused },
  headerName: { code: 'framing.header_name', ...refused },
  headerValue: { code: 'framing.header_value', ...refused },
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

/** Fields that decide something and that may come once only; Node keeps the first, others the last. */
const ONCE: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'origin',
  'referer',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-user',
  'transfer-encoding',
  'x-csrf-token',
])
const ONCE_LENGTHS: ReadonlySet<number> = new Set([...ONCE].map(name => name.length))

const NAME = /^:?[!#$%&'*+.^`|~0-9A-Za-z-]+$/
const UNSAFE_VALUE = /[\0-\x08\x0a-\x1f\x7f]/

/**
 * Refuses messages that two parsers could read in two ways, before any framework reads them: the
 * raw material of request smuggling, cache poisoning and walked-around access rules.
 *
 * @returns a guard that answers one of `refusals` or of the target's (`target.ts`)
 * @see ASVS 4.2.1, 13.4.4, 15.3.7; RFC 9112 §3.2, §6.1; RFC 6585 §5
 */
export function framing(
  options: FramingOptions = {},
): (request: RawRequest) => Refusal | undefined {
  const { maxHeaders = 100 } = options
  const judgePath = judgeTarget(options.maxTargetBytes ?? 8192, options.paths ?? {})
  return request => {
    if (REFUSED_METHODS.has(request.method)) return refusals.method
    if (request.rawHeaders.length > maxHeaders * 2) return refusals.headerCount
    return judgePath(request.target) ?? judgeFields(request.rawHeaders, request.httpVersion)
  }
}

function judgeFields(rawHeaders: readonly string[], httpVersion: string): Refusal | undefined {
  let seen = ''
  let coding: string | undefined
  let length: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    // Decision: no underscores, though they are tokens: CGI and its heirs read `_` as `-`.
    // Cost: clients with such fields have to rename them.
    if (!NAME.test(name)) return refusals.headerName
    if (UNSAFE_VALUE.test(value)) return refusals.headerValue
    if (!ONCE_LENGTHS.has(name.length)) continue
    const lower = name.toLowerCase()
    if (!ONCE.has(lower)) continue
    if (seen.includes(`,${lower},`)) return refusals.repeatedField
    seen += `,${lower},`
    if (lower === 'transfer-encoding') coding = value
    else if (lower === 'content-length') length = value
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return refusals.contentLength
  if (coding === undefined) return undefined
  if (httpVersion === '1.0') return refusals.oldChunked
  if (length !== undefined) return refusals.twoLengths
  return coding.toLowerCase() === 'chunked' && httpVersion === '1.1'
    ? undefined
    : refusals.transferCoding
}
