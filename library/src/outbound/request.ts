import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import type { OutboundSettings } from './options.ts'
import { because, refusals } from './refusals.ts'

/** A request without its URL, ready to be sent and sent again. */
export interface Outgoing {
  readonly method: string
  /** Lower-case names and values in turn. */
  readonly headers: readonly string[]
  readonly body: Uint8Array | string | null
}

type HeadersInit = NonNullable<RequestInit['headers']>
type BodyInit = NonNullable<RequestInit['body']>

/** What `fetch` takes, as far as it makes sense here. */
export interface RequestParts {
  readonly method?: string
  readonly headers?: HeadersInit
  readonly body?: BodyInit | null
}

/** Fields of the connection and its framing. They are ours; Host would also move TLS's server name. */
const OURS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/ // RFC 9110 §5.6.2
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/ // RFC 9110 §5.5, obs-text included
const FORBIDDEN_METHOD = /^(?:CONNECT|TRACE|TRACK)$/i
const STANDARD_METHOD = /^(?:DELETE|GET|HEAD|OPTIONS|POST|PUT)$/i

const DEFAULTS: readonly (readonly [name: string, value: string])[] = [
  ['accept', '*/*'],
  ['accept-encoding', 'gzip, deflate, br'],
  ['user-agent', 'bulwark'],
]

/**
 * Makes a request out of what the caller gave. Bodies are read whole, so that a redirect can send
 * them again and no stream outlives the deadline.
 *
 * @throws {TypeError} for a body with GET or HEAD, as `fetch` does
 */
export function outgoing(
  { method: wanted = 'GET', headers, body }: RequestParts,
  settings: OutboundSettings,
): Outcome<Outgoing> | Promise<Outcome<Outgoing>> {
  if (!TOKEN.test(wanted) || FORBIDDEN_METHOD.test(wanted)) {
    return refused(because(refusals.method, JSON.stringify(wanted.slice(0, 32))))
  }
  const method = STANDARD_METHOD.test(wanted) ? wanted.toUpperCase() : wanted
  if (body != null && (method === 'GET' || method === 'HEAD')) {
    throw new TypeError(`a ${method} request has no body`)
  }
  const sent: string[] = []
  for (const [name, value] of pairs(headers)) {
    const lower = name.toLowerCase()
    const fault = faultOf(lower, value, settings)
    if (fault !== undefined) return refused(because(refusals.header, fault))
    sent.push(lower, value)
  }
  for (const [name, value] of DEFAULTS) {
    if (!names(sent, name)) sent.push(name, value)
  }
  const whole = ({ bytes, type }: Body): Outcome<Outgoing> => {
    if (type !== null && !names(sent, 'content-type')) sent.push('content-type', type)
    return granted({ method, headers: sent, body: bytes })
  }
  const read = readBody(body)
  return read instanceof Promise ? read.then(whole) : whole(read)
}

/** Whether a flat list of names and values has `name`. */
function names(headers: readonly string[], name: string): boolean {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return true
  return false
}

function faultOf(name: string, value: string, settings: OutboundSettings): string | undefined {
  if (!TOKEN.test(name)) return 'a name that is no token'
  if (OURS.has(name)) return `${name} belongs to the connection`
  if (!VALUE.test(value)) return `${name} holds a line break or another forbidden character`
  if (value.length > settings.maxRequestHeaderBytes) return `${name} is too long`
  return undefined
}

function pairs(headers: HeadersInit | undefined): Iterable<readonly [string, string]> {
  if (headers === undefined) return []
  if (Symbol.iterator in headers) return headers as Iterable<readonly [string, string]>
  return Object.entries(headers as Record<string, string>)
}

type Body = { readonly bytes: Uint8Array | string | null; readonly type: string | null }

function readBody(body: BodyInit | null | undefined): Body | Promise<Body> {
  if (body == null) return { bytes: null, type: null }
  if (typeof body === 'string') return { bytes: body, type: 'text/plain;charset=UTF-8' }
  if (body instanceof Uint8Array) return { bytes: body, type: null }
  return readWhole(body)
}

/** Forms, blobs, buffers and streams: the platform knows their bytes and their type. */
async function readWhole(body: BodyInit): Promise<Body> {
  const response = new Response(body)
  return { bytes: await response.bytes(), type: response.headers.get('content-type') }
}
