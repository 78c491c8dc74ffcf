import type { AuditRequest } from '../../audit/event.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import type { Account } from '../../store/port/accounts.ts'
import { type OAuthAnswer, one, type Parameters } from './answers.ts'
import { type Authorization, authorization, refusals } from './authorize.ts'
import type { ClientRequest } from './client-auth.ts'
import { type Clients, clients } from './clients.ts'
import { type Consents, consents } from './consents.ts'
import type { OAuthGround } from './ground.ts'
import { lookups } from './lookups.ts'
import { authorizationMetadata, resourceMetadata } from './metadata.ts'
import { OAUTH_OPTIONS, type OAuthOptions, type OAuthSettings, oauthSettings } from './options.ts'
import { registration } from './registration.ts'
import { tokenEndpoint } from './token.ts'

export type { OAuthAnswer, OAuthError } from './answers.ts'
export type { Question } from './authorize.ts'
export type { OAuthClient } from './clients.ts'
export type { ListedGrant } from './consents.ts'
export type { ClientOptions, GrantType, OAuthOptions } from './options.ts'
export { OAUTH_OPTIONS, refusals }

/** Where a person who leaves goes, and whether their session may end without asking them. */
export interface Leaving {
  readonly location: string
  readonly endSession: boolean
}

/** An OAuth 2.1 authorization server with OpenID Connect. */
export interface OAuthServer extends Authorization {
  readonly issuer: string
  readonly settings: OAuthSettings
  readonly clients: Clients
  readonly consents: Consents
  token(given: ClientRequest): Promise<OAuthAnswer>
  introspect(given: ClientRequest): Promise<OAuthAnswer>
  revoke(given: ClientRequest): Promise<OAuthAnswer>
  register(
    metadata: unknown,
    authorization: string | undefined,
    request: AuditRequest,
  ): Promise<OAuthAnswer>
  userinfo(account: Account, scope: readonly string[]): object
  leave(parameters: Parameters, session: Session | undefined): Promise<Leaving>
  authorizationMetadata(): object
  resourceMetadata(resource: string): object
  jwks(): object
}

/**
 * Authorization code with PKCE, refresh, client credentials; nothing older.
 *
 * @throws {ConfigFault} when an option makes no sense
 * @see draft-ietf-oauth-v2-1; RFC 6749, 7009, 7523, 7591, 7636, 7662, 8252, 8414, 8707, 9068, 9207, 9700, 9728
 */
export function oauthServer(
  options: OAuthOptions,
  given: Omit<OAuthGround, 'settings'>,
): OAuthServer {
  const ground: OAuthGround = { ...given, settings: oauthSettings(options, given.issuer) }
  const { settings, stores, keys, olderKeys, random, clock, tokens, issuer } = ground
  const known = clients(settings.clients, {
    credentials: stores.credentials,
    keys,
    olderKeys,
    random,
    clock,
    scopes: Object.keys(settings.scopes),
  })
  const allowed = consents(ground)
  return {
    issuer,
    settings,
    clients: known,
    consents: allowed,
    ...authorization(ground, known, allowed),
    ...lookups(ground, known),
    token: tokenEndpoint(ground, known),
    register: registration(ground, known),
    userinfo(account, scope) {
      return {
        sub: account.id,
        ...(scope.includes('profile') && account.name !== undefined && { name: account.name }),
        ...(scope.includes('email') && {
          email: account.email,
          email_verified: account.emailVerifiedAt !== undefined,
        }),
      }
    },
    async leave(parameters, session) {
      const stay = { location: settings.afterLogoutPath, endSession: false }
      const hint = one(parameters, 'id_token_hint')
      const claims =
        hint === undefined
          ? undefined
          : await tokens.signer.verify(hint, { type: 'JWT', issuer, mayBeOver: true })
      // Decision: without a proof that this very client signed this very person in here, a link would
      // sign people out, so nothing happens. Cost: a client that forgot the hint signs out itself only.
      if (claims === undefined) return stay
      if (session !== undefined && claims['sid'] !== session.id) return stay
      const client = typeof claims.aud === 'string' ? await known.find(claims.aud) : undefined
      const named = one(parameters, 'client_id')
      if (client === undefined || (named !== undefined && named !== client.clientId)) return stay
      const uri = one(parameters, 'post_logout_redirect_uri')
      const state = one(parameters, 'state')
      const endSession = session !== undefined
      if (uri === undefined || !client.postLogoutRedirectUris.includes(uri)) {
        return { location: settings.afterLogoutPath, endSession }
      }
      const to = new URL(uri)
      if (state !== undefined) to.searchParams.set('state', state)
      return { location: to.href, endSession }
    },
    authorizationMetadata: () => authorizationMetadata(ground),
    resourceMetadata: resource => resourceMetadata(ground, resource),
    jwks: () => ({ keys: tokens.signer.publicKeys() }),
  }
}
