import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
} from 'node:crypto'
import type { Keys } from '../../kernel/keys.ts'
import type { Random } from '../../kernel/random.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Payloads are filled up to a multiple of this, so that their length tells no code and no address. */
const BLOCK_BYTES = 1024

/** The key of waiting mails, made from the key of the links they carry. */
export function mailKey(keys: Keys): KeyObject {
  return createSecretKey(
    createHmac('sha256', keys.for('one-time-token')).update('bulwark/waiting-mail').digest(),
  )
}

/**
 * Seals a waiting mail for the queue: it holds an address and often a link that works.
 *
 * @param id the job's id, bound in, so that one payload cannot be put in another's place
 */
export function sealMail(key: KeyObject, random: Random, id: string, text: string): string {
  const plain = Buffer.from(text)
  const filled = Buffer.alloc(Math.ceil((plain.length + 1) / BLOCK_BYTES) * BLOCK_BYTES, ' ')
  plain.copy(filled)
  const nonce = random.bytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(id))
  const sealed = Buffer.concat([nonce, cipher.update(filled), cipher.final(), cipher.getAuthTag()])
  return sealed.toString('base64url')
}

/** Opens it with whichever key fits, or answers `undefined`. */
export function openMail(
  keys: readonly KeyObject[],
  id: string,
  sealed: string,
): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
  for (const key of keys) {
    const nonce = bytes.subarray(0, NONCE_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(id))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    try {
      const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES)
      return Buffer.concat([decipher.update(body), decipher.final()])
        .toString()
        .trimEnd()
    } catch {
      // sealed under another key, or changed: the next key decides
    }
  }
  return undefined
}
