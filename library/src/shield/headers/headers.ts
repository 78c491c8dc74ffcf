import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'
import type { Random } from '../../kernel/random.ts'
import { type Hsts, type HstsStage, hstsValue } from './hsts.ts'
import {
  API_DIRECTIVES,
  type Directives,
  DOWNLOAD_DIRECTIVES,
  PAGE_DIRECTIVES,
  type PolicyRules,
  policyText,
} from './policy.ts'

/** What decides between ready-made variants of a policy. An adapter's own context object will do. */
export interface Circumstances {
  /** `Incoming.secure`: Strict-Transport-Security is sent only then (RFC 6797 §7.2). */
  readonly secure: boolean
  /** Whether the answer belongs to somebody: it is then `no-store`. */
  readonly signedIn: boolean
}

/** Flat arrays of names and values in turn, ready for `writeHead`. They are shared: never change one. */
export interface HeaderPolicies {
  /** JSON, redirects, problems and everything else that is no document. */
  api(circumstances: Circumstances): readonly string[]
  /** Documents. `nonce` is fresh for each answer; see `nonce`. */
  page(nonce: string, circumstances: Circumstances): readonly string[]
  /** Login, consent, reset: as `page`, and always `no-referrer` and `no-store`. */
  sensitivePage(nonce: string, circumstances: Circumstances): readonly string[]
  /** Static files that anybody may have; how long they are cached is left to who serves them. */
  asset(circumstances: Circumstances): readonly string[]
  /** Files that users uploaded. */
  download(circumstances: Circumstances): readonly string[]
  /** Comes on top at sign-out. */
  readonly signOut: readonly string[]
}

export interface HeadersOptions {
  /** `full` unless told: two years, subdomains included. `false` when a proxy sends it. */
  readonly hsts?: HstsStage | Hsts | false
  /** Laid over the policy of pages, directive by directive. */
  readonly page?: Directives
  /** A stricter policy to try out beside the enforced one; laid over it likewise. */
  readonly pageReportOnly?: Directives
  /** Lets `'unsafe-inline'` and the like into script sources. */
  readonly dangerouslyAllowUnsafeScripts?: boolean
  /** Where browsers report violations: a path of our own, or an https URL. */
  readonly reportsTo?: string
  /**
   * How far pages are kept apart from windows and resources of other origins. `strict` gives
   * cross-origin isolation; `popups` lets payment and sign-in windows talk back; `off` for none.
   */
  readonly isolation?: 'strict' | 'same-origin' | 'popups' | 'off'
  /** Features that pages may use, over nothing at all: `{ camera: '(self)' }`. */
  readonly permissions?: Readonly<Record<string, string>>
  /** What sign-out wipes in the browser. */
  readonly signOut?: readonly ('cache' | 'cookies' | 'storage' | 'executionContexts')[]
}

/** Fields that tell what we run; to be taken away from every answer (ASVS 13.4.6). */
export const REMOVED_FIELDS: readonly string[] = ['server', 'x-powered-by']

/** 132 fresh bits for one answer's Content-Security-Policy (ASVS 3.4.3). */
export function nonce(random: Random): string {
  return random.token().slice(0, 22)
}

const FEATURES = [
  'accelerometer',
  'autoplay',
  'bluetooth',
  'browsing-topics',
  'camera',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'screen-wake-lock',
  'serial',
  'storage-access',
  'usb',
  'xr-spatial-tracking',
] as const

const NONCE = /^[A-Za-z0-9+/_-]{22,}={0,2}$/
const OPTIONS: readonly (keyof HeadersOptions)[] = [
  'hsts',
  'page',
  'pageReportOnly',
  'dangerouslyAllowUnsafeScripts',
  'reportsTo',
  'isolation',
  'permissions',
  'signOut',
]
const SLOT = '\0csp'
const TRIAL_SLOT = '\0trial'

/**
 * The security header fields of every kind of answer, written once at start.
 *
 * @throws {ConfigFault} when a source, a feature or the reports' address cannot stand in a field,
 * or a policy would let injected scripts run
 * @see ASVS 3.4.1 to 3.4.8, 3.5.8, 13.4.6, 14.3.2
 */
export function headers(options: HeadersOptions = {}): HeaderPolicies {
  onlyKnown('headers', options, OPTIONS)
  const rules: PolicyRules = {
    dangerouslyAllowUnsafeScripts: options.dangerouslyAllowUnsafeScripts ?? false,
  }
  const hsts = hstsValue(options.hsts ?? 'full')
  const reports = reporting(options.reportsTo)
  const fixed = (directives: Directives): string => policyText('headers', directives, {}).join('')

  const pageDirectives = { ...PAGE_DIRECTIVES, ...options.page }
  const enforced = policyText('headers.page', { ...pageDirectives, ...reports.directives }, rules)
  const trial =
    options.pageReportOnly &&
    policyText(
      'headers.pageReportOnly',
      { ...pageDirectives, ...options.pageReportOnly, ...reports.directives },
      rules,
    )

  const common = ['x-content-type-options', 'nosniff']
  const page = (referrer: string): string[] => [
    'content-security-policy',
    SLOT,
    ...(trial ? ['content-security-policy-report-only', TRIAL_SLOT] : []),
    ...reports.fields,
    ...common,
    'x-frame-options',
    'DENY',
    'referrer-policy',
    referrer,
    'permissions-policy',
    permissions(options.permissions ?? {}),
    ...isolation(options.isolation ?? 'same-origin'),
  ]
  const file = (directives: Directives): string[] => [
    'content-security-policy',
    fixed(directives),
    ...common,
    'referrer-policy',
    'no-referrer',
    'cross-origin-resource-policy',
    'same-origin',
  ]

  const fill = (pick: Pick) => (fresh: string, circumstances: Circumstances) => {
    if (!NONCE.test(fresh))
      throw new ConfigFault('nonce', 'must be at least 128 random bits as base64')
    return pick(circumstances).map(text => {
      if (text === SLOT) return enforced.join(fresh)
      return text === TRIAL_SLOT && trial ? trial.join(fresh) : text
    })
  }

  // A page holds a nonce, so no cache may give it out again without asking.
  const revalidate = ['cache-control', 'private, no-cache']
  return {
    api: variants(file(API_DIRECTIVES), [], NO_STORE, hsts),
    asset: variants(file(API_DIRECTIVES), [], NO_STORE, hsts),
    download: variants(file(DOWNLOAD_DIRECTIVES), [], NO_STORE, hsts),
    page: fill(variants(page('strict-origin-when-cross-origin'), revalidate, NO_STORE, hsts)),
    sensitivePage: fill(variants(page('no-referrer'), NO_STORE, NO_STORE, hsts)),
    // Decision: cookies are not wiped unless told, because the cookie that marks a known device
    // would go as well. Cost: the session's own cookie has to be taken back by name.
    signOut: [
      'clear-site-data',
      (options.signOut ?? ['cache', 'storage']).map(kind => `"${kind}"`).join(', '),
    ],
  }
}

const NO_STORE = ['cache-control', 'no-store']

type Pick = (circumstances: Circumstances) => readonly string[]

/** All four arrays are made now; a request only picks one. */
function variants(
  fields: readonly string[],
  anybody: readonly string[],
  somebody: readonly string[],
  hsts: string | undefined,
): Pick {
  const strict = hsts === undefined ? [] : ['strict-transport-security', hsts]
  const [open, own] = [
    [...fields, ...anybody],
    [...fields, ...somebody],
  ]
  const [secureOpen, secureOwn] = [
    [...open, ...strict],
    [...own, ...strict],
  ]
  return ({ secure, signedIn }) => {
    if (secure) return signedIn ? secureOwn : secureOpen
    return signedIn ? own : open
  }
}

interface Reporting {
  readonly fields: readonly string[]
  readonly directives: Directives
}

/** Both ways of reporting: `report-to` for those who know it, `report-uri` for the others. */
function reporting(address: string | undefined): Reporting {
  if (address === undefined) return { fields: [], directives: {} }
  if (!/^(?:\/(?!\/)|https:\/\/)[!#-+\--:=?-~]*$/.test(address)) {
    throw new ConfigFault(
      'headers.reportsTo',
      'must be a path such as /reports/csp, or an https URL',
    )
  }
  return {
    fields: ['reporting-endpoints', `csp="${address}"`],
    directives: { 'report-uri': [address], 'report-to': ['csp'] },
  }
}

function isolation(preset: NonNullable<HeadersOptions['isolation']>): string[] {
  if (preset === 'off') return []
  const opener = preset === 'popups' ? 'same-origin-allow-popups' : 'same-origin'
  return [
    'cross-origin-opener-policy',
    opener,
    'cross-origin-resource-policy',
    'same-origin',
    'origin-agent-cluster',
    '?1',
    ...(preset === 'strict' ? ['cross-origin-embedder-policy', 'require-corp'] : []),
  ]
}

function permissions(allowed: Readonly<Record<string, string>>): string {
  const features = new Map<string, string>(FEATURES.map(feature => [feature, '()']))
  for (const [feature, list] of Object.entries(allowed)) {
    if (!/^[a-z-]+$/.test(feature) || !/^(?:\*|\([^()\r\n]*\))$/.test(list)) {
      throw new ConfigFault(
        'headers.permissions',
        `${feature}: write (), (self) or (self "https://…")`,
      )
    }
    features.set(feature, list)
  }
  return [...features].map(([feature, list]) => `${feature}=${list}`).join(', ')
}
