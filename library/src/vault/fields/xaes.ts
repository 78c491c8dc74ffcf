import { type CipherGCM, createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'

/** XAES-256-GCM under one key. */
export interface Xaes {
  /** Ciphertext and tag. `nonce` is 24 bytes and never used twice; random ones never collide. */
  seal(nonce: Uint8Array, plaintext: Uint8Array, bound: Uint8Array): Buffer
  /** The plaintext, or `undefined` when anything at all is not as it was sealed. */
  open(nonce: Uint8Array, sealed: Uint8Array, bound: Uint8Array): Buffer | undefined
}

export const NONCE_BYTES = 24
export const TAG_BYTES = 16

const BLOCK = 16
const PREFIX = 12
const NO_BYTES = Buffer.alloc(0)

/**
 * The extended-nonce AES-256-GCM of C2SP: a fresh AES-256-GCM key for the first half of each nonce,
 * by SP 800-108 in counter mode with CMAC. Nonces can be drawn at random for 2^80 messages, where
 * plain AES-GCM should stop at 2^32.
 *
 * @see C2SP XAES-256-GCM v1.0.0; ASVS 11.3.2, 11.3.4
 */
export function xaes(key: KeyObject): Xaes {
  // ECB has no state between blocks, so one cipher serves every derivation under this key.
  const block = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  const k1 = doubled(block.update(Buffer.alloc(BLOCK)))

  const derived = (nonce: Uint8Array): Buffer => {
    const input = Buffer.alloc(2 * BLOCK)
    for (let half = 0; half < 2; half++) {
      const at = half * BLOCK
      input[at + 1] = half + 1
      input[at + 2] = 0x58 // 'X'
      input.set(nonce.subarray(0, PREFIX), at + 4)
      for (let i = 0; i < BLOCK; i++) input[at + i] = (input[at + i] ?? 0) ^ (k1[i] ?? 0)
    }
    return block.update(input)
  }

  return {
    seal: (nonce, plaintext, bound) =>
      gcmSeal(derived(nonce), nonce.subarray(PREFIX), plaintext, bound),
    open: (nonce, sealed, bound) => gcmOpen(derived(nonce), nonce.subarray(PREFIX), sealed, bound),
  }
}

/** AES-256-GCM with a 96-bit nonce: ciphertext, then the whole 128-bit tag. */
export function gcmSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  bound: Uint8Array,
): Buffer {
  const cipher: CipherGCM = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(bound)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** The way back; `undefined` when the tag is not the one. */
export function gcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  bound: Uint8Array,
): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined
  const end = sealed.length - TAG_BYTES
  // Without authTagLength Node would take tags of 4 bytes, which are guessed in an afternoon.
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(bound)
  decipher.setAuthTag(sealed.subarray(end))
  const plaintext = decipher.update(sealed.subarray(0, end))
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    return undefined
  }
  return plaintext.length === 0 ? NO_BYTES : plaintext
}

/** Doubling in GF(2^128), as CMAC derives its first subkey (SP 800-38B §6.1). */
function doubled(bytes: Buffer): Buffer {
  const out = Buffer.alloc(BLOCK)
  let carry = 0
  for (let i = BLOCK - 1; i >= 0; i--) {
    const byte = bytes[i] ?? 0
    out[i] = ((byte << 1) | carry) & 0xff
    carry = byte >> 7
  }
  out[BLOCK - 1] = (out[BLOCK - 1] ?? 0) ^ (carry * 0x87)
  return out
}
