import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { ConfigFault } from '../kernel/fault.ts'
import { onlyKnown } from '../kernel/options.ts'
import { canonicalAddress, unmapped } from './ip.ts'

/** Whose forwarding header counts. Without it nobody's does: the client is who opened the socket. */
export interface ProxyTrust {
  /**
   * Our own proxies: CIDRs, single addresses, `unix` for a Unix-domain socket; or how many proxies
   * stand in front. A number cannot tell a proxy from a client who reaches us directly.
   */
  readonly proxies: readonly string[] | number
  /** The one field our proxies write; the other is ignored, because a client could write it. */
  readonly header?: 'x-forwarded-for' | 'forwarded'
}

export interface ClientAddress {
  /** Canonical text: IPv4 dotted, IPv6 as RFC 5952 writes it, no zone, no mapped IPv4. */
  readonly address: string
  /** Whether the client's own connection is TLS, as far as our proxies can be believed. */
  readonly secure: boolean
}

/** Judges one request: the socket's peer, whether the socket is TLS, and a look at the fields. */
export type ClientAddressOf = (
  socketAddress: string,
  encrypted: boolean,
  header: (name: string) => string | undefined,
) => ClientAddress

/**
 * Who sent a request, counted from the right of the forwarding field: each of our own proxies wrote
 * one entry, and the first entry that is not a proxy of ours is the client. What stands further
 * left is the client's own invention.
 *
 * @throws {ConfigFault} when `trustedProxies` holds no CIDR, or no positive number
 * @see ASVS 4.1.3, 15.3.4; RFC 7239 §5.2
 */
export function clientAddress(trust?: ProxyTrust): ClientAddressOf {
  if (trust === undefined) {
    return (socketAddress, encrypted) => ({ address: unmapped(socketAddress), secure: encrypted })
  }
  onlyKnown('trustedProxies', trust, ['proxies', 'header'])
  const ours = ownProxies(trust.proxies)
  const read = trust.header === 'forwarded' ? forwarded : forwardedFor
  return (socketAddress, encrypted, header) => {
    const peer = unmapped(socketAddress)
    if (!ours(peer, 0)) return { address: peer, secure: encrypted }
    const entries = read(header)
    let address = peer
    let secure = encrypted
    for (let hop = 0; ; hop++) {
      const entry = entries(hop)
      // Decision: an entry that is no address (`unknown`, garbage) or is missing ends the walk at
      // the last proxy. Cost: clients behind such a proxy share one address, and its limits.
      if (entry === undefined) return { address, secure }
      address = entry.address
      secure = entry.secure ?? secure
      if (!ours(address, hop + 1)) return { address, secure }
    }
  }
}

/** Whether an address, so many hops from the socket, is one of our own proxies. */
export function ownProxies(
  proxies: readonly string[] | number,
): (address: string, hop: number) => boolean {
  if (typeof proxies === 'number') {
    if (Number.isInteger(proxies) && proxies > 0) return (_address, hop) => hop < proxies
    throw new ConfigFault('trustedProxies', 'must be at least 1; leave it out without proxies')
  }
  const list = new BlockList()
  for (const network of proxies) addNetwork(list, network)
  const unix = proxies.includes('unix')
  return address => {
    if (address === '') return unix
    return list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
  }
}

function addNetwork(list: BlockList, network: string): void {
  if (network === 'unix') return
  const [address = '', prefix, ...rest] = network.split('/')
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  const bits = family === 'ipv4' ? 32 : 128
  const length = prefix === undefined ? bits : Number(prefix)
  const well = isIP(address) !== 0 && /^\d{1,3}$/.test(prefix ?? '0') && rest.length === 0
  // A mapped network in a BlockList would match all of IPv4, so it has to be written as IPv4.
  if (
    !well ||
    length > bits ||
    length === 0 ||
    (isIPv6(address) && unmapped(address) !== address)
  ) {
    throw new ConfigFault(
      'trustedProxies',
      `${JSON.stringify(network)} is no network; write it as 10.0.0.0/8, fd00::/8 or 10.1.2.3`,
    )
  }
  list.addSubnet(address, length, family)
}

interface Hop {
  readonly address: string
  readonly secure: boolean | undefined
}

/** Entries of a forwarding field from the right, read as far as somebody asks. */
type Hops = (hop: number) => Hop | undefined

function forwardedFor(header: (name: string) => string | undefined): Hops {
  const next = fromTheRight(header('x-forwarded-for') ?? '')
  const schemes = header('x-forwarded-proto')?.split(',')
  return hop => {
    const address = nodeAddress(next()?.trim() ?? '')
    if (address === undefined) return undefined
    // A proxy either overwrites the scheme (one value for all hops) or appends its own.
    const scheme = schemes?.at(-1 - Math.min(hop, schemes.length - 1))
    return { address, secure: scheme === undefined ? undefined : isTls(scheme) }
  }
}

const FOR = /(?:^|;)\s*for="?([^";]*)"?\s*(?:;|$)/i
const PROTO = /(?:^|;)\s*proto="?([^";]*)"?\s*(?:;|$)/i

function forwarded(header: (name: string) => string | undefined): Hops {
  const next = fromTheRight(header('forwarded') ?? '')
  return () => {
    const element = next() ?? ''
    const address = nodeAddress(FOR.exec(element)?.[1] ?? '')
    if (address === undefined) return undefined
    const scheme = PROTO.exec(element)?.[1]
    return { address, secure: scheme === undefined ? undefined : isTls(scheme) }
  }
}

function isTls(scheme: string): boolean {
  const name = scheme.trim().toLowerCase()
  return name === 'https' || name === 'wss'
}

/**
 * Elements of a comma list, last first. Read backwards so that an open quote, which a client put
 * at its beginning, cannot swallow what our proxies appended.
 */
function fromTheRight(list: string): () => string | undefined {
  let end = list.length
  return () => {
    if (end < 0) return undefined
    let quoted = false
    let at = end - 1
    for (; at >= 0; at--) {
      const char = list[at]
      if (char === '"') quoted = !quoted
      else if (char === ',' && !quoted) break
    }
    const element = list.slice(at + 1, end)
    end = at
    return element
  }
}

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`. */
function nodeAddress(node: string): string | undefined {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(node)?.[1]
  if (bracketed !== undefined) return canonicalAddress(bracketed)
  return canonicalAddress(/^[\d.]+:\d{1,5}$/.test(node) ? node.slice(0, node.indexOf(':')) : node)
}
