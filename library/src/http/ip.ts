import { isIPv4, isIPv6 } from 'node:net'

/** Canonical text, or undefined when it is no IP address: the same client is always the same key. */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  const bare = withoutZone(text)
  return isIPv6(bare) ? ipv6Text(ipv6Groups(bare)) : undefined
}

/** A socket's own spelling (already canonical) without zone, and IPv4 taken out of IPv6. */
export function unmapped(address: string): string {
  if (address.indexOf(':') < 0) return address
  const bare = withoutZone(address)
  return isIPv6(bare) && bare.startsWith('::') ? ipv6Text(ipv6Groups(bare)) : bare
}

/** The first half of an address, where all of it is written out as in canonical text. */
const FOUR_GROUPS =
  /^(?:[1-9a-f][\da-f]{0,3}:)(?:(?:0|[1-9a-f][\da-f]{0,3}):){2}(?:0|[1-9a-f][\da-f]{0,3})(?=:)/

/**
 * What one client can hardly change, as the key of limits: an IPv4 address itself, of IPv6 the /64
 * that a single customer gets.
 */
export function addressBucket(address: string): string {
  if (address.indexOf(':') < 0) return address
  const bare = withoutZone(address)
  if (!isIPv6(bare)) return bare
  const first = FOUR_GROUPS.exec(bare)?.[0]
  if (first !== undefined) return `${first.replace(/(?::0)+$/, '')}::/64`
  const groups = ipv6Groups(bare)
  const mapped = mappedIpv4(groups)
  return mapped ?? `${ipv6Text([...groups.slice(0, 4), 0, 0, 0, 0])}/64`
}

/** 127.0.0.0/8 and ::1, mapped or not. */
export function isLoopback(address: string): boolean {
  const bare = unmapped(address)
  return bare === '::1' || (bare.startsWith('127.') && isIPv4(bare))
}

function withoutZone(text: string): string {
  const zone = text.indexOf('%')
  return zone < 0 ? text : text.slice(0, zone)
}

/** Eight groups of a valid IPv6 text. */
function ipv6Groups(text: string): number[] {
  const [head = '', tail] = text.split('::')
  const left = groupsOf(head)
  if (tail === undefined) return left
  const right = groupsOf(tail)
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right]
}

function groupsOf(part: string): number[] {
  const groups: number[] = []
  for (const piece of part === '' ? [] : part.split(':')) {
    if (piece.includes('.')) {
      const [a = 0, b = 0, c = 0, d = 0] = piece.split('.').map(Number)
      groups.push(a * 256 + b, c * 256 + d)
    } else {
      groups.push(Number.parseInt(piece, 16))
    }
  }
  return groups
}

function mappedIpv4(groups: readonly number[]): string | undefined {
  const [a, b, c, d, e, f, g = 0, h = 0] = groups
  if (a !== 0 || b !== 0 || c !== 0 || d !== 0 || e !== 0 || f !== 0xffff) return undefined
  return `${g >> 8}.${g & 255}.${h >> 8}.${h & 255}`
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zeros as `::`. */
function ipv6Text(groups: readonly number[]): string {
  const mapped = mappedIpv4(groups)
  if (mapped !== undefined) return mapped
  let from = -1
  let longest = 1
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (i + run < 8 && groups[i + run] === 0) run++
    if (run > longest) {
      from = i
      longest = run
    }
  }
  const hex = groups.map(group => group.toString(16))
  if (from < 0) return hex.join(':')
  return `${hex.slice(0, from).join(':')}::${hex.slice(from + longest).join(':')}`
}
