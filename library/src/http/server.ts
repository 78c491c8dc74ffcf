import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Refusal } from '../kernel/refusal.ts'

export interface ServerLimits {
  readonly headersSeconds?: number
  readonly requestSeconds?: number
  readonly keepAliveSeconds?: number
  readonly checkSeconds?: number
  readonly minBodyBytesPerSecond?: number
  readonly minReadBytesPerSecond?: number
  readonly maxRequestsPerSocket?: number
  readonly maxHeaders?: number
  readonly maxSockets?: number
  readonly maxSocketsPerAddress?: number
}

export interface HardenedServer {
  /** Gives one request more time for its body (an upload route), minimum rate still held. */
  extend(message: IncomingMessage, seconds: number): void
  /** Sockets now open. */
  readonly sockets: number
  /** Stops the sweep; the server itself is left as it is. */
  stop(): void
}

/** Deadlines, rates and counts on a node:http(s) server, whether it listens already or not. */
export declare function hardenServer(server: Server, limits?: ServerLimits): HardenedServer

/** Asked first about every request and upgrade, before any listener of a framework. */
export interface ServerGuard {
  judge(message: IncomingMessage): Refusal | undefined
  /** Writes the refusal; without it a short problem+json is written. */
  answer?(message: IncomingMessage, response: ServerResponse, refusal: Refusal): void
}

/** Puts the guard in front of all request, checkContinue and upgrade listeners, later ones too. */
export declare function guardServer(server: Server, guard: ServerGuard): void

/** Refusals that node's own parser and deadlines cause, as the bytes of a problem+json answer. */
export declare function rawProblem(
  refusal: Refusal,
  requestId: string,
  headers?: readonly string[],
): string
