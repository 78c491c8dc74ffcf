import type { JSONWebKeySet, JWTPayload } from 'jose'

/** What an assertion that somebody else signed must be. */
export interface ForeignExpected {
  readonly issuer: string
  readonly subject: string
  readonly audience: readonly string[]
  /** Milliseconds. */
  readonly now: number
  /** The longest life it may claim. */
  readonly mostSeconds: number
}

/** RS256 is not among what we sign, but clients bring the keys they have. */
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'PS256', 'RS256']
const LEEWAY_SECONDS = 30

/**
 * Verifies a client's assertion against the keys that were registered for it.
 *
 * @returns the claims, or `undefined`; keys that the assertion itself names are never fetched
 * @see RFC 7523 §3; RFC 8725 §3
 */
export async function verifyForeign(
  token: string,
  keys: JSONWebKeySet,
  expected: ForeignExpected,
): Promise<(JWTPayload & { readonly jti: string; readonly exp: number }) | undefined> {
  if (token.length > 8192) return undefined
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      algorithms: ALGORITHMS,
      issuer: expected.issuer,
      subject: expected.subject,
      audience: [...expected.audience],
      requiredClaims: ['exp', 'jti'],
      clockTolerance: LEEWAY_SECONDS,
      currentDate: new Date(expected.now),
    })
    const { exp, jti, aud } = payload
    if (exp === undefined || jti === undefined || jti === '') return undefined
    // Meant for us and nobody else: what another server may take as well, it could send on.
    if (Array.isArray(aud) && aud.length > 1) return undefined
    return exp * 1000 - expected.now <= expected.mostSeconds * 1000
      ? { ...payload, exp, jti }
      : undefined
  } catch {
    return undefined
  }
}
