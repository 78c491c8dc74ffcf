import { type Address, type Block, readBlock, within } from './address.ts'
import { type Row, SPECIAL_IPV4, SPECIAL_IPV6 } from './registry/special-purpose.ts'

/** What the registries say about one address. */
export interface Reach {
  /** Whether it is a public unicast address that anyone may reach. */
  readonly reachable: boolean
  /** The block that decided and its name, for the audit. */
  readonly rule: string
}

interface Rule extends Reach {
  readonly block: Block
}

/** Not in the special-purpose registries, and never somebody else's public host. */
const BESIDE_IPV4: readonly Row[] = [
  ['224.0.0.0/4', false, 'multicast'],
  ['168.63.129.16/32', false, 'Azure platform address'],
]

const BESIDE_IPV6: readonly Row[] = [
  ['::/96', false, 'IPv4-compatible, deprecated'],
  ['::ffff:0:0:0/96', false, 'IPv4-translated'],
  ['fec0::/10', false, 'site-local, deprecated'],
  ['ff00::/8', false, 'multicast'],
  ['2000::/3', true, 'global unicast'],
  ['::/0', false, 'not allocated for global unicast'],
]

/** From the longest prefix to the shortest: the first that matches decides. */
function ordered(rows: readonly Row[]): Rule[] {
  return rows
    .map(([cidr, reachable, name]) => {
      const block = readBlock(cidr)
      if (block === undefined) throw new Error(`the address table holds ${cidr}`)
      return { block, reachable, rule: `${cidr} ${name}` }
    })
    .sort((a, b) => b.block.prefix - a.block.prefix)
}

const IPV4 = ordered([...SPECIAL_IPV4, ...BESIDE_IPV4, ['0.0.0.0/0', true, 'global unicast']])
const IPV6 = ordered([...SPECIAL_IPV6, ...BESIDE_IPV6])

/**
 * Looks `address` up, without looking into it: an IPv4 address inside is `embeddedIn`'s affair.
 *
 * Decision: IPv6 outside 2000::/3 is refused although no registry row forbids it, because nothing
 * there is delegated to anyone and kernels and tunnels give some of it a meaning.
 * Cost: when IANA opens a second block for global unicast, this table needs a row.
 *
 * @see RFC 6890, RFC 8190, RFC 4291 §2.4
 */
export function reachOf(address: Address): Reach {
  const rules = address.length === 1 ? IPV4 : IPV6
  for (const rule of rules) {
    if (within(address, rule.block)) return rule
  }
  return { reachable: false, rule: 'not an address' }
}
