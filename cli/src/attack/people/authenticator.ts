import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { record } from '../site/openapi.ts'

/** What a check changes in an otherwise correct answer. */
export interface Twist {
  readonly origin?: string
  readonly crossOrigin?: boolean
  readonly topOrigin?: string
  readonly type?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly userPresent?: boolean
  readonly userVerified?: boolean
  readonly counter?: number
  readonly key?: KeyObject
  readonly flipSignature?: boolean
  readonly credentialId?: Buffer
}

const ES256 = -7
const FLAG = { present: 0x01, verified: 0x04, attested: 0x40 }

/**
 * A passkey in software: one ES256 key pair for one account. Answers options as a platform
 * authenticator would, attestation `none`, in the JSON of WebAuthn Level 3.
 */
export class Authenticator {
  readonly credentialId: Buffer = randomBytes(32)
  readonly #pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #origin: string
  counter = 1
  #userHandle = ''

  constructor(origin: string) {
    this.#origin = origin
  }

  get privateKey(): KeyObject {
    return this.#pair.privateKey
  }

  /** Answers `PublicKeyCredentialCreationOptionsJSON`. */
  create(options: unknown, twist: Twist = {}): Record<string, unknown> {
    const { rp, user, challenge } = record(options)
    this.#userHandle = String(record(user)['id'] ?? '')
    const id = twist.credentialId ?? this.credentialId
    const rpId = twist.rpId ?? String(record(rp)['id'] ?? new URL(this.#origin).hostname)
    const attested = Buffer.concat([Buffer.alloc(16), uint16(id.length), id, this.#coseKey()])
    const authData = Buffer.concat([this.#head(rpId, twist, FLAG.attested), attested])
    const clientData = this.#clientData('webauthn.create', challenge, twist)
    const attestation = Buffer.concat([
      Buffer.from([0xa3]),
      cborText('fmt'),
      cborText('none'),
      cborText('attStmt'),
      Buffer.from([0xa0]),
      cborText('authData'),
      cborBytes(authData),
    ])
    return {
      ...this.#shell(id),
      response: {
        clientDataJSON: clientData.toString('base64url'),
        attestationObject: attestation.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        publicKey: this.#pair.publicKey
          .export({ type: 'spki', format: 'der' })
          .toString('base64url'),
        publicKeyAlgorithm: ES256,
        transports: ['internal'],
      },
    }
  }

  /** Answers `PublicKeyCredentialRequestOptionsJSON`. */
  get(options: unknown, twist: Twist = {}): Record<string, unknown> {
    const { rpId, challenge } = record(options)
    const authData = this.#head(
      twist.rpId ?? String(rpId ?? new URL(this.#origin).hostname),
      twist,
      0,
    )
    const clientData = this.#clientData('webauthn.get', challenge, twist)
    const signed = Buffer.concat([authData, sha256(clientData)])
    const signature = sign('sha256', signed, twist.key ?? this.#pair.privateKey)
    const last = signature.length - 1
    if (twist.flipSignature) signature[last] = (signature[last] ?? 0) ^ 1
    return {
      ...this.#shell(twist.credentialId ?? this.credentialId),
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: this.#userHandle,
      },
    }
  }

  #shell(id: Buffer): Record<string, unknown> {
    const text = id.toString('base64url')
    const authenticatorAttachment = 'platform'
    return {
      id: text,
      rawId: text,
      type: 'public-key',
      authenticatorAttachment,
      clientExtensionResults: {},
    }
  }

  /** The part of authenticator data that both ceremonies share (WebAuthn §6.1). */
  #head(rpId: string, twist: Twist, flags: number): Buffer {
    const present = twist.userPresent === false ? 0 : FLAG.present
    const verified = twist.userVerified === false ? 0 : FLAG.verified
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(twist.counter ?? this.counter++)
    return Buffer.concat([sha256(rpId), Buffer.from([flags | present | verified]), counter])
  }

  #clientData(type: string, challenge: unknown, twist: Twist): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? String(challenge),
        origin: twist.origin ?? this.#origin,
        crossOrigin: twist.crossOrigin ?? false,
        ...(twist.topOrigin === undefined ? {} : { topOrigin: twist.topOrigin }),
      }),
    )
  }

  /** COSE_Key of an ES256 public key (RFC 9053 §7.1.1). */
  #coseKey(): Buffer {
    const { x = '', y = '' } = this.#pair.publicKey.export({ format: 'jwk' })
    const head = Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01])
    const part = (label: number, value: string) =>
      Buffer.concat([Buffer.from([label]), cborBytes(Buffer.from(value, 'base64url'))])
    return Buffer.concat([head, part(0x21, x), part(0x22, y)])
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

function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)])
}

function cborBytes(bytes: Buffer): Buffer {
  const head =
    bytes.length < 256
      ? Buffer.from([0x58, bytes.length])
      : Buffer.concat([Buffer.from([0x59]), uint16(bytes.length)])
  return Buffer.concat([head, bytes])
}
