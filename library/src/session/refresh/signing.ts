import { createECDH, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { isCanonicalBase64url, keyedHash } from '../../kernel/bytes.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Keys } from '../../kernel/keys.ts'
import type { KeyRing } from '../../vault/secrets/ring.ts'

/** What we sign with. RSASSA-PKCS1-v1_5 is not among it (ASVS appendix C). */
export type SigningAlgorithm = 'ES256' | 'EdDSA'

/** A public key as RFC 7517 writes it. */
export interface PublicJwk {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly y?: string
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly use: 'sig'
}

/** What a token must be, besides signed by us. */
export interface Expected {
  /** The `typ` of its header: one kind of token never passes for another (RFC 8725 §3.11). */
  readonly type: string
  readonly issuer: string
  /** True where the end of its life does not matter, such as a hint of who is leaving. */
  readonly mayBeOver?: boolean
}

/** Signs and verifies our own JWTs. Keys come from the root key, so that every node has the same. */
export interface Signer {
  readonly algorithm: SigningAlgorithm
  sign(type: string, claims: JWTPayload): Promise<string>
  /** The claims, or `undefined` for everything that is not exactly what was expected. */
  verify(token: string, expected: Expected): Promise<JWTPayload | undefined>
  /** Today's key first, then those before it until their date. */
  publicKeys(): readonly PublicJwk[]
}

interface Pair {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: PublicJwk
}

const SIGNATURE_BYTES = 64 // both algorithms
const MOST_LENGTH = 8192
const LEEWAY_SECONDS = 30

/**
 * @see RFC 8725 §3; ASVS 9.1.1, 9.1.2, 9.1.3, 9.2.1
 */
export function signer(
  algorithm: SigningAlgorithm,
  parts: { readonly ring: KeyRing; readonly clock: Clock },
): Signer {
  const pairs = new Map<string, Pair>()
  const pairOf = (keys: Keys): Pair => {
    const id = `${keys.id}-${algorithm.toLowerCase()}`
    let pair = pairs.get(id)
    if (pair === undefined) {
      pair = pairFrom(keys.for('token-signing'), algorithm, id)
      pairs.set(id, pair)
    }
    return pair
  }
  const accepted = (): readonly Pair[] => parts.ring.accepted(parts.clock()).map(pairOf)

  return {
    algorithm,
    async sign(type, claims) {
      // Decision: JWS in compact form is two base64url texts and a signature (RFC 7515 §7.1), made here
      // at once; verifying, where the mistakes are, is left to jose. Cost: ten lines of our own, for a
      // signature in a quarter of the time.
      const { id, privateKey } = pairOf(parts.ring.current)
      const text = `${encoded({ alg: algorithm, typ: type, kid: id })}.${encoded(claims)}`
      const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
      const signature = sign(algorithm === 'ES256' ? 'sha256' : null, Buffer.from(text), key)
      return `${text}.${signature.toString('base64url')}`
    },
    async verify(token, { type, issuer, mayBeOver }) {
      // Decision: one spelling a token. ECDSA and base64url allow several, and what is counted or
      // denied by its text could be walked around. Cost: none, every encoder writes this one.
      const signature = token.slice(token.lastIndexOf('.') + 1)
      if (token.length > MOST_LENGTH || !isCanonicalBase64url(signature, SIGNATURE_BYTES)) {
        return undefined
      }
      const { decodeProtectedHeader, jwtVerify } = await import('jose')
      try {
        const { kid } = decodeProtectedHeader(token)
        const pair = accepted().find(({ id }) => id === kid)
        if (pair === undefined) return undefined
        const now = mayBeOver === true ? new Date(0) : new Date(parts.clock())
        const { payload } = await jwtVerify(token, pair.publicKey, {
          algorithms: [algorithm],
          typ: type,
          issuer,
          currentDate: now,
          clockTolerance: mayBeOver === true ? 0 : LEEWAY_SECONDS,
        })
        return payload
      } catch {
        return undefined
      }
    },
    publicKeys: () => accepted().map(({ jwk }) => jwk),
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex') // RFC 8410 §7

function pairFrom(root: KeyObject, algorithm: SigningAlgorithm, id: string): Pair {
  const seed = Buffer.from(keyedHash(root, `${algorithm}\n1`), 'base64url')
  const privateKey =
    algorithm === 'EdDSA'
      ? createPrivateKey({
          key: Buffer.concat([ED25519_PKCS8, seed]),
          format: 'der',
          type: 'pkcs8',
        })
      : p256From(seed)
  const publicKey = createPublicKey(privateKey)
  const { kty = '', crv = '', x = '', y } = publicKey.export({ format: 'jwk' })
  const jwk = {
    kty,
    crv,
    x,
    ...(y !== undefined && { y }),
    kid: id,
    alg: algorithm,
    use: 'sig',
  } as const
  return { id, privateKey, publicKey, jwk }
}

/** A seed is a scalar of P-256 but for one in four billion, which `setPrivateKey` refuses. */
function p256From(seed: Buffer): KeyObject {
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(seed)
  const point = curve.getPublicKey()
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: seed.toString('base64url'),
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  })
}
