import type { Check } from '../kernel/check.ts'
import { readAddress, readBlock, within } from './address.ts'
import type { OutboundSettings } from './options.ts'

/** What the doctor knows about going out. */
export interface OutboundFacts {
  /** `policy.settings` of every policy in use. */
  readonly policies: readonly OutboundSettings[]
  /** The value of NODE_TLS_REJECT_UNAUTHORIZED, if there is one. */
  readonly tlsRejectUnauthorized?: string
}

/** Addresses that hand out credentials of the machine to whoever asks. */
const METADATA: readonly string[] = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
]

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', '0.0.0.0']

/** A private network is rarely wider than this on purpose. */
const WIDEST = { ipv4: 16, ipv6: 48 } as const

export const outboundChecks: readonly Check<OutboundFacts>[] = [
  {
    id: 'outbound.metadata-reachable',
    severity: 'critical',
    what: 'An address exception lets requests reach a cloud metadata service.',
    why: 'One URL from a user then answers with the credentials of the machine.',
    fix: 'Narrow outbound allowAddresses so that it holds no metadata address.',
    found: each(settings => METADATA.some(address => excepted(settings, address))),
  },
  {
    id: 'outbound.loopback-reachable',
    severity: 'critical',
    what: 'An address exception lets requests reach this machine itself.',
    why: 'Databases, admin ports and debuggers on loopback ask for no password.',
    fix: 'Take 127.0.0.0/8, ::1 and 0.0.0.0 out of outbound allowAddresses.',
    found: each(settings => LOOPBACK.some(address => excepted(settings, address))),
  },
  {
    id: 'outbound.tls-switched-off',
    severity: 'critical',
    what: 'NODE_TLS_REJECT_UNAUTHORIZED=0 is set.',
    why: 'Whoever is on the way reads and changes every TLS connection that other clients open.',
    fix: 'Unset it; give a private root to the policy as `ca`.',
    found: ({ tlsRejectUnauthorized }) => tlsRejectUnauthorized === '0',
  },
  {
    id: 'outbound.wide-exception',
    severity: 'warning',
    what: 'An address exception is wider than a /16 (IPv6: a /48).',
    why: 'Every host in it answers to URLs that users choose.',
    fix: 'List the hosts or subnets that are meant in outbound allowAddresses.',
    found: each(({ allowAddresses }) => allowAddresses.some(isWide)),
  },
  {
    id: 'outbound.many-ports',
    severity: 'warning',
    what: 'A policy allows more than 16 ports.',
    why: 'Requests reach databases, mail and shells of others, and ours by exception.',
    fix: 'List the few ports that are meant in outbound ports; the default is 80 and 443.',
    found: each(({ ports }) => ports.length > 16),
  },
  {
    id: 'outbound.downgrade',
    severity: 'warning',
    what: 'Redirects from https to http are followed.',
    why: 'Whoever is on the way reads the second request, and answers it.',
    fix: 'Leave outbound dangerouslyAllowDowngrade out.',
    found: each(({ dangerouslyAllowDowngrade }) => dangerouslyAllowDowngrade),
  },
  {
    id: 'outbound.unobserved',
    severity: 'warning',
    what: 'A policy tells nobody what it refused.',
    why: 'A scan of the inside through a form leaves no trace (ASVS 16.3.3).',
    fix: 'Set outbound observe and write the events to the audit.',
    found: each(({ observe }) => observe === undefined),
  },
  {
    id: 'outbound.proxy-judges',
    severity: 'advice',
    what: 'Behind a forward proxy, the addresses that names resolve to are judged by the proxy alone.',
    why: 'A proxy that does not refuse private addresses opens the whole inside.',
    fix: 'See that the proxy filters (smokescreen does), and test it: `curl -x PROXY http://169.254.169.254/`.',
    found: each(({ proxy }) => proxy !== undefined),
  },
  {
    id: 'outbound.plain-http',
    severity: 'advice',
    what: 'Any host may be asked over plain http.',
    why: 'Requests and answers can be read and changed on the way.',
    fix: "Set outbound schemes to ['https'], or list the hosts that need http in allowHosts.",
    found: each(({ schemes, allowHosts }) => schemes.includes('http') && allowHosts === undefined),
  },
  {
    id: 'outbound.no-purpose',
    severity: 'advice',
    what: 'A policy does not say what it is for.',
    why: 'Nobody can tell whether a destination belongs there (ASVS 13.1.1).',
    fix: 'Set outbound purpose: what goes out, and who chooses where.',
    found: each(({ purpose }) => purpose.trim() === ''),
  },
  {
    id: 'outbound.told-by-time',
    severity: 'advice',
    what: 'Refusals answer as soon as they are known.',
    why: 'Their time tells a name that is private inside from one that does not exist.',
    fix: 'Leave outbound refusalStepMs at 100, where users see the answer.',
    found: each(({ refusalStepMs }) => refusalStepMs === 0),
  },
]

/** Finds in any policy, and names them. */
function each(
  applies: (settings: OutboundSettings) => boolean,
): (facts: OutboundFacts) => boolean | string {
  return ({ policies }) => {
    const names = policies.filter(applies).map(({ name }) => name)
    return names.length > 0 && names.join(', ')
  }
}

function excepted({ allowAddresses, denyAddresses }: OutboundSettings, text: string): boolean {
  const address = readAddress(text) ?? []
  const listed = (list: readonly string[]): boolean =>
    list.some(cidr => {
      const block = readBlock(cidr)
      return block !== undefined && within(address, block)
    })
  return listed(allowAddresses) && !listed(denyAddresses)
}

function isWide(cidr: string): boolean {
  const block = readBlock(cidr)
  if (block === undefined) return false
  return block.prefix < (block.base.length === 1 ? WIDEST.ipv4 : WIDEST.ipv6)
}
