import { ConfigFault } from '../kernel/fault.ts'
import type { Refusal } from '../kernel/refusal.ts'
import { because, refusals } from './refusals.ts'

/**
 * Names that are local by definition: special-use domain names (RFC 6761 and its registry), the
 * private-use TLD that ICANN reserved in 2024, and the names by which clouds and clusters serve
 * credentials. What lies below them is local too.
 */
const LOCAL_NAMES: readonly string[] = [
  'localhost',
  'localhost.localdomain',
  'local',
  'internal',
  'home.arpa',
  'onion',
  'alt',
  'invalid',
  'test',
  'example',
  'metadata.goog',
  'metadata.tencentyun.com',
  'api.metadata.cloud.ibm.com',
  'kubernetes.default.svc',
]

const MAX_NAME = 253
const MAX_LABEL = 63

/** Judges a canonical host name that is not an address; `undefined` lets it through to the lookup. */
export type HostRule = (host: string) => Refusal | undefined

/** A host as lists and rules see it: without the root dot, which changes nothing it names. */
export function withoutRootDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host
}

/**
 * Refuses names that never mean a public host, before any lookup.
 *
 * Decision: a single label is refused, because the machine's search list decides where it goes.
 * Cost: who runs hosts under such names lists them in `allowLocalNames`, and their addresses too.
 *
 * @see RFC 6761, RFC 1035 §2.3.4
 */
export function localNameRule(allowLocalNames: readonly string[]): HostRule {
  const allowed = hostMatcher('allowLocalNames', allowLocalNames)
  const local = new Set(LOCAL_NAMES)
  return host => {
    if (host.length > MAX_NAME) return because(refusals.localName, 'longer than 253 octets')
    const wanted = allowed(host)
    for (let at = 0; at <= host.length; ) {
      const dot = host.indexOf('.', at)
      const end = dot === -1 ? host.length : dot
      if (end === at || end - at > MAX_LABEL) {
        return because(refusals.localName, `${host} has an empty or overlong label`)
      }
      const suffix = host.slice(at)
      if (!wanted && local.has(suffix)) {
        return because(refusals.localName, `${host} is ${suffix} or below it`)
      }
      at = end + 1
    }
    if (wanted || host.includes('.')) return undefined
    return because(refusals.localName, `${host} is a single label`)
  }
}

/**
 * Whether a host is on a list of exact names and `*.suffix` patterns. A pattern stands for any depth
 * below its suffix, at a label boundary, and never for the suffix itself.
 *
 * @throws {ConfigFault} when an entry is no host
 * @see ASVS 1.2.9
 */
export function hostMatcher(
  option: string,
  patterns: readonly string[],
): (host: string) => boolean {
  const exact = new Set<string>()
  const suffixes: string[] = []
  for (const pattern of patterns) {
    const wild = pattern.startsWith('*.')
    const host = canonicalHost(wild ? pattern.slice(2) : pattern)
    if (host === undefined || host.includes('*') || (wild && /^[\d.]+$|^\[/.test(host))) {
      throw new ConfigFault(
        `outbound.${option}`,
        `${JSON.stringify(pattern)} is no host; write shop.example.com or *.example.com`,
      )
    }
    if (wild) suffixes.push(`.${withoutRootDot(host)}`)
    else exact.add(withoutRootDot(host))
  }
  return host => exact.has(host) || suffixes.some(suffix => host.endsWith(suffix))
}

/**
 * The host as the URL parser writes it, or `undefined` when it is none. Outside URLs, for lists and
 * for clients that hand a bare host to an agent: `127.1` and `0x7f.1` become the address they are.
 */
export function canonicalHost(host: string): string | undefined {
  // A character that would end the authority must not smuggle a second host in.
  if (/[\s/?#@\\]/.test(host)) return undefined
  const url = URL.parse(
    `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}/`,
  )
  return url === null || url.port !== '' || url.username !== '' ? undefined : url.hostname
}
