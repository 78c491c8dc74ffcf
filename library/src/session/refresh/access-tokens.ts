import type { JWTPayload } from 'jose'
import { isCanonicalBase64url, keyedHash } from '../../kernel/bytes.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Keys } from '../../kernel/keys.ts'
import type { Random } from '../../kernel/random.ts'
import type { OneTimeToken, OneTimeTokens } from '../../store/port/one-time-tokens.ts'
import type { Signer } from './signing.ts'

/** What an access token says, in our words. */
export interface AccessClaims {
  /** Account, or the client itself where nobody stands behind it. */
  readonly subject: string
  /** OAuth client; `undefined` for the application's own clients, which may do all that a user may. */
  readonly clientId: string | undefined
  /** `undefined` for the application's own clients. */
  readonly scope: readonly string[] | undefined
  readonly audience: readonly string[]
  /** The refresh token family it stands and falls with; `undefined` for a client's own token. */
  readonly familyId: string | undefined
  readonly role: string
  readonly factors: readonly string[]
  /** Milliseconds, whole seconds. */
  readonly authenticatedAt: number
  readonly issuedAt: number
  readonly expiresAt: number
  readonly id: string
}

export type NewAccess = Omit<AccessClaims, 'id' | 'issuedAt' | 'expiresAt'>

export interface AccessTokens {
  readonly lifeSeconds: number
  issue(access: NewAccess): Promise<string>
  /** What it says, if we issued it and its time is not over. Whether its family lives is not asked. */
  read(token: string): Promise<AccessClaims | undefined>
  /** Gives up a token that has no family. */
  deny(claims: AccessClaims): Promise<void>
  isDenied(claims: AccessClaims): Promise<boolean>
}

export interface AccessGround {
  readonly issuer: string
  readonly format: 'jwt' | 'opaque'
  readonly lifeSeconds: number
  readonly signer: Signer
  readonly store: OneTimeTokens
  /** Root keys whose tokens are still good, today's first. */
  readonly accepted: () => readonly Keys[]
  readonly keys: Keys
  readonly clock: Clock
  readonly random: Random
}

const TYPE = 'at+jwt'
/** The `client_id` of tokens that no OAuth client asked for. No client may be registered by it. */
export const OWN_CLIENT = 'own'
const TOKEN_BYTES = 32

/**
 * Access tokens: JWTs in the shape of RFC 9068, or opaque values that are looked up.
 *
 * @see ASVS 9.1.1, 9.2.1, 9.2.3
 */
export function accessTokens(ground: AccessGround): AccessTokens {
  const { issuer, signer, store, clock, random, lifeSeconds } = ground
  const hashOf = (word: string, text: string, keys = ground.keys): string =>
    keyedHash(keys.for('one-time-token'), `${word}\n${text}`)
  /** What is kept under today's key, or under an earlier one that is still good. */
  const kept = async (word: string, text: string): Promise<OneTimeToken | undefined> => {
    for (const keys of ground.accepted()) {
      const found = await store.peek(hashOf(word, text, keys), clock())
      if (found !== undefined) return found
    }
    return undefined
  }

  return {
    lifeSeconds,
    async issue(access) {
      const now = Math.floor(clock() / 1000)
      const claims = claimsOf(issuer, access, now, now + lifeSeconds, random.uuid())
      if (ground.format === 'jwt') return signer.sign(TYPE, claims)
      const token = random.token()
      await store.issue(hashOf('access-token', token), {
        purpose: 'access-token',
        accountId: access.subject,
        data: JSON.stringify(claims),
        expiresAt: (now + lifeSeconds) * 1000,
        attemptsLeft: 1,
      })
      return token
    },
    async read(token) {
      if (ground.format === 'jwt') {
        const claims = await signer.verify(token, { type: TYPE, issuer })
        return claims === undefined ? undefined : accessOf(claims)
      }
      if (!isCanonicalBase64url(token, TOKEN_BYTES)) return undefined
      const found = await kept('access-token', token)
      return found === undefined ? undefined : accessOf(JSON.parse(found.data) as JWTPayload)
    },
    async deny(claims) {
      // By its id, not its text: one token has several spellings, one id (RFC 8725 §2).
      await store.issue(hashOf('denied-token', claims.id), {
        purpose: 'denied-token',
        accountId: undefined,
        data: '{}',
        expiresAt: claims.expiresAt + 60_000,
        attemptsLeft: 1,
      })
    },
    isDenied: async claims => (await kept('denied-token', claims.id)) !== undefined,
  }
}

function claimsOf(
  issuer: string,
  access: NewAccess,
  iat: number,
  exp: number,
  jti: string,
): JWTPayload {
  const { subject, clientId, scope, audience, familyId, role, factors, authenticatedAt } = access
  return {
    iss: issuer,
    sub: subject,
    aud: audience.length === 1 ? (audience[0] ?? '') : [...audience],
    client_id: clientId ?? OWN_CLIENT,
    ...(scope !== undefined && { scope: scope.join(' ') }),
    ...(familyId !== undefined && { sid: familyId }),
    role,
    amr: [...factors],
    auth_time: Math.floor(authenticatedAt / 1000),
    iat,
    exp,
    jti,
  }
}

function accessOf(claims: JWTPayload): AccessClaims | undefined {
  const { sub, aud, jti, iat, exp, client_id: client, scope, sid, role } = claims
  const { amr, auth_time: at } = claims
  if (
    typeof sub !== 'string' ||
    typeof jti !== 'string' ||
    typeof iat !== 'number' ||
    typeof exp !== 'number' ||
    typeof client !== 'string' ||
    typeof role !== 'string' ||
    typeof at !== 'number' ||
    !Array.isArray(amr)
  ) {
    return undefined
  }
  const words = typeof scope === 'string' ? scope.split(' ').filter(word => word !== '') : []
  return {
    subject: sub,
    clientId: client === OWN_CLIENT ? undefined : client,
    scope: client === OWN_CLIENT ? undefined : words,
    audience: typeof aud === 'string' ? [aud] : (aud ?? []),
    familyId: typeof sid === 'string' ? sid : undefined,
    role,
    factors: amr.filter(one => typeof one === 'string'),
    authenticatedAt: at * 1000,
    issuedAt: iat * 1000,
    expiresAt: exp * 1000,
    id: jti,
  }
}
