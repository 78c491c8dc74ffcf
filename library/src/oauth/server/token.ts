import type { AuditRequest } from '../../audit/event.ts'
import { sameText, sha256 } from '../../kernel/bytes.ts'
import type { RefreshRecord } from '../../store/port/refresh-tokens.ts'
import { fine, many, type OAuthAnswer, one, type Parameters, scopeWords, wrong } from './answers.ts'
import { authenticateClient, type ClientRequest } from './client-auth.ts'
import type { Clients, OAuthClient } from './clients.ts'
import type { Grant, OAuthGround } from './ground.ts'
import { canonicalResource } from './uris.ts'

const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/ // RFC 7636 §4.1
/** Wrong verifiers that a code survives. */
const GUESSES = { limit: 5, windowMs: 60_000 }
const ID_SECONDS = 600

/**
 * The token endpoint.
 *
 * A code is judged whole before it is used: whoever cannot redeem it cannot spend it either. Then
 * one transition of the store decides who wins, and a second valid use ends what the first one got.
 *
 * @see RFC 6749 §4.1.3, §4.4, §5, §6; RFC 7636 §4.6; RFC 9700 §2.1.1, §4.14; ASVS 10.4.2, 10.4.5
 */
export function tokenEndpoint(
  ground: OAuthGround,
  clients: Clients,
): (given: ClientRequest) => Promise<OAuthAnswer> {
  const { issuer, tokens, stores, clock } = ground
  const invalid = wrong(
    'invalid_grant',
    'the code or token is unknown, over, or not for this client',
  )

  const answer = async (
    client: OAuthClient,
    grant: Grant,
    record: RefreshRecord,
    how: {
      readonly refreshToken: string | undefined
      readonly scope: readonly string[]
      readonly resource: readonly string[]
    },
  ): Promise<OAuthAnswer> => {
    const accessToken = await tokens.access.issue({
      subject: record.accountId,
      clientId: client.clientId,
      scope: how.scope,
      audience: how.resource.length > 0 ? how.resource : [issuer],
      familyId: record.familyId,
      role: grant.role,
      factors: grant.factors.map(({ factor }) => factor),
      authenticatedAt: grant.authenticatedAt,
    })
    const idToken = how.scope.includes('openid')
      ? await idTokenFor(client, grant, record)
      : undefined
    return fine({
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: tokens.access.lifeSeconds,
      scope: how.scope.join(' '),
      ...(how.refreshToken !== undefined && { refresh_token: how.refreshToken }),
      ...(idToken !== undefined && { id_token: idToken }),
    })
  }

  const idTokenFor = (
    client: OAuthClient,
    grant: Grant,
    record: RefreshRecord,
  ): Promise<string> => {
    const now = Math.floor(clock() / 1000)
    return tokens.signer.sign('JWT', {
      iss: issuer,
      sub: record.accountId,
      aud: client.clientId,
      iat: now,
      exp: now + ID_SECONDS,
      auth_time: Math.floor(grant.authenticatedAt / 1000),
      amr: grant.factors.map(({ factor }) => factor),
      sid: grant.code.sessionId,
      ...(grant.code.nonce !== undefined && { nonce: grant.code.nonce }),
    })
  }

  const lifeOf = (client: OAuthClient): { readonly lifeMs?: number } =>
    client.grants.includes('refresh_token') ? {} : { lifeMs: tokens.access.lifeSeconds * 1000 }

  /** The resources of this token: those asked for now, all of them allowed before. */
  const resourceOf = (parameters: Parameters, grant: Grant): readonly string[] | undefined => {
    const asked = many(parameters, 'resource').map(uri => canonicalResource(uri) ?? '')
    const allowed = grant.resource.length > 0 ? grant.resource : [issuer]
    if (asked.length === 0) return grant.resource
    return asked.every(uri => allowed.includes(uri)) ? asked : undefined
  }

  async function byCode(
    client: OAuthClient,
    parameters: Parameters,
    request: AuditRequest,
  ): Promise<OAuthAnswer> {
    const code = one(parameters, 'code')
    const verifier = one(parameters, 'code_verifier')
    const redirectUri = one(parameters, 'redirect_uri')
    if (code === undefined) return wrong('invalid_request', 'code is missing')
    if (redirectUri === undefined) return wrong('invalid_request', 'redirect_uri is missing')
    if (verifier === undefined || !VERIFIER.test(verifier)) {
      return wrong('invalid_request', 'code_verifier is missing or malformed')
    }
    const found = await tokens.families.find('code', code)
    if (found === undefined || found.record.clientId !== client.clientId) return invalid
    const { record, live } = found
    const grant = JSON.parse(record.data) as Grant
    if (grant.code.redirectUri !== redirectUri) return invalid
    if (!sameText(sha256(verifier), grant.code.challenge)) {
      if (live) await countGuess(record, request)
      return invalid
    }
    const resource = resourceOf(parameters, grant)
    if (resource === undefined) return wrong('invalid_target', 'a resource was not allowed')
    if (live && !(await isSignedIn(record.accountId, grant.code.sessionId))) return invalid

    const { clientId } = client
    const how = { kind: 'code', clientId, ...lifeOf(client), request } as const
    const rotated = await tokens.families.rotate(code, how)
    if (!rotated.ok) {
      if (rotated.refusal.code === 'refresh.reused') {
        ground.record({
          code: 'oauth.code_replayed',
          outcome: 'failure',
          targetId: record.accountId,
          request,
          detail: { client: clientId },
        })
      }
      return invalid
    }
    const refreshToken = client.grants.includes('refresh_token') ? rotated.value.token : undefined
    return answer(client, grant, rotated.value.record, {
      refreshToken,
      scope: grant.scope,
      resource,
    })
  }

  async function countGuess(record: RefreshRecord, request: AuditRequest): Promise<void> {
    const key = `oauth-code:${record.familyId}`
    const [counted] = await stores.counters.hit([{ key, rate: GUESSES }], clock())
    if (counted?.remaining === 0 || counted?.allowed === false) {
      await tokens.families.end(record, request)
    }
  }

  async function isSignedIn(accountId: string, sessionId: string): Promise<boolean> {
    const alive = await stores.sessions.ofAccount(accountId, clock())
    return alive.some(({ id }) => id === sessionId)
  }

  async function byRefreshToken(
    client: OAuthClient,
    parameters: Parameters,
    request: AuditRequest,
  ): Promise<OAuthAnswer> {
    const token = one(parameters, 'refresh_token')
    if (token === undefined) return wrong('invalid_request', 'refresh_token is missing')
    const asked = scopeWords(one(parameters, 'scope'))
    if (asked === undefined) return wrong('invalid_scope', 'scope is malformed')
    if (asked.length > 0 || many(parameters, 'resource').length > 0) {
      // Judged before it is used: a client that asks for too much keeps its token.
      const found = await tokens.families.find('refresh', token)
      if (found === undefined || found.record.clientId !== client.clientId) return invalid
      const grant = JSON.parse(found.record.data) as Grant
      if (!asked.every(word => grant.scope.includes(word))) {
        return wrong('invalid_scope', 'a scope was not allowed')
      }
      if (resourceOf(parameters, grant) === undefined) {
        return wrong('invalid_target', 'a resource was not allowed')
      }
    }
    const how = { kind: 'refresh', clientId: client.clientId, request } as const
    const rotated = await tokens.families.rotate(token, how)
    if (!rotated.ok) return invalid
    const { record } = rotated.value
    const grant = JSON.parse(record.data) as Grant
    return answer(client, grant, record, {
      refreshToken: rotated.value.token,
      scope: asked.length > 0 ? asked : grant.scope,
      resource: resourceOf(parameters, grant) ?? [],
    })
  }

  /** A client for itself: nobody stands behind it. */
  async function forItself(
    client: OAuthClient,
    parameters: Parameters,
    request: AuditRequest,
  ): Promise<OAuthAnswer> {
    const personal = ['openid', 'profile', 'email', 'offline_access']
    const usual = client.scopes.filter(word => !personal.includes(word))
    const asked = scopeWords(one(parameters, 'scope'))
    // RFC 6749 §3.3: what was not said is all that it was registered for; the answer names it.
    const scope = asked?.length === 0 ? usual : asked
    if (!scope?.every(word => client.scopes.includes(word) && !personal.includes(word))) {
      return wrong('invalid_scope', 'a scope is unknown or not for this client')
    }
    const resource = many(parameters, 'resource').map(uri => canonicalResource(uri) ?? '')
    if (!resource.every(uri => ground.settings.resources.includes(uri))) {
      return wrong('invalid_target', 'a resource is unknown')
    }
    const { clientId } = client
    const accessToken = await tokens.access.issue({
      subject: clientId,
      clientId,
      scope,
      audience: resource.length > 0 ? resource : [issuer],
      familyId: undefined,
      role: 'client',
      factors: [],
      authenticatedAt: clock(),
    })
    ground.record({
      code: 'oauth.token_issued',
      outcome: 'success',
      request,
      detail: { client: clientId, scope: scope.join(' ') },
    })
    return fine({
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: tokens.access.lifeSeconds,
      scope: scope.join(' '),
    })
  }

  return async given => {
    const who = await authenticateClient(ground, clients, given)
    if (!who.ok) return who
    const { client, confidential } = who
    const { parameters, request } = given
    const grantType = one(parameters, 'grant_type')
    switch (grantType) {
      case 'authorization_code':
      case 'refresh_token':
      case 'client_credentials':
        if (!client.grants.includes(grantType)) {
          return wrong('unauthorized_client', 'this grant is not for this client')
        }
        if (grantType === 'authorization_code') return byCode(client, parameters, request)
        if (grantType === 'refresh_token') return byRefreshToken(client, parameters, request)
        return confidential
          ? forItself(client, parameters, request)
          : wrong('unauthorized_client', 'only for confidential clients')
      case undefined:
        return wrong('invalid_request', 'grant_type is missing')
      default:
        return wrong('unsupported_grant_type', 'there is no such grant here')
    }
  }
}
