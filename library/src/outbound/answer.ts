import type { Arrived, ResponseHeaders } from './exchange.ts'

/** Statuses whose response has no body at all (WHATWG Fetch, null body status). */
const BODILESS: ReadonlySet<number> = new Set([101, 103, 204, 205, 304])

/**
 * A `Response` around bytes that are already here. `instanceof Response` holds and every member of the
 * standard is there; what needs the platform's machinery (streams, forms, blobs) calls a real
 * `Response` into being, and the rest costs a tenth of one.
 */
export class Answer implements Response {
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected: boolean
  readonly type = 'basic'
  readonly #raw: ResponseHeaders
  readonly #bytes: Buffer
  #headers: Headers | undefined
  #real: Response | undefined
  #used = false

  static {
    Object.setPrototypeOf(Answer.prototype, Response.prototype)
  }

  constructor({ status, statusText, headers, body }: Arrived, url: string, redirected: boolean) {
    this.status = status
    this.statusText = statusText
    this.url = url
    this.redirected = redirected
    this.#raw = headers
    this.#bytes = body
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299
  }

  /** Bytes of the body. */
  get size(): number {
    return this.#bytes.length
  }

  get headers(): Headers {
    this.#headers ??= headersOf(this.#raw)
    return this.#headers
  }

  get body(): Response['body'] {
    return this.#platform().body
  }

  get bodyUsed(): boolean {
    return this.#used || this.#real?.bodyUsed === true
  }

  async text(): Promise<string> {
    if (this.#real !== undefined) return this.#real.text()
    return this.#taken()
      .toString('utf8')
      .replace(/^\uFEFF/, '')
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#real !== undefined) return new Uint8Array(await this.#real.arrayBuffer())
    return new Uint8Array(this.#taken())
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer
  }

  async blob(): ReturnType<Response['blob']> {
    return this.#platform().blob()
  }

  async formData(): ReturnType<Response['formData']> {
    return this.#platform().formData()
  }

  clone(): Response {
    if (this.bodyUsed || this.#real?.body?.locked) throw new TypeError('the body is already used')
    const { status, statusText } = this
    const copy = { status, statusText, headers: this.#raw, body: this.#bytes }
    return new Answer(copy, this.url, this.redirected)
  }

  /** The bytes, once. */
  #taken(): Buffer {
    if (this.#used) throw new TypeError('the body is already used')
    this.#used = true
    return this.#bytes
  }

  /** The platform's own, made when it is first needed; used up if this one is. */
  #platform(): Response {
    if (this.#real === undefined) {
      const { status, statusText, headers } = this
      const body = BODILESS.has(status) ? null : new Uint8Array(this.#bytes)
      this.#real = new Response(body, { status, statusText, headers })
      if (this.#used) void this.#real.text()
    }
    return this.#real
  }
}

function headersOf(raw: ResponseHeaders): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(raw)) {
    for (const one of [value ?? []].flat()) headers.append(name, one)
  }
  return headers
}
