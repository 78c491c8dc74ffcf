import { type Address, type Block, within } from './address.ts'

/** An IPv4 address that travels inside an IPv6 address, and where packets to the outer one may end. */
export interface Embedded {
  /** The mechanism, for the audit. */
  readonly form: string
  readonly address: Address
}

/**
 * Every IPv4 address that `address` carries in one of the standard forms. An IPv4 address carries
 * none. Each must be judged like the outer address: a translator or tunnel on the way delivers there.
 *
 * @param nat64 RFC 6052 prefixes of this network, beside the well-known one
 * @see RFC 4291 §2.5.5, RFC 6052 §2.2, RFC 3056, RFC 4380 §4, RFC 5214 §6.1, RFC 2765 §2.1
 */
export function embeddedIn(address: Address, nat64: readonly Block[]): Embedded[] {
  if (address.length !== 4) return []
  const [a = 0, b = 0, c = 0, d = 0] = address
  const found: Embedded[] = []
  const carries = (form: string, word: number): void => {
    found.push({ form, address: [word >>> 0] })
  }
  if (a === 0 && b === 0) {
    if (c === 0xffff) carries('IPv4-mapped', d)
    if (c === 0xffff_0000) carries('IPv4-translated', d)
    // :: and ::1 are addresses of their own (RFC 4291 §2.5.2, §2.5.3).
    if (c === 0 && d > 1) carries('IPv4-compatible', d)
  }
  if (a === 0x0064_ff9b && b === 0 && c === 0) carries('NAT64', d)
  // The local-use prefix: operators mostly cut it as a /96, and then the address is at the end.
  if (a === 0x0064_ff9b && b >>> 16 === 1) carries('NAT64 local-use', d)
  if (a >>> 16 === 0x2002) carries('6to4', (a << 16) | (b >>> 16))
  if (a === 0x2001_0000) {
    carries('Teredo server', b)
    carries('Teredo client', ~d)
  }
  if (c === 0x0000_5efe || c === 0x0200_5efe) carries('ISATAP', d)
  for (const prefix of nat64) {
    if (within(address, prefix)) carries('NAT64', atPrefix(address, prefix.prefix))
  }
  return found
}

/** Prefix lengths that RFC 6052 §2.2 defines. */
export const NAT64_LENGTHS: readonly number[] = [32, 40, 48, 56, 64, 96]

/** The IPv4 address behind an RFC 6052 prefix; octet 8 (bits 64 to 71) is skipped, as §2.2 draws it. */
function atPrefix(address: Address, prefix: number): number {
  const octet = (at: number): number => ((address[at >> 2] ?? 0) >>> (24 - (at & 3) * 8)) & 255
  let word = 0
  for (let at = prefix / 8, taken = 0; taken < 4; at++) {
    if (at === 8) continue
    word = (word << 8) | octet(at)
    taken++
  }
  return word
}
