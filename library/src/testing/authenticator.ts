import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** `navigator.credentials` without a browser: what it answers is what `credential.toJSON()` would. */
export interface TestAuthenticator {
  /** base64url, as credentials are named in WebAuthn's JSON. */
  readonly credentialId: string
  /** Answers `PublicKeyCredentialCreationOptionsJSON`. */
  create(options: unknown, twist?: Twist): object
  /** Answers `PublicKeyCredentialRequestOptionsJSON`. */
  get(options: unknown, twist?: Twist): object
}

/** One thing that is wrong with an otherwise right answer, to see it refused. */
export interface Twist {
  /** The page it was made on. */
  readonly origin?: string
  readonly challenge?: string
  readonly rpId?: string
  /** True: the page stands in a frame of another site's. */
  readonly framed?: boolean
  /** False: nobody showed a finger, a face or a number. */
  readonly userVerified?: boolean
  readonly counter?: number
  /** What it says of copies elsewhere: it may have some, it has some. Neither unless told. */
  readonly backup?: 'eligible' | 'backed-up'
  /** True: one bit of the signature is another. */
  readonly forged?: boolean
}

interface Asked {
  readonly challenge: string
  readonly rpId?: string
  readonly rp?: { readonly id?: string }
  readonly user?: { readonly id?: string }
}

const FLAG = { present: 0x01, verified: 0x04, eligible: 0x08, backedUp: 0x10, attested: 0x40 }
const ES256 = -7

/**
 * A passkey in software: one ES256 key for one account, attestation `none`, user always verified.
 *
 * @param origin the public origin that the service was told, not where a test reaches it
 * @see W3C WebAuthn Level 3 §6.1, §7.1, §7.2
 */
export function testAuthenticator(origin: string): TestAuthenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  const credentialId = id.toString('base64url')
  let signatures = 0
  let userHandle = ''

  const shell = {
    id: credentialId,
    rawId: credentialId,
    type: 'public-key',
    authenticatorAttachment: 'platform',
    clientExtensionResults: {},
  }
  const clientData = (type: string, { challenge }: Asked, twist: Twist): Buffer =>
    Buffer.from(
      JSON.stringify({
        type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? origin,
        crossOrigin: twist.framed === true,
      }),
    )
  /** What both ceremonies begin with: relying party, flags, counter. */
  const head = (asked: Asked, twist: Twist, flags: number): Buffer => {
    const relyingParty = twist.rpId ?? asked.rpId ?? asked.rp?.id ?? new URL(origin).hostname
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(twist.counter ?? ++signatures)
    const verified = twist.userVerified === false ? 0 : FLAG.verified
    const copies = { eligible: FLAG.eligible, 'backed-up': FLAG.eligible | FLAG.backedUp }
    const backup = twist.backup === undefined ? 0 : copies[twist.backup]
    return Buffer.concat([
      sha256(relyingParty),
      Buffer.from([FLAG.present | verified | backup | flags]),
      counter,
    ])
  }

  return {
    credentialId,
    create(options, twist = {}) {
      const asked = options as Asked
      userHandle = asked.user?.id ?? ''
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
      const authData = Buffer.concat([
        head(asked, twist, FLAG.attested),
        Buffer.alloc(16),
        uint16(id.length),
        id,
        coseKey(Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')),
      ])
      return {
        ...shell,
        response: {
          clientDataJSON: clientData('webauthn.create', asked, twist).toString('base64url'),
          attestationObject: attestationNone(authData).toString('base64url'),
          authenticatorData: authData.toString('base64url'),
          publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64url'),
          publicKeyAlgorithm: ES256,
          transports: ['internal'],
        },
      }
    },
    get(options, twist = {}) {
      const asked = options as Asked
      const authData = head(asked, twist, 0)
      const data = clientData('webauthn.get', asked, twist)
      const signature = sign('sha256', Buffer.concat([authData, sha256(data)]), privateKey)
      const last = signature.length - 1
      if (twist.forged === true) signature[last] = (signature[last] ?? 0) ^ 1
      return {
        ...shell,
        response: {
          clientDataJSON: data.toString('base64url'),
          authenticatorData: authData.toString('base64url'),
          signature: signature.toString('base64url'),
          userHandle,
        },
      }
    },
  }
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest()
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

/** COSE_Key of an ES256 public key, in CBOR (RFC 9053 §7.1.1): kty 2, alg -7, crv 1, x, y. */
function coseKey(x: Buffer, y: Buffer): Buffer {
  const start = Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01])
  return Buffer.concat([
    start,
    Buffer.from([0x21]),
    cborBytes(x),
    Buffer.from([0x22]),
    cborBytes(y),
  ])
}

/** The CBOR map `{ fmt: 'none', attStmt: {}, authData }`. */
function attestationNone(authData: Buffer): Buffer {
  const map = Buffer.from([0xa3])
  const none = [cborText('fmt'), cborText('none'), cborText('attStmt'), Buffer.from([0xa0])]
  return Buffer.concat([map, ...none, cborText('authData'), cborBytes(authData)])
}

function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)])
}

function cborBytes(bytes: Buffer): Buffer {
  const short = bytes.length < 256
  const start = short
    ? Buffer.from([0x58, bytes.length])
    : Buffer.concat([Buffer.from([0x59]), uint16(bytes.length)])
  return Buffer.concat([start, bytes])
}
