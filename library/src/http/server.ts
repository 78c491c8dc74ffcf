import {
  Server as HttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { Server as TlsServer } from 'node:tls'
import type { Clock } from '../kernel/clock.ts'
import { ConfigFault } from '../kernel/fault.ts'
import type { Refusal } from '../kernel/refusal.ts'
import { Connection, type Pace } from './connection.ts'
import { isLoopback } from './ip.ts'
import { leaveUnread } from './linger.ts'
import { rawProblem } from './raw-problem.ts'
import { judgeUpgrade, parserRefusal, refusals } from './server-refusals.ts'
import { countPerAddress, watchHandshakes } from './sockets.ts'

/** Deadlines, rates and counts of connections. */
export interface ServerLimits {
  /** From the connection, or the first byte after a request, to the end of the header section. */
  readonly headersSeconds?: number
  /** From there to the end of the body; see `extend`. */
  readonly requestSeconds?: number
  /** How long a connection without a request stays open. */
  readonly keepAliveSeconds?: number
  /** How often connections are looked over. */
  readonly checkSeconds?: number
  /** A body that comes slower than this is cut after 5 seconds. */
  readonly minBodyBytesPerSecond?: number
  /** An answer that is read slower than this is cut after 10 seconds. */
  readonly minReadBytesPerSecond?: number
  /** Then the connection is closed, politely. */
  readonly maxRequestsPerSocket?: number
  /** Connections at once. */
  readonly maxSockets?: number
  /** Connections at once from one IPv4 address or IPv6 /64. */
  readonly maxSocketsPerAddress?: number
}

export const SERVER_DEFAULTS: Required<ServerLimits> = {
  headersSeconds: 10,
  requestSeconds: 30,
  keepAliveSeconds: 5,
  checkSeconds: 1,
  minBodyBytesPerSecond: 500,
  minReadBytesPerSecond: 1000,
  maxRequestsPerSocket: 1000,
  maxSockets: 10_000,
  maxSocketsPerAddress: 256,
}

/** What stands in front of every listener of a framework. */
export interface ServerGuard {
  /** Asked about every request and upgrade, before anybody else sees it. */
  judge(message: IncomingMessage): Refusal | undefined
  /** Asked besides about each WebSocket handshake: no route behind the guard will judge it. */
  judgeUpgrade?(message: IncomingMessage): Refusal | undefined
  /** Answers a refused request. */
  answer(message: IncomingMessage, response: ServerResponse, refusal: Refusal): void
  /** Told of what has no response object: broken messages, slow clients, refused upgrades. */
  cut?(refusal: Refusal, socket: Socket): void
}

export interface HardenOptions {
  /** Names a refusal that has no request of its own. */
  readonly requestId: () => string
  readonly limits?: ServerLimits
  readonly guard?: ServerGuard
  /** To whom `maxSocketsPerAddress` does not apply: our proxies. Loopback unless told. */
  readonly exemptAddress?: (address: string) => boolean
  /** Milliseconds that only go forward. */
  readonly clock?: Clock
}

export interface HardenedServer {
  /** Gives one request more time for its body (an upload); the minimum rate still holds. */
  extend(message: IncomingMessage, seconds: number): void
  /** Looks all connections over now; a timer does it every `checkSeconds`. */
  sweep(): void
  /** Connections now open. */
  readonly sockets: number
}

type Emit = (
  event: string | symbol,
  first?: unknown,
  second?: unknown,
  third?: unknown,
  /** What node:http2 gives along with a stream: its raw header fields. */
  fourth?: unknown,
) => boolean

/**
 * Deadlines, rates and counts on a node:http or node:https server, and a guard in front of all its
 * listeners. It does not matter whether the server listens already, nor what a framework has
 * registered on it or will.
 *
 * @throws {ConfigFault} when a limit is not greater than 0
 * @see ASVS 4.2.1, 13.2.6, 15.2.2
 */
export function hardenServer(server: Server, options: HardenOptions): HardenedServer {
  const limits = { ...SERVER_DEFAULTS, ...options.limits }
  const clock = options.clock ?? (() => performance.now())
  const { guard, requestId } = options
  const connections = new Map<Socket, Connection>()
  setNodeLimits(server, limits)

  const cut = (socket: Socket, refusal: Refusal, mayAnswer: boolean): void => {
    connections.delete(socket)
    guard?.cut?.(refusal, socket)
    if (mayAnswer && socket.writable) {
      socket.end(rawProblem(refusal, requestId()), () => socket.destroy())
    } else {
      socket.destroy()
    }
  }

  const pace: Pace = {
    headersMs: limits.headersSeconds * 1000,
    requestMs: limits.requestSeconds * 1000,
    minBodyBytesPerMs: limits.minBodyBytesPerSecond / 1000,
    minReadBytesPerMs: limits.minReadBytesPerSecond / 1000,
  }
  const sweep = (): void => {
    const now = clock()
    for (const [socket, connection] of connections) {
      const reason = connection.judge(now, pace)
      if (reason !== undefined) cut(socket, refusals[reason], connection.mayAnswer)
    }
  }
  const timer = setInterval(sweep, limits.checkSeconds * 1000).unref()
  server.once('close', () => clearInterval(timer))

  const watch = (socket: Socket): void => {
    connections.set(socket, new Connection(socket, clock()))
    socket.once('close', () => connections.delete(socket))
  }
  // A session of HTTP/2 in clear text is one long connection, whose requests are node's to watch.
  const given: object = server
  const speaksHttp1 = given instanceof HttpServer || given instanceof TlsServer
  const mayOpen = countPerAddress(limits.maxSocketsPerAddress, options.exemptAddress ?? isLoopback)
  server.prependListener('connection', socket => {
    if (!mayOpen(socket)) socket.destroy()
    else if (speaksHttp1) watch(socket)
  })
  if (server instanceof TlsServer) watchHandshakes(server, connections, watch)

  /** A message that cannot be read ends its connection, after the answers owed to those before it. */
  const broken = (socket: Socket, refusal: Refusal): void => {
    const connection = connections.get(socket)
    if (connection?.over) return
    const owed = connection?.owed
    if (connection === undefined || owed === undefined) {
      cut(socket, refusal, connection?.answering !== true)
      return
    }
    connection.over = true
    socket.pause()
    owed.once('close', () => cut(socket, refusal, true))
  }

  if (guard !== undefined) {
    // Without a listener node answers these by itself: a tunnel by a reset, an expectation by a bare 417.
    server.on('connect', () => undefined)
    server.on('checkExpectation', () => undefined)
  }
  const emit = server.emit.bind(server) as Emit
  const front: Emit = (event, first, second, third, fourth) => {
    // In HTTP/2 a CONNECT has a response like any request.
    const isTunnel = event === 'connect' && !(second instanceof Socket)
    if (
      event === 'request' ||
      event === 'checkContinue' ||
      event === 'checkExpectation' ||
      isTunnel
    ) {
      const message = first as IncomingMessage
      const response = second as ServerResponse
      const connection = connections.get(message.socket)
      // What follows a refused message on its connection may be the rest of it, not a request.
      if (connection?.over) return true
      connection?.begin(message, response, clock())
      const refusal =
        guard?.judge(message) ?? (event === 'checkExpectation' ? refusals.expectation : undefined)
      if (refusal === undefined || guard === undefined) return emit(event, first, second)
      if (refusal.close) {
        response.shouldKeepAlive = false
        if (connection !== undefined) connection.over = true
      }
      leaveUnread(message, response)
      guard.answer(message, response, refusal)
      return true
    }
    if ((event === 'upgrade' || event === 'connect') && second instanceof Socket) {
      const message = first as IncomingMessage
      const owes = connections.get(second)?.owed !== undefined
      const refusal =
        guard?.judge(message) ?? judgeUpgrade(message, owes) ?? guard?.judgeUpgrade?.(message)
      if (refusal !== undefined) cut(second, refusal, !owes)
      else connections.delete(second)
      return refusal !== undefined || emit(event, first, second, third)
    }
    if (event === 'clientError') {
      const socket = second as Socket
      const refusal = parserRefusal((first as { code?: string }).code)
      if (refusal === undefined) socket.destroy()
      else broken(socket, refusal)
      return true
    }
    return emit(event, first, second, third, fourth)
  }
  server.emit = front as Server['emit']

  return {
    extend: (message, seconds) => connections.get(message.socket)?.extend(message, seconds * 1000),
    sweep,
    get sockets() {
      return connections.size
    },
  }
}

function setNodeLimits(server: Server, limits: Required<ServerLimits>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!(value > 0)) throw new ConfigFault(`limits.server.${name}`, 'must be greater than 0')
  }
  // Node takes its check interval (30 s) when the server begins to listen and never looks again, so
  // its deadlines come late. They stay as the second net behind our own sweep.
  server.headersTimeout = limits.headersSeconds * 1000
  server.requestTimeout = Math.max(limits.requestSeconds, 300) * 1000
  server.keepAliveTimeout = limits.keepAliveSeconds * 1000
  server.maxRequestsPerSocket = limits.maxRequestsPerSocket
  server.maxConnections = limits.maxSockets
}
