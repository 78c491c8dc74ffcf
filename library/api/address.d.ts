/** Whose forwarding header counts. Without it nobody's does: the client is who opened the socket. */
export interface ProxyTrust {
    /**
     * Our own proxies: CIDRs, single addresses, `unix` for a Unix-domain socket; or how many proxies
     * stand in front. A number cannot tell a proxy from a client who reaches us directly.
     */
    readonly proxies: readonly string[] | number;
    /** The one field our proxies write; the other is ignored, because a client could write it. */
    readonly header?: 'x-forwarded-for' | 'forwarded';
}
export interface ClientAddress {
    /** Canonical text: IPv4 dotted, IPv6 as RFC 5952 writes it, no zone, no mapped IPv4. */
    readonly address: string;
    /** Whether the client's own connection is TLS, as far as our proxies can be believed. */
    readonly secure: boolean;
}
/** Judges one request: the socket's peer, whether the socket is TLS, and a look at the fields. */
export type ClientAddressOf = (socketAddress: string, encrypted: boolean, header: (name: string) => string | undefined) => ClientAddress;
/**
 * Who sent a request, counted from the right of the forwarding field: each of our own proxies wrote
 * one entry, and the first entry that is not a proxy of ours is the client. What stands further
 * left is the client's own invention.
 *
 * @throws {ConfigFault} when `trustedProxies` holds no CIDR, or no positive number
 * @see ASVS 4.1.3, 15.3.4; RFC 7239 §5.2
 */
export declare function clientAddress(trust?: ProxyTrust): ClientAddressOf;
/** Whether an address, so many hops from the socket, is one of our own proxies. */
export declare function ownProxies(proxies: readonly string[] | number): (address: string, hop: number) => boolean;
