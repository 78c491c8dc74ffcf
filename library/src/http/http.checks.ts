import type { Check } from '../kernel/check.ts'
import type { ProxyTrust } from './address.ts'
import type { ForwardingSeen } from './forwarding-watch.ts'
import type { FramingOptions } from './framing.ts'

/** What the doctor knows about the way to us. */
export interface HttpFacts {
  readonly production: boolean
  readonly origins: readonly string[]
  readonly hosts: readonly string[]
  readonly trustedProxies: ProxyTrust | undefined
  readonly framing: FramingOptions
  /** What the traffic said, in a service that runs. */
  readonly forwarding?: ForwardingSeen
  /** The server takes malformed messages (`--insecure-http-parser`). */
  readonly insecureParser: boolean
}

/** Fewer of these say nothing. */
const ENOUGH = 20

export const httpChecks: readonly Check<HttpFacts>[] = [
  {
    id: 'http.origin-missing',
    severity: 'critical',
    what: 'No public origin is configured.',
    why: 'Links in mails and origin checks then have nothing to hold on to but what the client says.',
    fix: 'Set origin to the address in the browser, such as https://app.example.',
    found: ({ production, origins }) => production && origins.length === 0,
  },
  {
    id: 'http.plain-origin',
    severity: 'critical',
    what: 'A public origin is plain http.',
    why: 'Whoever is on the way reads passwords and cookies, and changes pages.',
    fix: 'Put TLS in front and write the origin with https.',
    found: ({ production, origins }) =>
      production &&
      (origins.find(origin =>
        /^http:(?!\/\/(?:localhost|127\.[\d.]+|\[::1\])(?::\d+)?$)/.test(origin),
      ) ??
        false),
  },
  {
    id: 'http.insecure-parser',
    severity: 'critical',
    what: 'Node runs with --insecure-http-parser.',
    why: 'Messages that a proxy reads in another way carry hidden requests past every check.',
    fix: 'Take the flag out of the command line and of NODE_OPTIONS.',
    found: ({ insecureParser }) => insecureParser,
  },
  {
    id: 'http.proxies-everyone',
    severity: 'critical',
    what: 'A trusted proxy network is so wide that it holds strangers.',
    why: 'Any of them chooses the address that limits and the audit see.',
    fix: 'List in trustedProxies the proxies themselves, or their private subnet.',
    found: ({ trustedProxies }) => networks(trustedProxies).find(isTooWide) ?? false,
  },
  {
    id: 'http.proxies-counted',
    severity: 'warning',
    what: 'Trusted proxies are given as a number.',
    why: 'Who reaches the service past the proxies chooses the address that limits and the audit see.',
    fix: 'Write trustedProxies as CIDRs, or let only the proxies reach the port.',
    found: ({ production, trustedProxies }) =>
      production && typeof trustedProxies?.proxies === 'number',
  },
  {
    id: 'http.proxy-not-listed',
    severity: 'warning',
    what: 'Forwarding fields come from a peer that is not a trusted proxy.',
    why: 'If it is our proxy, all clients count as one; if not, somebody is trying to be another.',
    fix: 'If the peer is ours, add it to trustedProxies.',
    found: ({ forwarding }) =>
      forwarding !== undefined &&
      forwarding.strangers >= ENOUGH &&
      `${forwarding.stranger}: ${forwarding.strangers} of ${forwarding.looked} requests`,
  },
  {
    id: 'http.proxy-walked-around',
    severity: 'warning',
    what: 'Clients reach the service past the trusted proxies.',
    why: 'What the proxies check is not checked for them.',
    fix: 'Let the port be reached by the proxies only, or list the proxy that is missing.',
    found: ({ forwarding }) =>
      forwarding !== undefined && forwarding.direct >= ENOUGH && `${forwarding.direct} requests`,
  },
  {
    id: 'http.proxy-silent',
    severity: 'warning',
    what: 'A trusted proxy sends no forwarding field.',
    why: 'All clients behind it share one address, and one limit.',
    fix: 'Let the proxy write X-Forwarded-For, or name the field it writes in trustedProxies.header.',
    found: ({ forwarding }) =>
      forwarding !== undefined && forwarding.silent >= ENOUGH && `${forwarding.silent} requests`,
  },
  {
    id: 'http.wildcard-hosts',
    severity: 'advice',
    what: 'A whole domain of host names is answered.',
    why: 'A subdomain that somebody else comes to own is then one of ours.',
    fix: 'List the host names, unless each of them is given to a tenant by this service.',
    found: ({ hosts }) => hosts.find(host => host.startsWith('*.')) ?? false,
  },
  {
    id: 'http.odd-paths',
    severity: 'advice',
    what: 'Paths are let in that other software reads differently.',
    why: 'A rule in a proxy or router that looks at the path can be walked around.',
    fix: 'Take what is not needed out of framing.paths.',
    found: ({ framing }) => {
      const open = Object.entries(framing.paths ?? {}).filter(([, allowed]) => allowed)
      return open.length > 0 && open.map(([name]) => name).join(', ')
    },
  },
]

function networks(trust: ProxyTrust | undefined): readonly string[] {
  return Array.isArray(trust?.proxies) ? trust.proxies : []
}

/** Private ranges may be trusted whole; public ones hold other people's machines. */
function isTooWide(network: string): boolean {
  const [address = '', length] = network.split('/')
  const bits = Number(length ?? 128)
  if (/^(?:10|127)\.|^f[cde]/i.test(address)) return bits < 8
  if (/^(?:192\.168|172\.(?:1[6-9]|2\d|3[01]))\./.test(address)) return bits < 12
  return address.includes(':') ? bits < 32 : bits < 16
}
