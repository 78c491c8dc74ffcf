import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { ClientAddress, ClientAddressOf } from './address.ts'
import type { RawRequest } from './framing.ts'
import type { Incoming } from './incoming.ts'

/** What a server knows about all of its requests. */
export interface NodeContext {
  /** The public origin, from configuration and never from Host. */
  readonly origin: string
  readonly addressOf: ClientAddressOf
}

/** Whether an HTTP/2 message brings a body whose length it does not tell. */
export function streamsBody(message: IncomingMessage): boolean {
  if (message.httpVersionMajor < 2 || message.headers['content-length'] !== undefined) return false
  const { stream } = message as { readonly stream?: { readonly endAfterHeaders?: boolean } }
  return stream?.endAfterHeaders === false
}

/**
 * A node:http request (or an HTTP/2 one through Node's compatibility layer) as the defences see it:
 * nothing is copied, and what nobody asks for is not computed.
 */
export class NodeIncoming implements Incoming, RawRequest {
  readonly method: string
  /** As received, even after a framework has rewritten `url` for a mounted router. */
  readonly target: string
  readonly #message: IncomingMessage
  readonly #context: NodeContext
  #mark = -2
  #client: ClientAddress | undefined

  constructor(message: IncomingMessage, context: NodeContext) {
    this.#message = message
    this.#context = context
    this.method = message.method ?? ''
    this.target = message.url ?? ''
  }

  get path(): string {
    const mark = this.#questionMark()
    return mark < 0 ? this.target : this.target.slice(0, mark)
  }

  get query(): string {
    const mark = this.#questionMark()
    return mark < 0 ? '' : this.target.slice(mark + 1)
  }

  get httpVersion(): string {
    return this.#message.httpVersion
  }

  get rawHeaders(): readonly string[] {
    return this.#message.rawHeaders
  }

  get origin(): string {
    return this.#context.origin
  }

  get address(): string {
    return this.#seen().address
  }

  get secure(): boolean {
    return this.#seen().secure
  }

  header(name: string): string | undefined {
    const value = this.#message.headers[name]
    if (typeof value === 'string') return value
    if (Array.isArray(value)) return value.join(', ')
    // HTTP/2 has no field for a body of unknown length, so what asks for one is told of chunks.
    return name === 'transfer-encoding' && streamsBody(this.#message) ? 'chunked' : undefined
  }

  #questionMark(): number {
    if (this.#mark === -2) this.#mark = this.target.indexOf('?')
    return this.#mark
  }

  #seen(): ClientAddress {
    if (this.#client === undefined) {
      const socket = this.#message.socket as Partial<TLSSocket>
      const { addressOf } = this.#context
      const encrypted = socket.encrypted === true
      this.#client = addressOf(socket.remoteAddress ?? '', encrypted, name => this.header(name))
    }
    return this.#client
  }
}
