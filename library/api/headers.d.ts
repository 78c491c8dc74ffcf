import type { Random } from '../../kernel/random.ts';
import { type Hsts, type HstsStage } from './hsts.ts';
import { type Directives } from './policy.ts';
/** What decides between ready-made variants of a policy. An adapter's own context object will do. */
export interface Circumstances {
    /** `Incoming.secure`: Strict-Transport-Security is sent only then (RFC 6797 §7.2). */
    readonly secure: boolean;
    /** Whether the answer belongs to somebody: it is then `no-store`. */
    readonly signedIn: boolean;
}
/** Flat arrays of names and values in turn, ready for `writeHead`. They are shared: never change one. */
export interface HeaderPolicies {
    /** JSON, redirects, problems and everything else that is no document. */
    api(circumstances: Circumstances): readonly string[];
    /** Documents. `nonce` is fresh for each answer; see `nonce`. */
    page(nonce: string, circumstances: Circumstances): readonly string[];
    /** Login, consent, reset: as `page`, and always `no-referrer` and `no-store`. */
    sensitivePage(nonce: string, circumstances: Circumstances): readonly string[];
    /** Static files that anybody may have; how long they are cached is left to who serves them. */
    asset(circumstances: Circumstances): readonly string[];
    /** Files that users uploaded. */
    download(circumstances: Circumstances): readonly string[];
    /** Comes on top at sign-out. */
    readonly signOut: readonly string[];
}
export interface HeadersOptions {
    /** `full` unless told: two years, subdomains included. `false` when a proxy sends it. */
    readonly hsts?: HstsStage | Hsts | false;
    /** Laid over the policy of pages, directive by directive. */
    readonly page?: Directives;
    /** A stricter policy to try out beside the enforced one; laid over it likewise. */
    readonly pageReportOnly?: Directives;
    /** Lets `'unsafe-inline'` and the like into script sources. */
    readonly dangerouslyAllowUnsafeScripts?: boolean;
    /** Where browsers report violations: a path of our own, or an https URL. */
    readonly reportsTo?: string;
    /**
     * How far pages are kept apart from windows and resources of other origins. `strict` gives
     * cross-origin isolation; `popups` lets payment and sign-in windows talk back; `off` for none.
     */
    readonly isolation?: 'strict' | 'same-origin' | 'popups' | 'off';
    /** Features that pages may use, over nothing at all: `{ camera: '(self)' }`. */
    readonly permissions?: Readonly<Record<string, string>>;
    /** What sign-out wipes in the browser. */
    readonly signOut?: readonly ('cache' | 'cookies' | 'storage' | 'executionContexts')[];
}
/** Fields that tell what we run; to be taken away from every answer (ASVS 13.4.6). */
export declare const REMOVED_FIELDS: readonly string[];
/** 132 fresh bits for one answer's Content-Security-Policy (ASVS 3.4.3). */
export declare function nonce(random: Random): string;
/**
 * The security header fields of every kind of answer, written once at start.
 *
 * @throws {ConfigFault} when a source, a feature or the reports' address cannot stand in a field,
 * or a policy would let injected scripts run
 * @see ASVS 3.4.1 to 3.4.8, 3.5.8, 13.4.6, 14.3.2
 */
export declare function headers(options?: HeadersOptions): HeaderPolicies;
