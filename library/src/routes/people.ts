import type { AuditEvent } from '../audit/event.ts'
import type { Keys } from '../kernel/keys.ts'
import { resourceMetadataPath } from '../oauth/server/metadata.ts'
import { type OAuthOptions, type OAuthServer, oauthServer } from '../oauth/server/server.ts'
import { type Social, type SocialOptions, social } from '../oauth/social/social.ts'
import { type AccountModule, type People, type PeopleParts, people } from '../people.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { RefreshOptions, Tokens } from '../session/refresh/refresh.ts'
import type { KeyRing } from '../vault/secrets/ring.ts'
import { accountEndpoints } from './account.ts'
import { accountChangeEndpoints } from './account-changes.ts'
import type { AccountRoutes } from './account-parts.ts'
import { bearerOf, bearerTokens } from './bearer.ts'
import type { Endpoint } from './endpoint.ts'
import { factorEndpoints } from './factors.ts'
import { oauthEndpoints } from './oauth.ts'
import { passkeyEndpoints } from './passkeys.ts'
import { refreshEndpoints } from './sign-in.ts'
import { socialEndpoints } from './social.ts'

/** What is on, of all that has people in it. */
export interface PeopleOptions {
  readonly account: AccountModule
  readonly refresh: RefreshOptions | false
  readonly social: SocialOptions | undefined
  readonly oauth: OAuthOptions | undefined
}

export interface PeopleRoutesParts extends PeopleParts {
  readonly ring: KeyRing
  readonly olderKeys: () => readonly Keys[]
  readonly pipeline: Pipeline
  /** Fields of the answer that ends a session. */
  readonly signOut: readonly string[]
}

/** Accounts and what stands on them, with their routes. */
export interface PeopleRoutes {
  readonly accounts: People
  readonly tokens: Tokens | undefined
  readonly social: Social | undefined
  readonly oauth: OAuthServer | undefined
  readonly endpoints: readonly Endpoint[]
  readonly bearer: (
    authorization: string | undefined,
    audience: string | undefined,
  ) => ReturnType<typeof bearerOf>
  readonly resourcePath: typeof resourceMetadataPath
}

/**
 * Puts together accounts, tokens, identity providers and the authorization server. With all that they
 * stand on they are more than half of the library, so this file is loaded only where accounts are on.
 *
 * @throws {ConfigFault} when an option of theirs is wrong
 */
export async function peopleRoutes(
  options: PeopleOptions,
  parts: PeopleRoutesParts,
): Promise<PeopleRoutes> {
  const { origins, mode, stores, ring, keys, olderKeys, clock, random, audit, pipeline } = parts
  const accounts = await people(options.account, parts)
  const { flows, factors, passkeys } = accounts
  const { sessions, signOut, fields: sealed } = parts
  const none = { accounts, tokens: undefined, social: undefined, oauth: undefined, endpoints: [] }
  const shared = { bearer: () => undefined, resourcePath: resourceMetadataPath }
  if (sessions === undefined) return { ...none, ...shared }

  const issuer = origins[0] ?? ''
  const tokens =
    options.refresh === false
      ? undefined
      : bearerTokens(options.refresh, flows, { issuer, stores, ring, clock, random })
  const routes: AccountRoutes = { flows, stores, sessions, pipeline, tokens, signOut, factors }
  const endpoints: Endpoint[] = [
    ...accountEndpoints(routes),
    ...accountChangeEndpoints(routes),
    ...factorEndpoints(routes, factors),
    ...passkeyEndpoints(routes, passkeys),
    ...(tokens === undefined ? [] : refreshEndpoints(routes, tokens)),
  ]
  let providers: Social | undefined
  if (options.social !== undefined) {
    const at = {
      origin: issuer,
      mode,
      tokens: stores.oneTimeTokens,
      keys,
      olderKeys,
      clock,
      random,
    }
    providers = social(options.social, at)
    endpoints.push(...socialEndpoints({ ...routes, social: providers, sealed }))
  }
  let server: OAuthServer | undefined
  if (tokens !== undefined && options.oauth !== undefined) {
    const { ground } = flows
    const record = (event: AuditEvent): void => audit?.record(event)
    const at = { stores, tokens, keys, olderKeys, clock, random, entry: ground.entry, record }
    server = oauthServer(options.oauth, { issuer: tokens.issuer, ...at })
    endpoints.push(...oauthEndpoints({ server, ground, sessions, pipeline }))
  }
  return {
    accounts,
    tokens,
    social: providers,
    oauth: server,
    endpoints,
    bearer: (authorization, audience) => bearerOf(tokens, authorization, audience),
    resourcePath: resourceMetadataPath,
  }
}
