import type { AccessClaims } from '../../session/refresh/refresh.ts'
import type { RefreshRecord } from '../../store/port/refresh-tokens.ts'
import { fine, type OAuthAnswer, one, wrong } from './answers.ts'
import { authenticateClient, type ClientRequest } from './client-auth.ts'
import type { Clients } from './clients.ts'
import type { Grant, OAuthGround } from './ground.ts'

export interface Lookups {
  /** RFC 7662. */
  introspect(given: ClientRequest): Promise<OAuthAnswer>
  /** RFC 7009. */
  revoke(given: ClientRequest): Promise<OAuthAnswer>
}

type Found =
  | { readonly kind: 'access'; readonly claims: AccessClaims }
  | { readonly kind: 'refresh'; readonly record: RefreshRecord; readonly live: boolean }

/**
 * What a token is, and giving it back. Each client sees its own tokens; a resource server of ours
 * (`introspects`) sees all.
 *
 * @see RFC 7662 §2; RFC 7009 §2
 */
export function lookups(ground: OAuthGround, clients: Clients): Lookups {
  const { issuer, tokens } = ground
  const find = async (token: string): Promise<Found | undefined> => {
    const refresh = await tokens.families.find('refresh', token)
    if (refresh !== undefined) return { kind: 'refresh', ...refresh }
    const claims = await tokens.access.read(token)
    return claims === undefined ? undefined : { kind: 'access', claims }
  }
  const clientOf = (found: Found): string | undefined =>
    found.kind === 'refresh' ? found.record.clientId : found.claims.clientId

  const described = async (found: Found): Promise<object | undefined> => {
    const seconds = (at: number): number => Math.floor(at / 1000)
    if (found.kind === 'refresh') {
      const { record, live } = found
      if (!live) return undefined
      const { scope } = JSON.parse(record.data) as Grant
      return {
        scope: scope.join(' '),
        client_id: record.clientId,
        sub: record.accountId,
        iss: issuer,
        iat: seconds(record.issuedAt),
        exp: seconds(record.expiresAt),
      }
    }
    const { claims } = found
    if (!(await tokens.isAlive(claims))) return undefined
    return {
      scope: claims.scope?.join(' '),
      client_id: claims.clientId,
      token_type: 'Bearer',
      sub: claims.subject,
      aud: claims.audience.length === 1 ? claims.audience[0] : claims.audience,
      iss: issuer,
      iat: seconds(claims.issuedAt),
      exp: seconds(claims.expiresAt),
      jti: claims.id,
    }
  }

  return {
    async introspect(given) {
      const who = await authenticateClient(ground, clients, given)
      if (!who.ok) return who
      if (!who.confidential) {
        return wrong('invalid_client', 'only for confidential clients', 401)
      }
      const token = one(given.parameters, 'token')
      if (token === undefined) return wrong('invalid_request', 'token is missing')
      const found = await find(token)
      const mine = found !== undefined && clientOf(found) === who.client.clientId
      const seen = found !== undefined && (mine || who.client.introspects)
      const about = seen ? await described(found) : undefined
      return fine(about === undefined ? { active: false } : { active: true, ...about })
    },
    async revoke(given) {
      const who = await authenticateClient(ground, clients, given)
      if (!who.ok) return who
      const token = one(given.parameters, 'token')
      if (token === undefined) return wrong('invalid_request', 'token is missing')
      const found = await find(token)
      const { clientId } = who.client
      if (found === undefined || clientOf(found) !== clientId) return fine({})
      // Decision: giving back any token of a grant gives the whole grant back (RFC 7009 §2.1).
      // Cost: a client that wants to go on asks anew.
      if (found.kind === 'refresh') {
        await tokens.families.end(found.record, given.request)
      } else if (found.claims.familyId === undefined) {
        await tokens.access.deny(found.claims)
      } else {
        const { familyId, subject: accountId } = found.claims
        await tokens.families.end({ familyId, accountId, clientId }, given.request)
      }
      ground.record({
        code: 'oauth.token_revoked',
        outcome: 'success',
        request: given.request,
        detail: { client: clientId },
      })
      return fine({})
    },
  }
}
