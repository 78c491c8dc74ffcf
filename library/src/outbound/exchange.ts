import type { Dispatcher } from 'undici'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { OutboundSettings } from './options.ts'
import type { Hop } from './redirects.ts'
import { because, OutboundRefused, refusalOf, refusals } from './refusals.ts'

/** A final response and its body, as it came over the wire. */
export interface Arrived {
  readonly status: number
  readonly statusText: string
  /** Lower-case names; repeated fields as lists. */
  readonly headers: ResponseHeaders
  readonly body: Buffer
}

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

type Controller = Dispatcher.DispatchController

/** So much of a body that nobody wants is read, to keep the connection. */
const DRAIN_BYTES = 16_384

/**
 * One request to one origin, and the collecting of its answer under the caps. Written against
 * undici's dispatch interface, because a stream per response costs more than all of the judging.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly arrived: Promise<Outcome<Arrived>>
  readonly #settle: (outcome: Outcome<Arrived>) => void
  readonly #settings: OutboundSettings
  readonly #expectsBody: boolean
  /** Whether the body of such a response can be thrown away. */
  readonly #drains: (status: number, headers: ResponseHeaders) => boolean
  readonly #firstByte: NodeJS.Timeout
  #controller: Controller | undefined
  #over = false
  #status = 0
  #statusText = ''
  #headers: ResponseHeaders = {}
  #draining = false
  #length = 0
  #bytes: Buffer = EMPTY

  constructor(
    dispatcher: Dispatcher,
    hop: Hop,
    settings: OutboundSettings,
    drains: (status: number, headers: ResponseHeaders) => boolean,
  ) {
    this.#settings = settings
    this.#expectsBody = hop.method !== 'HEAD'
    this.#drains = drains
    const { promise, resolve } = Promise.withResolvers<Outcome<Arrived>>()
    this.arrived = promise
    this.#settle = resolve
    this.#firstByte = setTimeout(() => {
      this.cut(because(refusals.timeout, `no response after ${settings.firstByteMs} ms`))
    }, settings.firstByteMs)
    dispatcher.dispatch(
      {
        origin: hop.url.origin,
        path: hop.url.pathname + hop.url.search,
        method: hop.method,
        headers: hop.headers as string[],
        body: hop.body,
        // Our own deadlines run; undici's would be a second, coarser pair of timers.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      this,
    )
  }

  /** Ends the exchange now, whatever state it is in. */
  cut(refusal: Refusal): void {
    this.#end(refused(refusal))
    this.#controller?.abort(new OutboundRefused(refusal))
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    // Cut while it waited for a connection: then nothing is to be sent.
    if (this.#over) controller.abort(new OutboundRefused(refusals.timeout))
  }

  onResponseStart(
    _controller: Controller,
    status: number,
    headers: ResponseHeaders,
    statusText?: string,
  ): void {
    if (status < 200) return // RFC 9110 §15.2: more is to come, and the first-byte deadline runs on.
    clearTimeout(this.#firstByte)
    this.#status = status
    this.#statusText = statusText ?? ''
    this.#headers = headers
    this.#draining = this.#drains(status, headers)
    const announced = Number(headers['content-length'])
    const tooLong = announced > this.#settings.maxBodyBytes
    if (tooLong && this.#expectsBody && status !== 304 && !this.#draining) {
      this.cut(because(refusals.tooLarge, `announces ${announced} bytes`))
    }
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#over) return
    const length = this.#length + chunk.length
    if (this.#draining) {
      this.#length = length
      if (length <= DRAIN_BYTES) return
      this.#end(granted(this.#result(EMPTY)))
      controller.abort(new OutboundRefused(refusals.tooLarge))
      return
    }
    if (length > this.#settings.maxBodyBytes) {
      this.cut(because(refusals.tooLarge, `over ${this.#settings.maxBodyBytes} bytes`))
      return
    }
    this.#keep(chunk, length)
  }

  onResponseEnd(): void {
    if (!this.#close()) return
    const outcome = granted(this.#result(this.#bytes.subarray(0, this.#length)))
    // undici frees the connection in the next immediate. A caller that asks again at once finds it free
    // only behind that; before, he would open a second one.
    queueMicrotask(() => setImmediate(this.#settle, outcome))
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#end(refused(refusalOf(error)))
  }

  #result(body: Buffer): Arrived {
    return { status: this.#status, statusText: this.#statusText, headers: this.#headers, body }
  }

  #end(outcome: Outcome<Arrived>): void {
    if (this.#close()) this.#settle(outcome)
  }

  /** Whether it was still open. */
  #close(): boolean {
    if (this.#over) return false
    this.#over = true
    clearTimeout(this.#firstByte)
    return true
  }

  /**
   * Copies into one buffer that doubles. A list of chunks would cost a hundred bytes for each chunk,
   * and a hostile server sends chunks of one byte.
   */
  #keep(chunk: Buffer, length: number): void {
    if (this.#length === 0) {
      this.#bytes = chunk
    } else {
      if (length > this.#bytes.length) {
        const roomier = Buffer.allocUnsafeSlow(Math.max(1024, 2 * length))
        this.#bytes.copy(roomier, 0, 0, this.#length)
        this.#bytes = roomier
      }
      chunk.copy(this.#bytes, this.#length)
    }
    this.#length = length
  }
}

const EMPTY: Buffer = Buffer.alloc(0)
