import { Resolver } from 'node:dns/promises'
import { isIPv4 } from 'node:net'
import { codeOf } from './refusals.ts'

/** Answers all addresses of a canonical name, or throws. Must settle within `withinMs`. */
export type Resolve = (host: string, withinMs: number) => Promise<readonly string[]>

/** Answers that mean: the name is there, but has no record of this kind; or it is not there. */
const EMPTY: ReadonlySet<string> = new Set(['ENODATA', 'ENOTFOUND'])

/**
 * Asks the name servers for A and AAAA records.
 *
 * Decision: DNS itself and not getaddrinfo. A hostile name server that never answers would hold the
 * four threads that getaddrinfo shares with file access, zlib and password hashing; and getaddrinfo
 * tries the search list, which turns a stranger's name into one of ours.
 * Cost: the hosts file and other name services are not asked. Whoever needs them hands in `resolve`.
 *
 * @param servers instead of the system's, as `address` or `address:port`
 */
export function dnsResolver(servers?: readonly string[]): Resolve {
  return async (host, withinMs) => {
    // RFC 6761 §6.3: these never go to a name server. They arrive here only when allowed by name.
    if (host === 'localhost' || host.endsWith('.localhost')) return ['127.0.0.1', '::1']
    // One resolver a lookup: it sees the system's present servers, and cancelling ends only this one.
    const resolver = new Resolver({ timeout: Math.max(1, withinMs >> 2), tries: 3 })
    if (servers !== undefined) resolver.setServers(servers)
    const deadline = setTimeout(() => resolver.cancel(), withinMs)
    try {
      const [v6, v4] = await Promise.allSettled([resolver.resolve6(host), resolver.resolve4(host)])
      const found = [v6, v4].flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []))
      const failure = [v6, v4].find(
        answer => answer.status === 'rejected' && !EMPTY.has(codeOf(answer.reason)),
      )
      // One family's servers may be broken while the other's answer: what we have is judged as usual.
      if (found.length === 0 && failure?.status === 'rejected') throw failure.reason
      return interleaved(found)
    } finally {
      clearTimeout(deadline)
    }
  }
}

/** IPv6 first and then in turns, so that a dead family costs one attempt (RFC 8305 §4). */
function interleaved(addresses: readonly string[]): string[] {
  const v4 = addresses.filter(isIPv4)
  const v6 = addresses.filter(address => !isIPv4(address))
  return Array.from({ length: Math.max(v4.length, v6.length) }).flatMap((_, at) =>
    [v6[at], v4[at]].filter(address => address !== undefined),
  )
}
