import { type AgentOptions, type ClientRequestArgs, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Duplex } from 'node:stream'
import { createSecureContext } from 'node:tls'
import { Agent, type Dispatcher, Pool } from 'undici'
import type { Opener } from './opener.ts'
import { because, OutboundRefused, refusals } from './refusals.ts'
import { Slots } from './slots.ts'
import { openSocket } from './socket.ts'
import { SocketRoom } from './socket-room.ts'

/** The guarded ways out of one policy, for each kind of client. All of them open sockets one way. */
export interface Agents {
  /** For undici: `fetch(url, { dispatcher })`, `request(url, { dispatcher })`. */
  readonly dispatcher: Dispatcher
  /** For node:http and what is built on it. */
  readonly httpAgent: HttpAgent
  /** For node:https and what is built on it. */
  readonly httpsAgent: HttpsAgent
  /** Places for requests under way. */
  readonly slots: Slots
  close(): Promise<void>
}

/** Makes the agents of a policy, with connections of their own. */
export function agentsOf({ settings, guard, wires }: Omit<Opener, 'context'>): Agents {
  const context = createSecureContext({
    minVersion: 'TLSv1.2',
    ...(settings.ca === undefined ? {} : { ca: [settings.ca].flat() }),
  })
  const opener: Opener = { settings, guard, wires, context }
  const room = new SocketRoom(settings.maxSockets)

  const dispatcher = new Agent({
    allowH2: settings.http2,
    headersTimeout: settings.firstByteMs,
    bodyTimeout: settings.totalMs,
    keepAliveTimeout: settings.keepAliveMs,
    // A server's hint must not keep our sockets open for longer than we decided.
    keepAliveMaxTimeout: settings.keepAliveMs,
    maxHeaderSize: settings.maxHeaderBytes,
    maxResponseSize: settings.maxBodyBytes,
    factory(origin, options) {
      const pool = new Pool(origin, options)
      room.knows(new URL(origin).origin, () => {
        const { running, pending, queued } = pool.stats
        return pool.closed || running + pending + queued === 0
      })
      return pool
    },
    connect({ protocol, hostname, host, port }, callback) {
      const target = {
        scheme: protocol,
        host: hostname,
        port: Number(port || (protocol === 'https:' ? 443 : 80)),
      }
      const opening = room.enter(`${protocol}//${host ?? hostname}`, () =>
        openSocket(opener, target),
      )
      opening.then(
        socket => callback(null, socket),
        (error: Error) => callback(error, null),
      )
    },
  })

  const forNode: AgentOptions = {
    keepAlive: true,
    maxTotalSockets: settings.maxSockets,
    maxFreeSockets: Math.min(256, settings.maxSockets),
    timeout: settings.totalMs,
  }
  const httpAgent = new GuardedHttpAgent(opener, forNode)
  const httpsAgent = new GuardedHttpsAgent(opener, forNode)
  return {
    dispatcher,
    httpAgent,
    httpsAgent,
    slots: new Slots(settings.maxConcurrent),
    async close() {
      httpAgent.destroy()
      httpsAgent.destroy()
      await dispatcher.destroy()
    },
  }
}

type Created = (error: Error | null, stream: Duplex) => void

class GuardedHttpAgent extends HttpAgent {
  readonly #opener: Opener

  constructor(opener: Opener, options: AgentOptions) {
    super(options)
    this.#opener = opener
  }

  override createConnection(options: ClientRequestArgs, created?: Created): undefined {
    createSocket(this.#opener, 'http:', options, created)
  }
}

class GuardedHttpsAgent extends HttpsAgent {
  readonly #opener: Opener

  constructor(opener: Opener, options: AgentOptions) {
    super(options)
    this.#opener = opener
  }

  override createConnection(options: ClientRequestArgs, created?: Created): undefined {
    createSocket(this.#opener, 'https:', options, created)
  }
}

/** Nothing but host and port is taken from the client: no lookup, no local socket, no TLS options. */
function createSocket(
  opener: Opener,
  scheme: string,
  options: ClientRequestArgs,
  created?: Created,
): void {
  const open = async (): Promise<Duplex> => {
    if (options.socketPath) {
      throw new OutboundRefused(because(refusals.host, 'a local socket is no host'))
    }
    const port = Number(options.port ?? options.defaultPort ?? (scheme === 'https:' ? 443 : 80))
    return openSocket(opener, { scheme, host: options.host ?? 'localhost', port })
  }
  open().then(
    socket => created?.(null, socket),
    // Node's types want a stream beside the error; its agents read only the error.
    (error: Error) => created?.(error, undefined as unknown as Duplex),
  )
}
