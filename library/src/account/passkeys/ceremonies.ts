import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'

/** What a browser's `credential.toJSON()` answered: nobody has looked into it yet. */
export interface PasskeyResponse {
  readonly id: string
  readonly [member: string]: unknown
}

export interface MadePasskey {
  readonly id: string
  readonly publicKey: string
  readonly counter: number
  readonly transports: readonly string[]
  readonly backupEligible: boolean
  readonly backedUp: boolean
}

export interface KnownPasskey {
  readonly id: string
  readonly publicKey: string
  readonly transports: readonly string[]
}

export interface Asserted {
  readonly counter: number
  /** Whether it may be kept beyond one device; never changes for a key (WebAuthn §6.1.3). */
  readonly backupEligible: boolean
  /** Whether the authenticator verified its user: then it is two factors in one. */
  readonly userVerified: boolean
  readonly backedUp: boolean
  /** The account id that the authenticator keeps with the key. */
  readonly userHandle: string | undefined
}

/** The cryptography of WebAuthn, left to a library that does nothing else. */
export interface Ceremonies {
  /** COSE algorithms we take: EdDSA, ES256, RS256. */
  readonly algorithms: readonly number[]
  /** The challenge an answer was made for, to look it up by; `undefined` when it is no answer. */
  challengeOf(response: PasskeyResponse): string | undefined
  verifyRegistration(response: PasskeyResponse, challenge: string): Promise<MadePasskey | undefined>
  verifyAssertion(
    response: PasskeyResponse,
    challenge: string,
    known: KnownPasskey,
    how: { readonly userVerification: boolean },
  ): Promise<Asserted | undefined>
}

const ALGORITHMS = [-8, -7, -257] as const
const MOST_CHARACTERS = 64 * 1024
/** WebAuthn §7.1 step 25. */
const MOST_ID_BYTES = 1023
const TRANSPORTS: ReadonlySet<string> = new Set([
  'ble',
  'cable',
  'hybrid',
  'internal',
  'nfc',
  'smart-card',
  'usb',
])

/**
 * Verifies for these origins and this relying party only. Everything hostile in an answer ends as
 * `undefined`: which check failed helps nobody but an attacker.
 */
export function ceremonies(origins: readonly string[], relyingParty: string): Ceremonies {
  const expected = { expectedOrigin: [...origins], expectedRPID: relyingParty }
  return {
    algorithms: ALGORITHMS,
    challengeOf,
    async verifyRegistration(response, challenge) {
      const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
      try {
        if (isFramed(response) || !(await isUnattested(response))) return undefined
        const { verified, registrationInfo: info } = await verifyRegistrationResponse({
          response: response as unknown as RegistrationResponseJSON,
          expectedChallenge: challenge,
          ...expected,
          requireUserVerification: true,
          supportedAlgorithmIDs: [...ALGORITHMS],
        })
        if (!verified || info === undefined) return undefined
        const { credential } = info
        if (Buffer.from(credential.id, 'base64url').length > MOST_ID_BYTES) return undefined
        return {
          id: credential.id,
          publicKey: Buffer.from(credential.publicKey).toString('base64url'),
          counter: credential.counter,
          transports: (credential.transports ?? []).filter(one => TRANSPORTS.has(one)),
          backupEligible: info.credentialDeviceType === 'multiDevice',
          backedUp: info.credentialBackedUp,
        }
      } catch {
        return undefined
      }
    },
    async verifyAssertion(response, challenge, known, { userVerification }) {
      const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
      try {
        if (isFramed(response)) return undefined
        const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
          response: response as unknown as AuthenticationResponseJSON,
          expectedChallenge: challenge,
          ...expected,
          requireUserVerification: userVerification,
          // The counter is judged where it is kept, by one conditional update.
          credential: {
            id: known.id,
            publicKey: new Uint8Array(Buffer.from(known.publicKey, 'base64url')),
            counter: 0,
          },
        })
        if (!verified) return undefined
        return {
          counter: info.newCounter,
          backupEligible: info.credentialDeviceType === 'multiDevice',
          userVerified: info.userVerified,
          backedUp: info.credentialBackedUp,
          userHandle: userHandleOf(response),
        }
      } catch {
        return undefined
      }
    },
  }
}

/**
 * Decision: we ask for no attestation, so none is looked into: certificates that somebody sends are
 * neither parsed nor chained, and their lists of revoked ones are not fetched. A key that vouches for
 * itself is let through, as browsers do not strip that. Cost: none, we would not use what they say.
 */
async function isUnattested(response: PasskeyResponse): Promise<boolean> {
  const encoded = memberOf(response['response'], 'attestationObject')
  if (encoded === undefined || encoded.length > MOST_CHARACTERS) return false
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(encoded, 'base64url')))
  const format: string = attestation.get('fmt')
  if (format === 'none') return true
  return format === 'packed' && attestation.get('attStmt').get('x5c') === undefined
}

/** Whether it was made in a frame of somebody else's page, which no page of ours asks for. */
function isFramed(response: PasskeyResponse): boolean {
  const data = clientDataOf(response)
  return data?.['crossOrigin'] === true || data?.['topOrigin'] !== undefined
}

function challengeOf(response: PasskeyResponse): string | undefined {
  return memberOf(clientDataOf(response), 'challenge')
}

function clientDataOf(response: PasskeyResponse): Readonly<Record<string, unknown>> | undefined {
  const encoded = memberOf(response['response'], 'clientDataJSON')
  if (encoded === undefined || encoded.length > MOST_CHARACTERS) return undefined
  try {
    const data: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    return typeof data === 'object' && data !== null ? { ...data } : undefined
  } catch {
    return undefined
  }
}

function userHandleOf(response: PasskeyResponse): string | undefined {
  const encoded = memberOf(response['response'], 'userHandle')
  return encoded === undefined || encoded === ''
    ? undefined
    : Buffer.from(encoded, 'base64url').toString()
}

function memberOf(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const member = (value as Record<string, unknown>)[name]
  return typeof member === 'string' ? member : undefined
}
