import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

// Certificates for tests, made as they are needed: no key lies in the repository.

/** A certificate with its key. */
export interface Issued {
  readonly cert: string
  readonly key: string
  readonly subject: string
  readonly signer: KeyObject
}

/** An ECDSA P-256 certificate for `names`, signed by `by`, or by itself when there is no `by`. */
export function certificate(
  subject: string,
  names: readonly string[],
  by?: Issued,
  expiresAt: Date = new Date(Date.now() + 86_400_000),
): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    name(by?.subject ?? subject),
    sequence(time(new Date(Date.now() - 86_400_000 * 2)), time(expiresAt)),
    name(subject),
    publicKey.export({ format: 'der', type: 'spki' }),
    explicit(3, sequence(...extensions(names, by === undefined))),
  )
  const signature = sign('sha256', body, by?.signer ?? privateKey)
  const der = sequence(body, ECDSA_SHA256, tlv(0x03, Buffer.from([0]), signature))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return {
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    subject,
    signer: privateKey,
  }
}

function extensions(names: readonly string[], authority: boolean): Buffer[] {
  const alternatives = names.map(one =>
    isIPv4(one) ? tlv(0x87, Buffer.from(one.split('.').map(Number))) : tlv(0x82, Buffer.from(one)),
  )
  return [
    // subjectAltName
    sequence(oid('551d11'), octets(sequence(...alternatives))),
    // basicConstraints, critical
    sequence(
      oid('551d13'),
      tlv(0x01, Buffer.from([255])),
      octets(authority ? sequence(tlv(0x01, Buffer.from([255]))) : sequence()),
    ),
  ]
}

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const size = body.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

const sequence = (...parts: Buffer[]): Buffer => tlv(0x30, ...parts)
const integer = (bytes: Buffer): Buffer => tlv(0x02, bytes)
const octets = (bytes: Buffer): Buffer => tlv(0x04, bytes)
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'))
const explicit = (tag: number, part: Buffer): Buffer => tlv(0xa0 + tag, part)
const name = (common: string): Buffer =>
  sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from(common)))))
const time = (at: Date): Buffer =>
  tlv(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))

const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'))
