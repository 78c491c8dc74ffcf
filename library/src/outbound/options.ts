import { X509Certificate } from 'node:crypto'
import { ConfigFault } from '../kernel/fault.ts'
import { onlyKnown } from '../kernel/options.ts'
import type { Secret } from '../kernel/secret.ts'
import type { OutboundEvent } from './events.ts'

/** What may go out under one name. Judged once, by `outboundPolicy`. */
export interface OutboundOptions {
  /** Names the policy in the audit and the metrics: `webhooks`, `link-preview`. */
  readonly name: string
  /** What goes out here and who chooses the destination, in one sentence, for the dossier. */
  readonly purpose?: string
  /** Default: `['http', 'https']`. */
  readonly schemes?: readonly ('http' | 'https')[]
  /** Default: `[80, 443]`. */
  readonly ports?: readonly number[]
  /** Exact names or `*.suffix`. Set, nothing else may be named; it lifts no address rule. */
  readonly allowHosts?: readonly string[]
  /**
   * Path prefixes at a segment boundary, such as `/hooks`. Set, nothing else of a host is asked for,
   * redirects included. Agents see no paths: it binds `safeFetch`, `outboundFetch` and `judgeUrl`.
   */
  readonly allowPaths?: readonly string[]
  /** Exact names or `*.suffix`; wins over `allowHosts`. */
  readonly denyHosts?: readonly string[]
  /** Names that are local by definition and wanted all the same, such as `idp.corp.internal`. */
  readonly allowLocalNames?: readonly string[]
  /** CIDR blocks allowed although special. The IPv4 address inside an IPv6 one is judged as well. */
  readonly allowAddresses?: readonly string[]
  /** CIDR blocks refused on top of the registries; wins over `allowAddresses`. */
  readonly denyAddresses?: readonly string[]
  /** RFC 6052 prefixes of this network's NAT64, beside 64:ff9b::/96. */
  readonly nat64Prefixes?: readonly string[]
  /** What to do with an answer that mixes allowed and forbidden addresses. Default: `refuse`. */
  readonly mixed?: 'refuse' | 'filter'
  /** Redirects followed, 0 to 20. Default: 5. */
  readonly maxRedirects?: number
  /** Follow redirects from https to http. */
  readonly dangerouslyAllowDowngrade?: boolean
  /** Default: 2048. */
  readonly maxUrlBytes?: number
  /** One request header's value. Default: 8192. */
  readonly maxRequestHeaderBytes?: number
  /** All response headers together. Default: 16 KiB. */
  readonly maxHeaderBytes?: number
  /** The response body as it arrives. Default: 1 MiB. */
  readonly maxBodyBytes?: number
  /** The response body after decoding. Default: 1 MiB. */
  readonly maxDecodedBytes?: number
  /** Default: 2000. */
  readonly lookupMs?: number
  /** TCP and TLS together. Default: 4000. */
  readonly connectMs?: number
  /** From the request to the first byte of the final response's headers, per hop. Default: 10 000. */
  readonly firstByteMs?: number
  /** Everything, from the call to the last decoded byte, over all hops. Default: 15 000. */
  readonly totalMs?: number
  /** How long an idle connection is kept; servers cannot prolong it. Default: 4000. */
  readonly keepAliveMs?: number
  /** Requests under way at once; more wait for a slot inside `totalMs`. Default: 128. */
  readonly maxConcurrent?: number
  /** Open sockets; the longest idle one makes room. Default: 512. */
  readonly maxSockets?: number
  /**
   * Refusals that a name or the network caused answer at the next multiple of this, counted from the
   * call, so that their time does not tell them apart. Default: 100; 0 answers at once.
   */
  readonly refusalStepMs?: number
  /** Offer HTTP/2 in the TLS handshake. Default: false. */
  readonly http2?: boolean
  /** PEM certificates that replace the system's roots (ASVS 12.3.4). */
  readonly ca?: string | readonly string[]
  /** Name servers to ask instead of the system's, as `address` or `address:port`. */
  readonly dnsServers?: readonly string[]
  /** A forward proxy. Stated, it is what is trusted: see `OutboundProxy`. */
  readonly proxy?: OutboundProxy
  /** Sees every decision and every end. Throwing changes nothing. */
  readonly observe?: (event: OutboundEvent) => void
}

/**
 * A forward proxy that resolves names and opens sockets for us by CONNECT. URL rules, names, ports and
 * literal addresses are still judged here; what a name resolves to is then the proxy's to judge.
 */
export interface OutboundProxy {
  /** `http://host:port` or `https://host:port`, without credentials. */
  readonly url: string
  /** Says that the proxy itself refuses private addresses. Nothing else makes this setting valid. */
  readonly trustedToFilter: true
  /** The value of `Proxy-Authorization`. */
  readonly authorization?: Secret
}

/** Every option with its value. Frozen. */
export type OutboundSettings = Readonly<
  Required<
    Omit<OutboundOptions, 'allowHosts' | 'allowPaths' | 'ca' | 'proxy' | 'observe' | 'dnsServers'>
  > &
    Pick<OutboundOptions, 'allowHosts' | 'allowPaths' | 'ca' | 'proxy' | 'observe' | 'dnsServers'>
> & {
  /** For whom a policy was narrowed. */
  readonly tenant?: string
}

const DEFAULTS: Omit<OutboundSettings, 'name'> = {
  purpose: '',
  schemes: ['http', 'https'],
  ports: [80, 443],
  denyHosts: [],
  allowLocalNames: [],
  allowAddresses: [],
  denyAddresses: [],
  nat64Prefixes: [],
  mixed: 'refuse',
  maxRedirects: 5,
  dangerouslyAllowDowngrade: false,
  maxUrlBytes: 2048,
  maxRequestHeaderBytes: 8192,
  maxHeaderBytes: 16_384,
  maxBodyBytes: 1_048_576,
  maxDecodedBytes: 1_048_576,
  lookupMs: 2000,
  connectMs: 4000,
  firstByteMs: 10_000,
  totalMs: 15_000,
  keepAliveMs: 4000,
  maxConcurrent: 128,
  maxSockets: 512,
  refusalStepMs: 100,
  http2: false,
}

/** Least and most of every number, both allowed. */
const BOUNDS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  maxRedirects: [0, 20],
  maxUrlBytes: [16, 65_536],
  maxRequestHeaderBytes: [1, 65_536],
  maxHeaderBytes: [256, 1_048_576],
  maxBodyBytes: [0, 1_073_741_824],
  maxDecodedBytes: [0, 1_073_741_824],
  lookupMs: [1, 60_000],
  connectMs: [1, 60_000],
  firstByteMs: [1, 600_000],
  totalMs: [1, 600_000],
  keepAliveMs: [1, 600_000],
  maxConcurrent: [1, 65_536],
  maxSockets: [1, 65_536],
  refusalStepMs: [0, 10_000],
}

/**
 * Fills the gaps and freezes.
 *
 * @throws {ConfigFault} for an option this module does not know, a number out of bounds, an empty list
 */
export function settingsOf(options: OutboundOptions): OutboundSettings {
  onlyKnown('outbound', options, [...Object.keys(DEFAULTS), 'name', 'tenant', ...OPTIONAL])
  const given = Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined))
  const settings = { ...DEFAULTS, name: options.name, ...given }
  if (typeof settings.name !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(settings.name)) {
    throw new ConfigFault('outbound.name', 'write 1 to 64 of a-z 0-9 . _ -, such as link-preview')
  }
  for (const [option, [least, most]] of Object.entries(BOUNDS)) {
    const value: unknown = settings[option as keyof OutboundSettings]
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw new ConfigFault(`outbound.${option}`, `write a whole number from ${least} to ${most}`)
    }
  }
  for (const scheme of settings.schemes) {
    if (scheme !== 'http' && scheme !== 'https') {
      throw new ConfigFault('outbound.schemes', "holds something else than 'http' and 'https'")
    }
  }
  for (const port of settings.ports) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new ConfigFault('outbound.ports', 'write whole numbers from 1 to 65535')
    }
  }
  for (const option of ['schemes', 'ports'] as const) {
    if (settings[option].length === 0) {
      throw new ConfigFault(`outbound.${option}`, 'is empty, so that nothing could go out')
    }
  }
  if (settings.mixed !== 'refuse' && settings.mixed !== 'filter') {
    throw new ConfigFault('outbound.mixed', "write 'refuse' or 'filter'")
  }
  checkProxy(settings.proxy)
  checkRoots(settings.ca)
  return frozen(settings)
}

function checkProxy(proxy: OutboundProxy | undefined): void {
  if (proxy === undefined) return
  const url = URL.parse(proxy.url)
  const bare = url !== null && url.username === '' && url.pathname === '/' && url.search === ''
  if (!bare || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ConfigFault('outbound.proxy.url', 'write http://host:port or https://host:port')
  }
  if (proxy.trustedToFilter !== true) {
    throw new ConfigFault(
      'outbound.proxy.trustedToFilter',
      "behind a proxy the addresses are the proxy's to judge; say true if it refuses private ones",
    )
  }
}

function checkRoots(ca: OutboundSettings['ca']): void {
  for (const pem of ca === undefined ? [] : [ca].flat()) {
    try {
      new X509Certificate(pem)
    } catch (cause) {
      throw new ConfigFault('outbound.ca', `holds no PEM certificate (${String(cause)})`)
    }
  }
}

const OPTIONAL = ['allowHosts', 'allowPaths', 'ca', 'proxy', 'observe', 'dnsServers'] as const

/** A frozen copy, lists and the proxy included: what was judged cannot change afterwards. */
function frozen(settings: OutboundSettings): OutboundSettings {
  const copies = Object.entries(settings).map(([option, value]) => {
    if (Array.isArray(value)) return [option, Object.freeze([...value])]
    if (option === 'proxy') return [option, Object.freeze({ ...settings.proxy })]
    return [option, value]
  })
  return Object.freeze(Object.fromEntries(copies)) as OutboundSettings
}
