import type { Refusal } from '../kernel/refusal.ts';
/** Who may use a route. Every route has one; a route without stops the start. */
export type AccessPolicy = PublicPolicy | SignedInPolicy;
/** Anybody, signed in or not. */
export interface PublicPolicy {
    readonly public: true;
    /**
     * A session that is only good for setting up a second factor is seen here too. On other public
     * routes its bearer is nobody.
     */
    readonly enrolling?: true;
}
/** Only who is signed in, and whatever the other members ask besides. */
export interface SignedInPolicy {
    readonly signedIn: true;
    /** One of these roles. */
    readonly role?: string | readonly string[];
    /** The last full proof of identity is at most this many seconds old. */
    readonly stepUpSeconds?: number;
    /**
     * One of these factors was proven: `passkey`, `totp`, `backup-code`, or their names in RFC 8176.
     * `second` stands for any of the three. `require` writes it.
     */
    readonly factor?: string | readonly string[];
    /** At most this many seconds ago; `stepUpSeconds` unless told, and any time without either. */
    readonly factorSeconds?: number;
    /**
     * Also for a session that is only good for setting up a second factor, and before what its role
     * asks for: routes by which assurance is gained, and the way out.
     */
    readonly enrolling?: true;
    /**
     * All of these scopes, from clients that act for somebody by an OAuth token. Without it no such
     * client may use the route at all: what a person may is not what every client of theirs may.
     */
    readonly scope?: string | readonly string[];
    /** Whom a bearer token must be meant for; this service itself unless told (RFC 8707). */
    readonly audience?: string;
    /** True: the wrong role meets 404 instead of 403, so that the route's existence stays hidden. */
    readonly hidden?: boolean;
}
/** Who sends a request: the part of a session that access is judged by. */
export interface Principal {
    readonly accountId: string;
    readonly role: string;
    /** Last full proof of identity. */
    readonly authenticatedAt: number;
    readonly factors: readonly {
        readonly factor: string;
        readonly at: number;
    }[];
    /** The OAuth client that acts; `undefined` for people and the application's own clients. */
    readonly clientId?: string | undefined;
    /** What that client was allowed. */
    readonly scope?: readonly string[] | undefined;
    /** The family of tokens that a bearer token belongs to. */
    readonly familyId?: string | undefined;
}
export declare const refusals: {
    readonly notSignedIn: {
        readonly code: 'access.not_signed_in';
        readonly says: 'access.not_signed_in';
        readonly status: 401;
        readonly headers: {
            readonly 'www-authenticate': 'Bearer';
        };
    };
    readonly role: {
        readonly code: 'access.role';
        readonly says: 'access.refused';
        readonly status: 403;
    };
    readonly hiddenRole: {
        readonly code: 'access.hidden_role';
        readonly says: 'access.not_found';
        readonly status: 404;
    };
    readonly stepUp: {
        readonly code: 'access.step_up';
        readonly says: 'access.step_up';
        readonly status: 403;
    };
    readonly factor: {
        readonly code: 'access.factor';
        readonly says: 'access.step_up';
        readonly status: 403;
    };
    readonly scope: {
        readonly code: 'access.scope';
        readonly says: 'access.insufficient_scope';
        readonly status: 403;
        readonly headers: {
            readonly 'www-authenticate': 'Bearer error="insufficient_scope"';
        };
    };
    /** A row that is absent or somebody else's: nobody can tell which, not even we. */
    readonly notFound: {
        readonly code: 'access.not_found';
        readonly says: 'access.not_found';
        readonly status: 404;
    };
    /** An id that is no id. Says what an absent row says. */
    readonly malformedId: {
        readonly code: 'access.malformed_id';
        readonly says: 'access.not_found';
        readonly status: 404;
    };
};
/** What `require` takes. */
export interface Requirement {
    /** `second` unless told: any second factor. `passkey` is the one that resists phishing. */
    readonly factor?: string | readonly string[];
    /** How long ago at most, in seconds or as `'5m'`, `'12h'`, `'1d'`; any time in this session unless told. */
    readonly within?: string | number;
}
/**
 * A policy that asks for proof of a factor: for a route as its `access`, for a role in `access.roles`.
 *
 * ```ts
 * app.post('/payout', { config: { access: require({ factor: 'passkey', within: '5m' }) } }, pay)
 * ```
 *
 * @throws {ConfigFault} when `within` is no time
 * @see ASVS 6.3.3, 7.5.3; NIST SP 800-63B-4 §2.2
 */
declare function requireFactor({ factor, within }?: Requirement): SignedInPolicy;
export { requireFactor as require };
/**
 * Judges a request by the policy of its route.
 *
 * @returns `access.not_signed_in` (401), `access.scope` (403), `access.role` (403; 404 where hidden),
 * `access.step_up` or `access.factor` (403), or `undefined` to let through
 * @see ASVS 8.2.1, 8.3.1, 7.5.3, 10.3.2
 */
export declare function judge(policy: AccessPolicy, principal: Principal | undefined, now: number): Refusal | undefined;
