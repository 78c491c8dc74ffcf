import { connect, type Socket } from 'node:net'

/** What came back: `status` 0 when the connection ended without an answer. */
export interface Heard {
  readonly status: number
  /** The header section, with its status line. */
  readonly head: string
  readonly body: string
}

const NOTHING: Heard = { status: 0, head: '', body: '' }

/** A connection that is kept as long as the server keeps it, for bytes that no client would send. */
export class Line {
  readonly #port: number
  #socket: Socket | undefined
  #text = ''
  #isHead = false
  #isLast = false
  #answer: ((heard: Heard) => void) | undefined
  /** Connections so far. */
  connections = 0

  constructor(port: number) {
    this.#port = port
  }

  /** Sends one request and resolves with its answer; the next one comes on another connection if told. */
  send(bytes: Buffer, how: { readonly isHead: boolean; readonly isLast: boolean }): Promise<Heard> {
    const socket = this.#socket ?? this.#open()
    this.#isHead = how.isHead
    this.#isLast = how.isLast
    return new Promise(answer => {
      this.#answer = answer
      socket.write(bytes)
    })
  }

  close(): void {
    this.#socket?.destroy()
  }

  #open(): Socket {
    const socket = connect(this.#port, '127.0.0.1').setEncoding('latin1').setNoDelay(true)
    this.connections++
    this.#socket = socket
    this.#text = ''
    socket.on('error', () => undefined)
    socket.on('data', (text: string) => {
      if (this.#socket !== socket) return
      this.#text += text
      this.#look(false)
    })
    socket.on('close', () => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      this.#look(true)
      this.#settle(NOTHING)
    })
    return socket
  }

  #settle(heard: Heard): void {
    const answer = this.#answer
    this.#answer = undefined
    this.#text = ''
    answer?.(heard)
  }

  #look(closed: boolean): void {
    const end = this.#text.indexOf('\r\n\r\n')
    if (end < 0 || this.#answer === undefined) return
    const head = this.#text.slice(0, end + 2)
    const status = Number(head.slice(9, 12))
    if (status === 100) {
      this.#text = this.#text.slice(end + 4)
      this.#look(closed)
      return
    }
    const body = this.#text.slice(end + 4)
    if (!closed && !this.#isWhole(head, status, body)) return
    if (
      this.#isLast ||
      /^connection: close/im.test(head) ||
      /^content-type: text\/event-stream/im.test(head)
    ) {
      this.#socket?.destroy()
      this.#socket = undefined
    }
    this.#settle({ status, head, body })
  }

  #isWhole(head: string, status: number, body: string): boolean {
    if (this.#isHead || status === 204 || status === 304 || status === 101) return true
    if (/^content-type: text\/event-stream/im.test(head)) return true
    const length = /^content-length: (\d+)/im.exec(head)?.[1]
    if (length !== undefined) return body.length >= Number(length)
    return /^transfer-encoding: chunked/im.test(head) && body.endsWith('0\r\n\r\n')
  }
}
