import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import type { Fields, Sent } from './ask.ts'

/** Why no reply came. `garbled` means that bytes came which are not HTTP. */
export type Failure = 'refused' | 'reset' | 'timeout' | 'garbled'

/** What the service sent back, or why nothing came: then `status` is 0. */
export class Reply {
  readonly status: number
  readonly fields: Fields
  readonly body: Buffer
  /** Milliseconds from the last byte sent to the first one received. */
  readonly ms: number
  readonly failure: Failure | undefined
  readonly sent: Sent
  /** How many bytes of the body had left before the reply came. */
  readonly taken: number
  /** The check that asked; set by the line. */
  check = ''

  constructor(made: {
    status: number
    fields: Fields
    body: Buffer
    ms: number
    sent: Sent
    taken?: number
    failure?: Failure | undefined
  }) {
    this.status = made.status
    this.fields = made.fields
    this.body = made.body
    this.ms = made.ms
    this.sent = made.sent
    this.taken = made.taken ?? made.sent.body.length
    this.failure = made.failure
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  /** 4xx: the service said no, and meant the request. */
  get refused(): boolean {
    return this.status >= 400 && this.status < 500
  }

  get text(): string {
    return decoded(this.body, this.header('content-encoding')).toString('utf8')
  }

  /** The media type alone, in lower case; '' when there is none. */
  get type(): string {
    return (this.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  }

  get isHtml(): boolean {
    return this.type === 'text/html' || this.type === 'application/xhtml+xml'
  }

  get isJson(): boolean {
    return this.type === 'application/json' || this.type.endsWith('+json')
  }

  header(name: string): string | undefined {
    const values = this.all(name)
    return values.length === 0 ? undefined : values.join(', ')
  }

  all(name: string): string[] {
    const wanted = name.toLowerCase()
    return this.fields.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value)
  }

  /** The body as JSON, or `undefined` when it is none. */
  get json(): unknown {
    try {
      return JSON.parse(this.text)
    } catch {
      return undefined
    }
  }

  /** The value a JSON pointer leads to (RFC 6901), or `undefined`. */
  at(pointer: string): unknown {
    return pointed(this.json, pointer)
  }

  /** As `at`, when it is a string (numbers count as their digits). */
  string(pointer: string): string | undefined {
    const value = this.at(pointer)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  }

  /** Where a redirect leads, made absolute against `origin`; `undefined` when it is none. */
  location(origin: string): URL | undefined {
    const value = this.header('location')
    if (value === undefined) return undefined
    return URL.parse(value, `${origin}${this.sent.path.split('?')[0]}`) ?? undefined
  }
}

/** @see RFC 6901 */
export function pointed(value: unknown, pointer: string): unknown {
  let at = value
  for (const raw of pointer.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<string, unknown>)[key]
  }
  return at
}

const MAX_DECODED_BYTES = 8 * 1024 * 1024

function decoded(body: Buffer, encoding: string | undefined): Buffer {
  const limit = { maxOutputLength: MAX_DECODED_BYTES }
  try {
    if (encoding === 'gzip') return gunzipSync(body, limit)
    if (encoding === 'br') return brotliDecompressSync(body, limit)
    if (encoding === 'deflate') return inflateSync(body, limit)
  } catch {
    return body
  }
  return body
}
