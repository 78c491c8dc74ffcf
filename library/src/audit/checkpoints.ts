import { createHmac, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { isCanonicalBase64url } from '../kernel/bytes.ts'
import type { Keys } from '../kernel/keys.ts'

/** A signed statement of how far the log had come and which link it ended with. */
export interface Checkpoint {
  readonly v: 1
  /** ISO 8601, UTC. */
  readonly at: string
  readonly sequence: number
  readonly link: string
  /** Id of the root key that the signing key comes from. */
  readonly key: string
  /** Ed25519 over the members before it, as base64url. */
  readonly signature: string
}

/** Where checkpoints are kept: best where who can reach the log cannot. */
export interface CheckpointShelf {
  /** Resolves when it is safe. */
  keep(checkpoint: Checkpoint): Promise<void>
}

/** Signs checkpoints and recognises its own. */
export interface Signer {
  readonly keyId: string
  /** SubjectPublicKeyInfo as base64url, to hand to whoever should be able to check. */
  readonly publicKey: string
  sign(head: { readonly sequence: number; readonly link: string }, at: number): Checkpoint
  isMine(checkpoint: Checkpoint): boolean
}

/** RFC 8410: what stands before the 32 bytes of an Ed25519 private key in PKCS #8. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * The Ed25519 key for checkpoints (RFC 8032), derived from the chain's key. No link can equal its
 * seed: what is linked begins with a digit, the label does not.
 */
export function signer(keys: Keys): Signer {
  const seed = createHmac('sha256', keys.for('audit-chain'))
    .update('bulwark/audit-checkpoint')
    .digest()
  const der = Buffer.concat([PKCS8_HEAD, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey)
  seed.fill(0)
  der.fill(0)
  return {
    keyId: keys.id,
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
    sign({ sequence, link }, at) {
      const unsigned = {
        v: 1,
        at: new Date(at).toISOString(),
        sequence,
        link,
        key: keys.id,
      } as const
      return {
        ...unsigned,
        signature: sign(null, signed(unsigned), privateKey).toString('base64url'),
      }
    },
    isMine: checkpoint =>
      checkpoint.key === keys.id &&
      isCanonicalBase64url(checkpoint.signature, 64) &&
      verify(null, signed(checkpoint), publicKey, Buffer.from(checkpoint.signature, 'base64url')),
  }
}

function signed({ v, at, sequence, link, key }: Omit<Checkpoint, 'signature'>): Buffer {
  return Buffer.from(`bulwark/audit-checkpoint\n${v}\n${at}\n${sequence}\n${link}\n${key}`)
}

/** Reads one line of a checkpoint file; `undefined` when it is none. */
export function parseCheckpoint(line: string): Checkpoint | undefined {
  try {
    const it = JSON.parse(line) as Partial<Checkpoint> | null
    const texts = [it?.at, it?.link, it?.key, it?.signature]
    if (it?.v !== 1 || !Number.isSafeInteger(it.sequence)) return undefined
    return texts.every(text => typeof text === 'string') ? (it as Checkpoint) : undefined
  } catch {
    return undefined
  }
}
