import { ConfigFault } from '../kernel/fault.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { RawRequest } from './framing.ts'
import { bareOrigin } from './origin.ts'

export const refusals = {
  missing: { code: 'hosts.missing', says: 'hosts.malformed', status: 400, close: true },
  repeated: { code: 'hosts.repeated', says: 'hosts.malformed', status: 400, close: true },
  malformed: { code: 'hosts.malformed', says: 'hosts.malformed', status: 400, close: true },
  unknown: { code: 'hosts.unknown', says: 'hosts.unknown', status: 421 },
} as const

export interface HostsOptions {
  /** Public origins; their hosts are ours. */
  readonly origins: readonly string[]
  /** More host names (with port where it is not the scheme's), or `*.example.com`. */
  readonly hosts?: readonly string[]
  /** Also every loopback name with any port. For development. */
  readonly loopback?: boolean
  /** Exact paths answered under any well-formed Host, for load balancers' probes. */
  readonly probePaths?: readonly string[]
}

const HOST = /^(?:[a-z0-9_](?:[a-z0-9._-]{0,252}[a-z0-9_])?\.?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i
const LOOPBACK = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i

/**
 * Answers only under names that are ours, so that no link, mail or cache entry can be made to
 * carry somebody else's, and no page that rebinds its DNS name to us can read an answer.
 *
 * @returns a guard that answers `hosts.missing`, `hosts.repeated`, `hosts.malformed` (400) or
 * `hosts.unknown` (421)
 * @throws {ConfigFault} when an origin or host is not one
 * @see ASVS 4.2.1; RFC 9112 §3.2, RFC 9110 §7.4
 */
export function hosts(options: HostsOptions): (request: RawRequest) => Refusal | undefined {
  const exact = new Set(options.origins.flatMap(hostsOfOrigin))
  const suffixes: string[] = []
  for (const host of options.hosts ?? []) {
    if (!HOST.test(host.replace(/^\*\./, ''))) {
      throw new ConfigFault('hosts', `${JSON.stringify(host)} is no host; write app.example`)
    }
    if (host.startsWith('*.')) suffixes.push(host.slice(1).toLowerCase())
    else exact.add(host.toLowerCase())
  }
  const probes = new Set(options.probePaths)
  const loopback = options.loopback ?? false

  return request => {
    const host = hostOf(request.rawHeaders)
    if (typeof host !== 'string') return host
    if (exact.has(host)) return undefined
    if (!HOST.test(host)) return refusals.malformed
    const name = host.toLowerCase()
    if (exact.has(name) || (loopback && LOOPBACK.test(name))) return undefined
    if (suffixes.some(suffix => name.endsWith(suffix))) return undefined
    // A probe knows us by address only. Its answer must not depend on Host.
    return probes.has(request.target) ? undefined : refusals.unknown
  }
}

/** A client may name the scheme's own port or not. */
function hostsOfOrigin(origin: string): string[] {
  const { host, port, protocol } = new URL(bareOrigin(origin, 'origins'))
  return port === '' ? [host, `${host}:${protocol === 'https:' ? 443 : 80}`] : [host]
}

/** The one Host; in HTTP/2 the authority, which a Host beside it may only repeat. */
function hostOf(rawHeaders: readonly string[]): string | Refusal {
  let host: string | undefined
  let authority: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length === 4 && name.toLowerCase() === 'host') {
      if (host !== undefined) return refusals.repeated
      host = rawHeaders[at + 1]
    } else if (name === ':authority') {
      authority = rawHeaders[at + 1]
    }
  }
  if (authority === undefined) return host ?? refusals.missing
  return host === undefined || host === authority ? authority : refusals.repeated
}
