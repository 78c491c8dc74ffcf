import { createHmac } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const STEP_SECONDS = 30

/** @see RFC 4648 §6 */
export function base32Decode(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const letter of text.toUpperCase().replaceAll(/[\s=-]/g, '')) {
    value = (value << 5) | ALPHABET.indexOf(letter)
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >>> bits) & 0xff)
      value &= (1 << bits) - 1
    }
  }
  return Buffer.from(bytes)
}

export function base32Encode(bytes: Uint8Array): string {
  const bits = [...bytes].map(byte => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map(five => ALPHABET[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}

/**
 * The six digits that an authenticator app shows for the Base32 `seed`.
 *
 * @param steps how many steps of 30 s from now: -1 is the one before
 * @see RFC 6238 §4
 */
export function totp(seed: string, steps: number = 0, now: number = Date.now()): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 1000 / STEP_SECONDS) + steps))
  const mac = createHmac('sha1', base32Decode(seed)).update(counter).digest()
  const offset = (mac[mac.length - 1] ?? 0) & 0x0f
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000
  return String(number).padStart(6, '0')
}
