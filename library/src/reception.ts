import type { IncomingMessage, Server } from 'node:http'
import type { Audit } from './audit/audit.ts'
import { type ClientAddressOf, clientAddress, ownProxies, type ProxyTrust } from './http/address.ts'
import { type ForwardingSeen, watchForwarding } from './http/forwarding-watch.ts'
import { type FramingOptions, framing } from './http/framing.ts'
import { hosts } from './http/hosts.ts'
import { isLoopback, unmapped } from './http/ip.ts'
import { NodeIncoming } from './http/node-incoming.ts'
import { type HardenedServer, hardenServer } from './http/server.ts'
import type { Clock } from './kernel/clock.ts'
import type { Random } from './kernel/random.ts'
import type { Refusal } from './kernel/refusal.ts'
import { cutLog } from './pipeline/cuts.ts'
import type { Pipeline } from './pipeline/pipeline.ts'
import type { Route } from './pipeline/route.ts'
import type { Limits } from './shield/limits/limits.ts'
import { type Recycle, recycle } from './shield/limits/recycle.ts'
import { retire } from './shield/limits/workers.ts'

/** What the reception is told. */
export interface ReceptionParts {
  readonly mode: 'development' | 'production'
  readonly origins: readonly string[]
  /** More host names we answer under. */
  readonly hosts: readonly string[]
  readonly probePaths: readonly string[]
  readonly trust: ProxyTrust | undefined
  readonly framing: FramingOptions | undefined
  readonly limits: Limits | undefined
  readonly audit: Audit | undefined
  readonly clock: Clock
  readonly random: Random
  readonly pipeline: Pipeline
  /** The route of what is refused before anybody looked for one. */
  readonly unmatched: Route
}

/** Where every message comes in: what it is, who sent it, and whether its very form is refused. */
export interface Reception {
  receive(message: IncomingMessage): Received
  harden(server: Server): HardenedServer | undefined
  extend(message: IncomingMessage, seconds: number): void
  /** Messages received, and servers hardened, so far. */
  readonly received: number
  readonly servers: number
  /** What the traffic says about the proxies. */
  readonly forwarding: ForwardingSeen
}

/**
 * What a server's message is to the defences. A class, because a literal that has outlived a few
 * collections is from then on made in the old heap, and there its whole request would stay with it.
 */
export class Received {
  readonly incoming: NodeIncoming
  readonly refusal: Refusal | undefined

  constructor(incoming: NodeIncoming, refusal: Refusal | undefined) {
    this.incoming = incoming
    this.refusal = refusal
  }
}

/** Marks a message that was judged already, so that the guard and the adapter judge it once. */
const RECEIVED = Symbol('bulwark.received')

interface Marked extends IncomingMessage {
  [RECEIVED]?: Received
}

/** The guard in front of every listener, and the eyes of the doctor on the traffic. */
export function reception(parts: ReceptionParts): Reception {
  const { mode, origins, trust, limits, audit, random, clock, pipeline: way } = parts
  const framed = framing(parts.framing)
  const ours = hosts({
    origins,
    hosts: parts.hosts,
    loopback: mode === 'development',
    probePaths: parts.probePaths,
  })
  const contextFor = contexts(origins, clientAddress(trust), mode)
  const seen = watchForwarding(trust)
  const noteCut = audit === undefined ? undefined : cutLog(audit, clock)
  const proxies = trust === undefined ? undefined : ownProxies(trust.proxies)
  const isProxy = (address: string): boolean =>
    isLoopback(address) || proxies?.(unmapped(address), 0) === true
  const requestId = (): string => random.bytes(12).toString('base64url')
  const hardened = new WeakMap<Server, HardenedServer>()
  let servers = 0
  let received = 0

  const worn = wearOf(limits, random)
  const askForSuccessor = ({ due }: Recycle): void => {
    // Without a primary nobody follows: the log says so, and who runs the process replaces it.
    const outcome = retire() ? 'success' : 'failure'
    audit?.record({ code: 'system.worn', outcome, ...(due !== undefined && { reason: due }) })
  }

  const receive = (message: Marked): Received => {
    const before = message[RECEIVED]
    if (before !== undefined) return before
    received++
    if (worn?.count()) askForSuccessor(worn)
    const { headers } = message
    seen.look(message.socket.remoteAddress ?? '', name => headers[name] as string | undefined)
    const incoming = new NodeIncoming(message, contextFor(message))
    const made = new Received(incoming, framed(incoming) ?? ours(incoming))
    message[RECEIVED] = made
    return made
  }

  return {
    receive,
    harden(server) {
      if (limits === undefined) return undefined
      const before = hardened.get(server)
      if (before !== undefined) return before
      const made = hardenServer(server, {
        limits: limits.server,
        requestId,
        ...(proxies === undefined ? {} : { exemptAddress: isProxy }),
        guard: {
          judge: message => receive(message).refusal,
          judgeUpgrade: message => way.upgrade(receive(message).incoming),
          answer(message, response, refusal) {
            const exchange = way.begin(receive(message).incoming, parts.unmatched)
            way.note(exchange, refusal)
            const { status, type, headers, body } = way.problem(exchange, refusal)
            const fields = [...way.fields(exchange, type), ...headers, 'content-type', type]
            fields.push('content-length', String(Buffer.byteLength(body)))
            response.writeHead(status, fields)
            response.end(body)
          },
          cut: (refusal, socket) =>
            noteCut?.(refusal, unmapped(socket.remoteAddress ?? ''), requestId()),
        },
      })
      hardened.set(server, made)
      servers++
      return made
    },
    extend(message, seconds) {
      const { server } = message.socket as { readonly server?: Server }
      if (server !== undefined) hardened.get(server)?.extend(message, seconds)
    },
    get received() {
      return received
    },
    get servers() {
      return servers
    },
    get forwarding() {
      return seen.seen
    },
  }
}

/** One context a public origin. Development also answers as the loopback name that was asked for. */
function contexts(
  origins: readonly string[],
  addressOf: ClientAddressOf,
  mode: ReceptionParts['mode'],
): (message: IncomingMessage) => { readonly origin: string; readonly addressOf: ClientAddressOf } {
  const byHost = new Map(origins.map(origin => [new URL(origin).host, { origin, addressOf }]))
  const first = origins[0]
  const usual = first === undefined ? undefined : { origin: first, addressOf }
  return message => {
    const host = message.headers.host ?? ''
    const known = byHost.get(host) ?? (mode === 'production' ? usual : undefined)
    return known ?? { origin: `http://${host}`, addressOf }
  }
}

/** Counts requests only where a process is to be replaced at all. */
function wearOf(limited: Limits | undefined, random: Random): Recycle | undefined {
  if (limited === undefined) return undefined
  const { requests, rssBytes } = limited.recycle
  return requests > 0 || rssBytes > 0 ? recycle({ ...limited.recycle, random }) : undefined
}
