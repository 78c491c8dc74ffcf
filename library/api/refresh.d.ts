import type { AuditRequest } from '../../audit/event.ts';
import { type Outcome } from '../../kernel/outcome.ts';
import type { OneTimeTokens } from '../../store/port/one-time-tokens.ts';
import type { RefreshRecord } from '../../store/port/refresh-tokens.ts';
import type { ProvenFactor } from '../../store/port/sessions.ts';
import type { KeyRing } from '../../vault/secrets/ring.ts';
import { type AccessClaims, type AccessTokens } from './access-tokens.ts';
import { type Families, type FamiliesGround } from './families.ts';
import { refusals } from './refusals.ts';
import { type Signer, type SigningAlgorithm } from './signing.ts';
export type { AccessClaims, AccessTokens, NewAccess } from './access-tokens.ts';
export type { Begun, Families, TokenKind } from './families.ts';
export type { PublicJwk, Signer, SigningAlgorithm } from './signing.ts';
export { refusals };
export interface RefreshOptions {
    /** Life of an access token; 600 unless told, 60 to 3600. */
    readonly accessSeconds?: number;
    /** A refresh token unused for so long is over; 14 days unless told. */
    readonly idleSeconds?: number;
    /** A family is over after so long, however often it rotated; 30 days unless told and at most. */
    readonly absoluteSeconds?: number;
    /** `jwt` unless told. Opaque ones are looked up, and can be read by nobody else. */
    readonly format?: 'jwt' | 'opaque';
    /** `ES256` unless told: every OpenID client reads it. `EdDSA` is smaller and verified faster. */
    readonly algorithm?: SigningAlgorithm;
}
export interface RefreshGround extends Omit<FamiliesGround, 'keys' | 'accepted'> {
    readonly ring: KeyRing;
    readonly tokens: OneTimeTokens;
    /** Who issues: the public origin, without a path. */
    readonly issuer: string;
}
/** What a sign-in for tokens answers, and every renewal. */
export interface TokenPair {
    readonly accessToken: string;
    readonly refreshToken: string;
    readonly tokenType: 'Bearer';
    /** Seconds. */
    readonly expiresIn: number;
}
/** What a family of the application's own clients knows; one line of JSON in its records. */
export interface OwnFamily {
    readonly role: string;
    readonly factors: readonly ProvenFactor[];
    readonly authenticatedAt: number;
    readonly address: string;
    readonly device: string;
}
/** Who sends a bearer token. */
export interface Bearer {
    readonly accountId: string;
    readonly role: string;
    readonly authenticatedAt: number;
    readonly factors: readonly {
        readonly factor: string;
        readonly at: number;
    }[];
    readonly clientId: string | undefined;
    readonly scope: readonly string[] | undefined;
    readonly audience: readonly string[];
    readonly familyId: string | undefined;
}
/** Tokens for clients without cookies: one engine for mobile, command line and OAuth. */
export interface Tokens {
    readonly issuer: string;
    readonly signer: Signer;
    readonly access: AccessTokens;
    readonly families: Families;
    /** Begins a family for one of the application's own clients. */
    start(account: {
        readonly id: string;
        readonly role: string;
    }, proof: {
        readonly factors: readonly ProvenFactor[];
        readonly request: AuditRequest;
    }): Promise<TokenPair & {
        readonly record: RefreshRecord;
    }>;
    /** @returns `refresh.malformed`, `refresh.unknown`, `refresh.reused` */
    refresh(token: string, request: AuditRequest): Promise<Outcome<TokenPair>>;
    /**
     * Who sends this `authorization` field; `undefined` when it holds no bearer token. Reads the store
     * once: a family that ended takes its access tokens along.
     *
     * @returns `refresh.bad_access_form`, `refresh.bad_access`
     */
    authenticate(authorization: string | undefined): Promise<Outcome<Bearer>> | undefined;
    /** Whether what a token stands on is still there. */
    isAlive(claims: AccessClaims): Promise<boolean>;
}
/**
 * @throws {ConfigFault} when a lifetime makes no sense
 * @see RFC 6750, RFC 9068, RFC 9700 §4.14; ASVS 10.4.5, 10.4.8
 */
export declare function refresh(options: RefreshOptions, ground: RefreshGround): Tokens;
