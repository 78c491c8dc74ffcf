import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What a connection is held to, in milliseconds and bytes per millisecond. */
export interface Pace {
  readonly headersMs: number
  readonly requestMs: number
  readonly minBodyBytesPerMs: number
  readonly minReadBytesPerMs: number
}

export type TooSlow = 'slowHeaders' | 'slowBody' | 'slowReader'

const BODY_GRACE_MS = 5000
const BODY_WINDOW_MS = 15_000
const READ_GRACE_MS = 10_000

/**
 * One connection as the sweep sees it.
 *
 * Decision: it lets go of a request as soon as its answer is over, by one listener that all requests
 * of the connection share. Kept until the next request, each would outlive a collection of the young
 * heap, and those that follow it with it: half of every answer's garbage was copied, then promoted.
 * Cost: one listener a request.
 */
export class Connection {
  /** Whether a 408 can still be written: something was asked, and no answer has begun. */
  mayAnswer = false
  /** Set once a message on it was refused for good: nothing more is read from it as a request. */
  over = false
  readonly #socket: Socket
  #message: IncomingMessage | undefined
  #response: ServerResponse | undefined
  /** When the phase began: waiting for a header section, or reading a body. NaN: at the next look. */
  #since: number
  #extraMs = 0
  /** `bytesRead` at the last quiet moment, or when the pace was last measured from. */
  #mark = 0
  #paceSince = 0
  #flushed = 0
  #flushedAt: number
  readonly #ended: () => void

  constructor(socket: Socket, now: number) {
    this.#socket = socket
    this.#since = now
    this.#flushedAt = now
    const connection = this
    this.#ended = function ended(this: ServerResponse) {
      const isCurrent = connection.#response === this
      if (isCurrent && connection.#message?.complete === true) connection.#rest()
    }
  }

  begin(message: IncomingMessage, response: ServerResponse, now: number): void {
    this.#message = message
    this.#response = response
    this.#since = now
    this.#paceSince = now
    this.#mark = this.#socket.bytesRead
    this.#extraMs = 0
    response.on('close', this.#ended)
  }

  extend(message: IncomingMessage, milliseconds: number): void {
    if (message === this.#message) this.#extraMs = milliseconds
  }

  /** Whether an answer is on its way, was given to this very message or comes first: none may follow. */
  get answering(): boolean {
    const response = this.#response
    if (response === undefined) return false
    if (response.writableFinished) return this.#message?.complete !== true
    // Node gives a response its socket when those before it are over.
    return response.headersSent || response.socket === null
  }

  /** The answer still owed to a message that has come whole; those before it come before it. */
  get owed(): ServerResponse | undefined {
    const response = this.#response
    if (response === undefined || response.writableFinished || response.destroyed) return undefined
    return this.#message?.complete === true ? response : undefined
  }

  judge(now: number, pace: Pace): TooSlow | undefined {
    if (this.#readsTooSlowly(now, pace)) {
      this.mayAnswer = false
      return 'slowReader'
    }
    if (this.#message === undefined) return this.#judgeWaiting(now, pace)
    if (!this.#message.complete) return this.#judgeBody(this.#message, now, pace)
    const response = this.#response
    if (response === undefined || response.writableFinished || response.destroyed) this.#rest()
    return undefined
  }

  /** The answer is over: from the next look on, this is a connection that waits for a request. */
  #rest(): void {
    this.#message = undefined
    this.#response = undefined
    this.#since = Number.NaN
    this.#mark = this.#socket.bytesRead
  }

  #judgeWaiting(now: number, pace: Pace): TooSlow | undefined {
    const { bytesRead } = this.#socket
    // Between requests a silent connection is node's keep-alive timeout's business.
    if (Number.isNaN(this.#since) || (bytesRead === this.#mark && bytesRead > 0)) {
      this.#since = now
      return undefined
    }
    if (now - this.#since <= pace.headersMs) return undefined
    this.mayAnswer = bytesRead > 0
    return 'slowHeaders'
  }

  #judgeBody(message: IncomingMessage, now: number, pace: Pace): TooSlow | undefined {
    this.mayAnswer = !this.answering
    if (now - this.#since > pace.requestMs + this.#extraMs) return 'slowBody'
    const { bytesRead } = this.#socket
    const window = now - this.#paceSince
    if (window > BODY_GRACE_MS && bytesRead - this.#mark < window * pace.minBodyBytesPerMs) {
      return 'slowBody'
    }
    // When our own side does not take what has come, the client is not to blame: measure anew.
    const weAreSlow = message.readableLength >= message.readableHighWaterMark || message.isPaused()
    if (weAreSlow || window > BODY_WINDOW_MS) {
      this.#paceSince = now
      this.#mark = bytesRead
    }
    return undefined
  }

  #readsTooSlowly(now: number, pace: Pace): boolean {
    const pending = this.#socket.writableLength
    const flushed = this.#socket.bytesWritten - pending
    if (pending === 0 || flushed !== this.#flushed) {
      this.#flushed = flushed
      this.#flushedAt = now
      return false
    }
    // Node tells of a chunk only when all of it is gone, so a large one gets time by its size.
    return now - this.#flushedAt > READ_GRACE_MS + pending / pace.minReadBytesPerMs
  }
}
