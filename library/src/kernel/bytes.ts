import { hash, type KeyObject, timingSafeEqual } from 'node:crypto'

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

const BLOCK = 64
const DIGEST = 32
const LONGEST = 1024

/** A key ready to hash with: both blocks of RFC 2104, and room for what follows them. */
interface Pads {
  readonly inner: Buffer
  readonly outer: Buffer
}

const padsOf = new WeakMap<KeyObject, Pads>()

function padsFor(key: KeyObject): Pads {
  const raw = key.export()
  const secret = raw.length > BLOCK ? hash('sha256', raw, 'buffer') : raw
  const pad = (byte: number, room: number): Buffer => {
    const block = Buffer.alloc(BLOCK + room)
    for (let at = 0; at < BLOCK; at++) block[at] = (secret[at] ?? 0) ^ byte
    return block
  }
  const pads = { inner: pad(0x36, LONGEST), outer: pad(0x5c, DIGEST) }
  padsOf.set(key, pads)
  return pads
}

/**
 * HMAC-SHA-256 (RFC 2104) as base64url.
 *
 * Decision: two one-shot hashes over blocks that are made once a key, not `createHmac`: its object
 * outside the heap costs more than both hashes, and as much again to collect.
 * Cost: the padded key lies in a buffer of ours for as long as the key object lives.
 */
export function keyedHash(key: KeyObject, text: string): string {
  const { inner, outer } = padsOf.get(key) ?? padsFor(key)
  const length = Buffer.byteLength(text)
  let message = inner
  if (length > LONGEST) message = Buffer.concat([inner.subarray(0, BLOCK), Buffer.from(text)])
  else {
    inner.write(text, BLOCK, length, 'utf8')
    message = inner.subarray(0, BLOCK + length)
  }
  outer.write(hash('sha256', message, 'binary'), BLOCK, DIGEST, 'latin1')
  return hash('sha256', outer, 'base64url')
}

/** SHA-256 as base64url, for values that carry 256 random bits of their own. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}
