/**
 * A request as every defence sees it: getters over what the server received, no copies. Adapters
 * make it; defences judge it; neither knows the other's framework.
 */
export interface Incoming {
    /** Upper-case method as received. */
    readonly method: string;
    /** Request target as received, query included. */
    readonly target: string;
    /** Target up to the first `?`, still percent-encoded. */
    readonly path: string;
    /** What follows the first `?`, or an empty string. */
    readonly query: string;
    /** Names and values in turn, as received: the only place where repeated fields can be seen. */
    readonly rawHeaders: readonly string[];
    /** Public origin that this request was sent to (scheme, host, port), from configuration. */
    readonly origin: string;
    /** Canonical address of the client: the socket's, or what trusted proxies say. */
    readonly address: string;
    /** True when the client's own connection is TLS, judged through trusted proxies. */
    readonly secure: boolean;
    /** A field's value by lower-case name; repeated fields joined as RFC 9110 §5.2 allows. */
    header(name: string): string | undefined;
}
/** Methods that change nothing (RFC 9110 §9.2.1). */
export declare const SAFE_METHODS: ReadonlySet<string>;
