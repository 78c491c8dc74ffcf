/** Whose forwarding header counts. Without it nobody's does: the client is who opened the socket. */
export interface ProxyTrust {
  /** Networks of our own proxies (CIDRs or single addresses), or how many proxies stand in front. */
  readonly proxies: readonly string[] | number
  /** The one field our proxies write; the other is ignored, because a client could. */
  readonly header?: 'x-forwarded-for' | 'forwarded'
}

export interface ClientAddress {
  /** Canonical text: IPv4 dotted, IPv6 as RFC 5952 writes it, no zone, no mapped IPv4. */
  readonly address: string
  readonly secure: boolean
}

/** Judges one request: the socket's peer, whether the socket is TLS, and a look at the fields. */
export type ClientAddressOf = (
  socketAddress: string,
  encrypted: boolean,
  header: (name: string) => string | undefined,
) => ClientAddress

export declare function clientAddress(trust?: ProxyTrust): ClientAddressOf
/** What one client can hardly change: the IPv4 address itself, of IPv6 the /64. */
export declare function addressBucket(address: string): string
/** Canonical text, or undefined when it is no IP address. */
export declare function canonicalAddress(text: string): string | undefined
