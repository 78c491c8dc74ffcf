import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// A second reading of the registries, by other means: whole addresses as one BigInt, the CSV itself.

interface Network {
  readonly base: bigint
  readonly bits: number
  readonly prefix: number
  readonly reachable: boolean
}

function numberOf(address: string): { value: bigint; bits: number } {
  if (!address.includes(':')) {
    const value = address.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)
    return { value, bits: 32 }
  }
  const quad = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const text =
    quad === null
      ? address
      : `${address.slice(0, quad.index)}${hex(quad[1], quad[2])}:${hex(quad[3], quad[4])}`
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill('0')
  const value = [...left, ...middle, ...right].reduce(
    (sum, hextet) => sum * 65_536n + BigInt(`0x${hextet}`),
    0n,
  )
  return { value, bits: 128 }
}

function hex(high = '0', low = '0'): string {
  return (Number(high) * 256 + Number(low)).toString(16)
}

function network(cidr: string, reachable: boolean): Network {
  const [address = '', prefix] = cidr.split('/')
  const { value, bits } = numberOf(address)
  return { base: value, bits, prefix: prefix === undefined ? bits : Number(prefix), reachable }
}

function holds({ base, bits, prefix }: Network, value: bigint, width: number): boolean {
  const shift = BigInt(bits - prefix)
  return width === bits && value >> shift === base >> shift
}

function registry(file: string): Network[] {
  const text = readFileSync(join(import.meta.dirname, 'registry', file), 'utf8')
  // Each record begins with its blocks and ends with two flags; what is between does not matter here.
  const records = text.split(/\n(?=["\d:a-f])/).slice(1)
  return records.flatMap(record => {
    const blocks = record.match(/^"?((?:[\da-f.:]+\/\d+(?:, )?)+)/)?.[1]?.split(', ') ?? []
    const reachable = /,True(?: \[\d+\])?,[^,]*$/.test(record.trimEnd())
    return blocks.map(block => network(block, reachable))
  })
}

const NETWORKS = [
  ...registry('iana-ipv4-special-registry-1.csv'),
  ...registry('iana-ipv6-special-registry-1.csv'),
  network('0.0.0.0/0', true),
  network('224.0.0.0/4', false),
  network('168.63.129.16/32', false),
  network('2000::/3', true),
  network('::/0', false),
]

/** Whether an address is public, or excepted, by this second reading. */
export function isPublic(address: string, exceptions: readonly string[] = []): boolean {
  const { value, bits } = numberOf(address)
  if (exceptions.some(cidr => holds(network(cidr, true), value, bits))) return true
  const [best] = NETWORKS.filter(candidate => holds(candidate, value, bits)).sort(
    (a, b) => b.prefix - a.prefix,
  )
  if (best?.reachable !== true) return false
  if (bits === 32) return true
  const inner = [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 255n).join('.')
  const isatap = ((value >> 32n) & 0xfdffffffn) === 0x5efen
  const nat64 = value >> 32n === 0x64ff9b0000000000000000n
  return isatap || nat64 ? isPublic(inner, exceptions) : true
}
