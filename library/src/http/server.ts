import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { type TLSSocket, Server as TlsServer } from 'node:tls'
import type { Clock } from '../kernel/clock.ts'
import { ConfigFault } from '../kernel/fault.ts'
import type { Refusal } from '../kernel/refusal.ts'
import { Connection, type Pace } from './connection.ts'
import { addressBucket, isLoopback } from './ip.ts'
import { rawProblem } from './raw-problem.ts'

const malformed = { says: 'server.malformed', status: 400, close: true } as const
const tooSlow = { says: 'server.too_slow', status: 408, close: true } as const

type ServerReason =
  | 'malformed'
  | 'upgrade'
  | 'headersTooLarge'
  | 'chunkTooLarge'
  | 'slowHeaders'
  | 'slowBody'
  | 'slowReader'

export const refusals: Readonly<Record<ServerReason, Refusal>> = {
  malformed: { code: 'server.malformed', ...malformed },
  upgrade: { code: 'server.upgrade', ...malformed },
  headersTooLarge: {
    code: 'server.headers_too_large',
    says: 'server.headers_too_large',
    status: 431,
    close: true,
  },
  chunkTooLarge: {
    code: 'server.chunk_too_large',
    says: 'server.chunk_too_large',
    status: 413,
    close: true,
  },
  slowHeaders: { code: 'server.slow_headers', ...tooSlow },
  slowBody: { code: 'server.slow_body', ...tooSlow },
  slowReader: { code: 'server.slow_reader', ...tooSlow },
}

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

type Emit = (event: string | symbol, first?: unknown, second?: unknown, third?: unknown) => boolean

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
  const mayOpen = countPerAddress(limits.maxSocketsPerAddress, options.exemptAddress ?? isLoopback)
  server.prependListener('connection', socket => {
    if (!mayOpen(socket)) socket.destroy()
    else watch(socket)
  })
  if (server instanceof TlsServer) watchHandshakes(server, connections, watch)

  const emit = server.emit.bind(server) as Emit
  const front: Emit = (event, first, second, third) => {
    if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation') {
      const message = first as IncomingMessage
      const response = second as ServerResponse
      connections.get(message.socket)?.begin(message, response, clock())
      const refusal = guard?.judge(message)
      if (refusal === undefined || guard === undefined) return emit(event, first, second)
      guard.answer(message, response, refusal)
      return true
    }
    if (event === 'upgrade') {
      const message = first as IncomingMessage
      const socket = second as Socket
      const refusal = guard?.judge(message) ?? judgeUpgrade(message)
      if (refusal !== undefined) cut(socket, refusal, true)
      else connections.delete(socket)
      return refusal !== undefined || emit(event, first, second, third)
    }
    if (event === 'clientError') {
      const socket = second as Socket
      const refusal = parserRefusal((first as { code?: string }).code)
      if (refusal === undefined) socket.destroy()
      else cut(socket, refusal, connections.get(socket)?.answering !== true)
      return true
    }
    return emit(event, first, second, third)
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

function countPerAddress(
  max: number,
  exempt: (address: string) => boolean,
): (socket: Socket) => boolean {
  const open = new Map<string, number>()
  return socket => {
    const address = socket.remoteAddress ?? ''
    if (exempt(address)) return true
    const bucket = addressBucket(address)
    const count = (open.get(bucket) ?? 0) + 1
    if (count > max) return false
    open.set(bucket, count)
    socket.once('close', () => {
      const left = (open.get(bucket) ?? 1) - 1
      if (left > 0) open.set(bucket, left)
      else open.delete(bucket)
    })
    return true
  }
}

/** Under TLS the requests come on another socket object than the connection did. */
function watchHandshakes(
  server: TlsServer,
  connections: Map<Socket, Connection>,
  watch: (socket: Socket) => void,
): void {
  const shaking = new Map<string, Socket>()
  const peer = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`
  server.on('connection', (socket: Socket) => {
    const name = peer(socket)
    shaking.set(name, socket)
    socket.once('close', () => shaking.delete(name))
  })
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const raw = shaking.get(peer(socket))
    shaking.delete(peer(socket))
    if (raw !== undefined) connections.delete(raw)
    if (socket.alpnProtocol !== 'h2') watch(socket)
  })
}

/** HTTP/2 over clear text and home-made protocols would carry requests past every guard. */
function judgeUpgrade(message: IncomingMessage): Refusal | undefined {
  const wanted = message.headers.upgrade?.toLowerCase()
  return wanted === 'websocket' && message.method === 'GET' ? undefined : refusals.upgrade
}

/** What node's parser complains of; undefined when the client is gone and nobody would read. */
function parserRefusal(code: string | undefined): Refusal | undefined {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined
    case 'HPE_HEADER_OVERFLOW':
      return refusals.headersTooLarge
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return refusals.chunkTooLarge
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refusals.slowHeaders
    default:
      return refusals.malformed
  }
}
