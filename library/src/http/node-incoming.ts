import type { IncomingMessage } from 'node:http'
import type { ClientAddressOf } from './address.ts'
import type { RawRequest } from './framing.ts'
import type { Incoming } from './incoming.ts'

/** What a server knows about all of its requests. */
export interface NodeContext {
  readonly origin: string
  readonly addressOf: ClientAddressOf
}

/** A node:http request (also HTTP/2 compat) as the defences see it. Nothing is copied. */
export declare class NodeIncoming implements Incoming, RawRequest {
  constructor(message: IncomingMessage, context: NodeContext)
  readonly method: string
  readonly target: string
  readonly path: string
  readonly query: string
  readonly httpVersion: string
  readonly rawHeaders: readonly string[]
  readonly origin: string
  readonly address: string
  readonly secure: boolean
  header(name: string): string | undefined
}
