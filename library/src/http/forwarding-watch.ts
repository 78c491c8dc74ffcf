import { ownProxies, type ProxyTrust } from './address.ts'
import { isLoopback, unmapped } from './ip.ts'

/** What the traffic says about the proxies, as against what was configured. */
export interface ForwardingSeen {
  /** Requests looked at. */
  readonly looked: number
  /** Forwarding fields that came from a peer we do not trust, and one such peer. */
  readonly strangers: number
  readonly stranger: string | undefined
  /** Requests that passed by our proxies, when there should be some. */
  readonly direct: number
  /** Requests from our proxies without the field we read. */
  readonly silent: number
}

export interface ForwardingWatch {
  /** Looks at the first thousand requests and at every 64th afterwards. */
  look(socketAddress: string, header: (name: string) => string | undefined): void
  readonly seen: ForwardingSeen
}

const FIRST = 1000
const EACH = 64

/**
 * Compares the settings of trusted proxies with the traffic, for the doctor: a proxy that nobody
 * listed makes all clients one client, and a list that nobody matches lets limits be walked around.
 *
 * @see ASVS 4.1.3, 15.3.4
 */
export function watchForwarding(trust?: ProxyTrust): ForwardingWatch {
  const ours = trust === undefined ? () => false : ownProxies(trust.proxies)
  const field = trust?.header ?? 'x-forwarded-for'
  let requests = 0
  let seen: ForwardingSeen = { looked: 0, strangers: 0, stranger: undefined, direct: 0, silent: 0 }
  return {
    look(socketAddress, header) {
      requests++
      if (requests > FIRST && requests % EACH !== 0) return
      const peer = unmapped(socketAddress)
      const forwarded = header('x-forwarded-for') ?? header('forwarded')
      const trusted = ours(peer, 0)
      const isStranger = !trusted && forwarded !== undefined
      seen = {
        looked: seen.looked + 1,
        strangers: seen.strangers + (isStranger ? 1 : 0),
        stranger: isStranger ? peer : seen.stranger,
        // A probe on the machine itself is no client that found its way around the proxy.
        direct: seen.direct + (trust !== undefined && !trusted && !isLoopback(peer) ? 1 : 0),
        silent: seen.silent + (trusted && header(field) === undefined ? 1 : 0),
      }
    },
    get seen() {
      return seen
    },
  }
}
