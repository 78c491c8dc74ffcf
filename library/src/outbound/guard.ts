import { isIPv4 } from 'node:net'
import { ConfigFault } from '../kernel/fault.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import type { Refusal } from '../kernel/refusal.ts'
import {
  type Address,
  type Block,
  readAddress,
  readBlock,
  within,
  writeAddress,
} from './address.ts'
import { embeddedIn, NAT64_LENGTHS } from './embedded.ts'
import { hostMatcher, localNameRule, withoutRootDot } from './hosts.ts'
import type { OutboundSettings } from './options.ts'
import { pathMatcher } from './paths.ts'
import { reachOf } from './reachable.ts'
import { because, refusals } from './refusals.ts'

/** The rules of one policy, compiled. Pure but for `ownAddresses`, which it is handed. */
export interface Guard {
  /** Parses and judges what a user gave. The parsed URL is the only thing used from then on. */
  admit(raw: string, base?: URL): Outcome<URL>
  /** Judges what of a host is asked for. */
  judgePath(path: string): Refusal | undefined
  /** Judges where a socket is to go: scheme, port, host name rules, and a literal address. */
  judgeTarget(scheme: string, host: string, port: number): Refusal | undefined
  /** Judges one address in text, also after connecting to it. */
  judgeAddress(address: string): Refusal | undefined
  /** Judges all records of an answer; grants the ones that may be connected to, in order. */
  judgeAnswer(host: string, addresses: readonly string[]): Outcome<readonly string[]>
}

/**
 * Compiles `settings`. With `parent`, both must let through: a narrowed policy cannot widen.
 *
 * @throws {ConfigFault} when a host pattern, a path or a block does not parse
 */
export function guardOf(
  settings: OutboundSettings,
  ownAddresses: () => readonly string[],
  parent?: Guard,
): Guard {
  const schemes = new Set<string>(settings.schemes.map(scheme => `${scheme}:`))
  const ports = new Set(settings.ports)
  const local = localNameRule(settings.allowLocalNames)
  const denied = hostMatcher('denyHosts', settings.denyHosts)
  const allowed =
    settings.allowHosts === undefined ? undefined : hostMatcher('allowHosts', settings.allowHosts)
  const judgeOne = addressRule(settings, ownAddresses)

  const judgeAddress = (address: string): Refusal | undefined =>
    judgeOne(address) ?? parent?.judgeAddress(address)

  const judgeTarget: Guard['judgeTarget'] = (scheme, host, port) => {
    if (!schemes.has(scheme)) return because(refusals.scheme, scheme)
    if (!ports.has(port)) return because(refusals.port, `port ${port}`)
    const name = withoutRootDot(host)
    if (denied(name)) return because(refusals.host, `${name} is on the deny list`)
    if (allowed !== undefined && !allowed(name)) {
      return because(refusals.host, `${name} is not on the allow list`)
    }
    const literal = literalOf(name)
    const refusal = literal === undefined ? local(name) : judgeOne(literal)
    return refusal ?? parent?.judgeTarget(scheme, host, port)
  }

  const listed = settings.allowPaths === undefined ? undefined : pathMatcher(settings.allowPaths)
  const judgePath: Guard['judgePath'] = path => {
    if (listed !== undefined && !listed(path)) {
      return because(refusals.path, `${path} is not on the allow list`)
    }
    return parent?.judgePath(path)
  }

  return {
    judgePath,
    admit(raw, base) {
      const url = raw.length > settings.maxUrlBytes ? null : URL.parse(raw, base?.href)
      if (url === null) return refused(because(refusals.url, 'is no URL, or too long a one'))
      if (url.href.length > settings.maxUrlBytes) {
        return refused(because(refusals.url, `longer than ${settings.maxUrlBytes} bytes`))
      }
      if (url.username !== '' || url.password !== '') return refused(refusals.credentials)
      const refusal =
        judgeTarget(url.protocol, url.hostname, portOf(url)) ?? judgePath(url.pathname)
      return refusal === undefined ? granted(url) : refused(refusal)
    },
    judgeTarget,
    judgeAddress,
    judgeAnswer(host, addresses) {
      if (addresses.length === 0) return refused(because(refusals.lookup, `${host} has no address`))
      const good: string[] = []
      let worst: Refusal | undefined
      for (const address of addresses) {
        const refusal = judgeAddress(address)
        if (refusal === undefined) good.push(address)
        else worst ??= because(refusal, `${host} answers ${refusal.why ?? address}`)
      }
      // Decision: one forbidden record refuses the whole answer, for nobody publishes one honestly.
      // Cost: a zone with a stray private record is out of reach until `mixed: 'filter'`.
      if (worst !== undefined && (settings.mixed === 'refuse' || good.length === 0)) {
        return refused(worst)
      }
      return granted(good)
    },
  }
}

/** The address in a URL's host, without brackets, or `undefined` when the host is a name. */
export function literalOf(host: string): string | undefined {
  if (host.startsWith('[')) return host.slice(1, -1)
  return isIPv4(host) || host.includes(':') ? host : undefined
}

/** The port a URL means. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : url.protocol === 'http:' ? 80 : -1
}

function addressRule(
  settings: OutboundSettings,
  ownAddresses: () => readonly string[],
): (text: string) => Refusal | undefined {
  const allow = blocks('allowAddresses', settings.allowAddresses)
  const deny = blocks('denyAddresses', settings.denyAddresses)
  const nat64 = blocks('nat64Prefixes', settings.nat64Prefixes)
  for (const { base, prefix } of nat64) {
    if (base.length !== 4 || !NAT64_LENGTHS.includes(prefix)) {
      throw new ConfigFault('outbound.nat64Prefixes', 'write IPv6 /32, /40, /48, /56, /64 or /96')
    }
  }
  const own = ownMatcher(ownAddresses)

  /** One layer: the address itself, or one that it embeds. */
  const judge = (address: Address, shown: () => string): Refusal | undefined => {
    if (deny.some(block => within(address, block))) return because(refusals.deniedAddress, shown())
    if (allow.some(block => within(address, block))) return undefined
    if (nat64.some(block => within(address, block))) return undefined
    const { reachable, rule } = reachOf(address)
    if (!reachable) return because(refusals.privateAddress, `${shown()} in ${rule}`)
    return own(address) ? because(refusals.ownAddress, shown()) : undefined
  }

  return text => {
    const address = readAddress(text)
    if (address === undefined) {
      return because(refusals.privateAddress, `${JSON.stringify(text)} is no plain address`)
    }
    const refusal = judge(address, () => text)
    if (refusal !== undefined) return refusal
    for (const { form, address: inner } of embeddedIn(address, nat64)) {
      const hidden = judge(inner, () => `${text} (${form} ${writeAddress(inner)})`)
      if (hidden !== undefined) return hidden
    }
    return undefined
  }
}

/**
 * Whether an address is this machine's own. Asked anew for each socket: interfaces come and go.
 *
 * Decision: our own public address is inward too, because services that a firewall shields from the
 * outside listen on it. Cost: who calls himself by his public name lists it in `allowAddresses`.
 */
function ownMatcher(ownAddresses: () => readonly string[]): (address: Address) => boolean {
  return address =>
    ownAddresses().some(text => {
      const own = readAddress(text)
      return own?.length === address.length && own.every((word, at) => word === address[at])
    })
}

function blocks(option: string, list: readonly string[]): Block[] {
  return list.map(text => {
    const block = readBlock(text)
    if (block === undefined) {
      throw new ConfigFault(
        `outbound.${option}`,
        `${JSON.stringify(text)} is no CIDR block; write 10.20.0.0/16 or 2001:db8::/32, host bits zero`,
      )
    }
    return block
  })
}
