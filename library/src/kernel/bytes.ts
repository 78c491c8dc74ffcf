import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto'

const BASE64URL = /^[A-Za-z0-9_-]*$/

/**
 * Whether `text` is the one canonical base64url spelling of `bytes` bytes. Node decodes many
 * spellings to the same bytes; accepting more than one lets a denylist be walked around.
 */
export function isCanonicalBase64url(text: string, bytes: number): boolean {
  if (text.length !== Math.ceil((bytes * 4) / 3) || !BASE64URL.test(text)) return false
  return Buffer.from(text, 'base64url').toString('base64url') === text
}

/** Compares two strings without telling by its time where they differ. Lengths are not secret. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** HMAC-SHA-256 as base64url. `key` is a KeyObject: raw buffers cost seven times more. */
export function keyedHash(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

/** SHA-256 as base64url, for values that carry 256 random bits of their own. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}
