import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { ConfigFault } from './fault.ts'
import { Secret } from './secret.ts'

/** What a derived key is for. One purpose, one label, one key; a label is never given away again. */
export type Purpose =
  | 'audit-chain'
  | 'audit-address'
  | 'backup-code'
  | 'blind-index'
  | 'counter'
  | 'csrf'
  | 'device'
  | 'download-link'
  | 'field'
  | 'one-time-token'
  | 'passkey-decoy'
  | 'password-pepper'
  | 'refresh-token'
  | 'session'
  | 'token-signing'
  | 'trusted-device'
  | 'visitor'
  | 'webhook'

/** One root key and every key derived from it. */
export interface Keys {
  /** First 8 hex characters of a hash of the root: names it without telling it. */
  readonly id: string
  /** The 256-bit key for one purpose; always the same object. */
  for(purpose: Purpose): KeyObject
}

const SALT = Buffer.from('bulwark/v1')

/**
 * Derives the keys of all purposes from one root by HKDF-SHA-256 (RFC 5869), label `bulwark/PURPOSE`.
 *
 * @param root at least 32 bytes, as base64url, base64 or hex text (see `bulwark keys new`) or bytes
 * @throws {ConfigFault} when the root is short, a placeholder or of too little variety
 * @see ASVS 11.2.3, 13.3.1
 */
export function deriveKeys(root: string | Uint8Array | Secret<string>): Keys {
  const bytes = rootBytes(root instanceof Secret ? root.reveal() : root)
  const made = new Map<Purpose, KeyObject>()
  const derive = (label: string): Buffer =>
    Buffer.from(hkdfSync('sha256', bytes, SALT, `bulwark/${label}`, 32))
  return {
    id: derive('id').toString('hex').slice(0, 8),
    for(purpose) {
      let key = made.get(purpose)
      if (key === undefined) {
        key = createSecretKey(derive(purpose))
        made.set(purpose, key)
      }
      return key
    },
  }
}

const HOW = 'write 32 random bytes, as `npx bulwark keys new` prints them'

function rootBytes(root: string | Uint8Array): Uint8Array {
  const bytes = typeof root === 'string' ? decoded(root.trim()) : root
  if (bytes.length < 32) {
    throw new ConfigFault('rootKey', `has ${bytes.length} bytes where 32 are the least; ${HOW}`)
  }
  // 32 random bytes hold about 30 different values; fewer than 16 never happens by chance.
  if (new Set(bytes).size < 16) {
    throw new ConfigFault('rootKey', `is not random: too few different bytes; ${HOW}`)
  }
  return bytes
}

function decoded(text: string): Uint8Array {
  if (/^[0-9a-f]+$/i.test(text) && text.length % 2 === 0) return Buffer.from(text, 'hex')
  if (/^[A-Za-z0-9_-]+$/.test(text)) return Buffer.from(text, 'base64url')
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return Buffer.from(text, 'base64')
  throw new ConfigFault('rootKey', `is neither base64url, base64 nor hex; ${HOW}`)
}
