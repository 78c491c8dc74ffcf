import { isIPv4, isIPv6 } from 'node:net'

/** An address as 32-bit words: one for IPv4, four for IPv6. */
export type Address = readonly number[]

/** A CIDR block. */
export interface Block {
  readonly base: Address
  /** Leading bits that count, 0 to 32 or 0 to 128. */
  readonly prefix: number
}

/**
 * Reads an address as the URL parser and resolvers write it. Answers `undefined` for anything else:
 * a zone id (`fe80::1%eth0`), an octal or short IPv4 spelling, a name.
 */
export function readAddress(text: string): Address | undefined {
  if (isIPv4(text)) return [readQuad(text)]
  // A zone id passes isIPv6 and names an interface of this machine.
  if (!isIPv6(text) || text.includes('%')) return undefined
  return readHextets(text)
}

/** Reads `address/prefix`, or a lone address as a block of one. Host bits must be zero. */
export function readBlock(text: string): Block | undefined {
  const [address = '', prefixText, more] = text.split('/')
  const base = readAddress(address)
  if (base === undefined || more !== undefined) return undefined
  const widest = base.length * 32
  if (prefixText === undefined) return { base, prefix: widest }
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(prefixText)) return undefined
  const prefix = Number(prefixText)
  if (prefix > widest) return undefined
  const hostBits = base.some((word, index) => (word & ~maskOf(prefix - index * 32)) !== 0)
  return hostBits ? undefined : { base, prefix }
}

/** Whether `address` lies in `block`. Families never match each other. */
export function within(address: Address, block: Block): boolean {
  const { base } = block
  if (address.length !== base.length) return false
  let bits = block.prefix
  for (let index = 0; bits > 0; index++, bits -= 32) {
    if ((((address[index] ?? 0) ^ (base[index] ?? 0)) & maskOf(bits)) !== 0) return false
  }
  return true
}

/** IPv4 in dotted decimal, IPv6 in eight plain hextets. For the audit. */
export function writeAddress(address: Address): string {
  if (address.length === 1) {
    const [word = 0] = address
    return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255].join('.')
  }
  return address
    .flatMap(word => [(word >>> 16).toString(16), (word & 0xffff).toString(16)])
    .join(':')
}

/** The mask that keeps the first `bits` bits of a word; none below 1, all above 31. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0
  return bits >= 32 ? -1 : ~(0xffff_ffff >>> bits)
}

function readQuad(text: string): number {
  let word = 0
  for (const octet of text.split('.')) word = (word << 8) | Number(octet)
  return word >>> 0
}

function readHextets(text: string): Address {
  const [left = '', right] = text.split('::')
  const head = hextets(left)
  const tail = right === undefined ? [] : hextets(right)
  const all = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
  return [0, 2, 4, 6].map(at => (((all[at] ?? 0) << 16) | (all[at + 1] ?? 0)) >>> 0)
}

function hextets(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(part => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)]
    const quad = readQuad(part)
    return [quad >>> 16, quad & 0xffff]
  })
}
