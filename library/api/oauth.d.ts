import type { AuditRequest } from '../../audit/event.ts';
import type { Session } from '../../session/sessions/sessions.ts';
import type { Account } from '../../store/port/accounts.ts';
import { type OAuthAnswer, type Parameters } from './answers.ts';
import { type Authorization, refusals } from './authorize.ts';
import type { ClientRequest } from './client-auth.ts';
import { type Clients } from './clients.ts';
import { type Consents } from './consents.ts';
import type { OAuthGround } from './ground.ts';
import { OAUTH_OPTIONS, type OAuthOptions, type OAuthSettings } from './options.ts';
export type { OAuthAnswer, OAuthError } from './answers.ts';
export type { Question } from './authorize.ts';
export type { OAuthClient } from './clients.ts';
export type { ListedGrant } from './consents.ts';
export type { ClientOptions, GrantType, OAuthOptions } from './options.ts';
export { OAUTH_OPTIONS, refusals };
/** Where a person who leaves goes, and whether their session may end without asking them. */
export interface Leaving {
    readonly location: string;
    readonly endSession: boolean;
}
/** An OAuth 2.1 authorization server with OpenID Connect. */
export interface OAuthServer extends Authorization {
    readonly issuer: string;
    readonly settings: OAuthSettings;
    readonly clients: Clients;
    readonly consents: Consents;
    token(given: ClientRequest): Promise<OAuthAnswer>;
    introspect(given: ClientRequest): Promise<OAuthAnswer>;
    revoke(given: ClientRequest): Promise<OAuthAnswer>;
    register(metadata: unknown, authorization: string | undefined, request: AuditRequest): Promise<OAuthAnswer>;
    userinfo(account: Account, scope: readonly string[]): object;
    leave(parameters: Parameters, session: Session | undefined): Promise<Leaving>;
    authorizationMetadata(): object;
    resourceMetadata(resource: string): object;
    jwks(): object;
}
/**
 * Authorization code with PKCE, refresh, client credentials; nothing older.
 *
 * @throws {ConfigFault} when an option makes no sense
 * @see draft-ietf-oauth-v2-1; RFC 6749, 7009, 7523, 7591, 7636, 7662, 8252, 8414, 8707, 9068, 9207, 9700, 9728
 */
export declare function oauthServer(options: OAuthOptions, given: Omit<OAuthGround, 'settings'>): OAuthServer;
