import type { KeyObject } from 'node:crypto';
import { type Incoming } from '../../http/incoming.ts';
import type { Random } from '../../kernel/random.ts';
import type { Refusal } from '../../kernel/refusal.ts';
export declare const refusals: {
    readonly crossSite: {
        readonly code: 'csrf.cross_site';
        readonly says: 'csrf.refused';
        readonly status: 403;
    };
    readonly sameSite: {
        readonly code: 'csrf.same_site';
        readonly says: 'csrf.refused';
        readonly status: 403;
    };
    readonly foreignOrigin: {
        readonly code: 'csrf.foreign_origin';
        readonly says: 'csrf.refused';
        readonly status: 403;
    };
    readonly foreignReferer: {
        readonly code: 'csrf.foreign_referer';
        readonly says: 'csrf.refused';
        readonly status: 403;
    };
    readonly unknownOrigin: {
        readonly code: 'csrf.unknown_origin';
        readonly says: 'csrf.refused';
        readonly status: 403;
    };
    readonly tokenMissing: {
        readonly code: 'csrf.token_missing';
        readonly says: 'csrf.token_missing';
        readonly status: 403;
    };
    readonly tokenUnbound: {
        readonly code: 'csrf.token_unbound';
        readonly says: 'csrf.token_missing';
        readonly status: 403;
    };
    readonly tokenInvalid: {
        readonly code: 'csrf.token_invalid';
        readonly says: 'csrf.refused';
        readonly status: 403;
    };
};
/** The header field and the form field that a token comes in. */
export declare const CSRF_HEADER = "x-csrf-token";
export declare const CSRF_FIELD = "_csrf";
export interface CsrfOptions {
    /** `keys.for('csrf')`. */
    readonly key: KeyObject;
    /** The same of earlier root keys that are still good; none unless told. */
    readonly olderKeys?: () => readonly KeyObject[];
    readonly random: Random;
    /** Our own public origins besides `Incoming.origin`. */
    readonly origins?: readonly string[];
    /** Foreign origins whose pages may post to us. */
    readonly trustedOrigins?: readonly string[];
    /**
     * Routes that no check applies to, each with its reason:
     * `{ 'POST /hooks/pay': 'signed by the payment provider' }`. A path may end in `/*`.
     */
    readonly exempt?: Readonly<Record<string, string>>;
}
export interface Csrf {
    /** By Fetch Metadata, Origin and Referer: before the body. Also for WebSocket upgrades. */
    judge(request: Incoming): Refusal | undefined;
    /**
     * By the token, when the request carries cookies.
     *
     * @param binding the session's id hash, or the visitor's binding; undefined when there is neither
     * @param formToken the form field `_csrf`, where the body is a form
     */
    verify(request: Incoming, binding: string | undefined, formToken?: string): Refusal | undefined;
    /** A token for `binding`, different each time, valid as long as the binding is. */
    issue(binding: string): string;
    /** `METHOD /path` and why it is exempt, for the doctor. */
    readonly exempt: ReadonlyMap<string, string>;
}
/**
 * Refuses state-changing requests that a browser sent on behalf of another site: first by what the
 * browser itself says about their origin, then by a token that only our own pages can read.
 *
 * @throws {ConfigFault} when an origin has a path, a query or no scheme, or an exemption no reason
 * @see ASVS 3.5.1, 3.5.2, 3.5.3; NIST SP 800-63B-4 §5.1; W3C Fetch Metadata §2
 */
export declare function csrf(options: CsrfOptions): Csrf;
