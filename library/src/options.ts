import type { SignedInPolicy } from './access/access.ts'
import type { AuditOptions, AuditSink, CheckpointShelf } from './audit/audit.ts'
import type { DoctorOptions } from './doctor/doctor.ts'
import type { ProxyTrust } from './http/address.ts'
import type { FramingOptions } from './http/framing.ts'
import { bareOrigin } from './http/origin.ts'
import type { Clock } from './kernel/clock.ts'
import { ConfigFault } from './kernel/fault.ts'
import { onlyKnown } from './kernel/options.ts'
import type { Random } from './kernel/random.ts'
import type { Secret } from './kernel/secret.ts'
import { OAUTH_OPTIONS } from './oauth/server/options.ts'
import type { OAuthOptions } from './oauth/server/server.ts'
import { SOCIAL_OPTIONS } from './oauth/social/options.ts'
import type { SocialOptions } from './oauth/social/social.ts'
import type { AccountModule } from './people.ts'
import type { ProblemPage } from './pipeline/problem-answer.ts'
import type { RoutePolicy } from './pipeline/route.ts'
import type { RefreshOptions } from './session/refresh/refresh.ts'
import type { SessionsOptions } from './session/sessions/sessions.ts'
import type { ContentOptions } from './shield/content/content.ts'
import type { CsrfOptions } from './shield/csrf/csrf.ts'
import type { HeadersOptions } from './shield/headers/headers.ts'
import type { LimitsOptions } from './shield/limits/limits.ts'
import type { ThrottlePolicy } from './shield/throttle/throttle.ts'
import type { Stores } from './store/port/stores.ts'
import type { PreviousRoot } from './vault/secrets/ring.ts'

/** One member a defence; `false` switches it off, leaving it away is safe. */
export interface BulwarkOptions {
  /** `production` refuses to start when something critical is missing. By NODE_ENV unless told. */
  readonly mode?: 'development' | 'production'
  /** Public origin or origins, such as `https://app.example`. Development serves any loopback name. */
  readonly origin?: string | readonly string[]
  /** 32 random bytes, as `npx bulwark keys new` prints them. Development makes one up at each start. */
  readonly rootKey?: string | Secret<string> | Uint8Array | undefined
  /** Root keys before it, each until a date, so that a new one signs nobody out; see `previousRoots`. */
  readonly previousRootKeys?: readonly PreviousRoot[]
  /** More host names we answer under, such as an internal one. */
  readonly hosts?: readonly string[]
  /** Whose forwarding headers count: CIDRs of our proxies, or how many stand in front of us. */
  readonly trustedProxies?: readonly string[] | number | ProxyTrust
  /** Where everything is remembered. In memory unless told. */
  readonly stores?: Stores
  /** What a request line and its fields may look like. */
  readonly framing?: FramingOptions
  /** Paths that answer over plain http and under any host: probes of a load balancer. */
  readonly probePaths?: readonly string[]
  /** Redirects navigations and refuses the rest over plain http, when the origin is https. */
  readonly transport?: false
  readonly csrf?:
    | (Pick<CsrfOptions, 'trustedOrigins' | 'exempt'> & { readonly path?: string })
    | false
  readonly headers?: (HeadersOptions & { readonly reportPath?: string }) | false
  readonly content?: ContentOptions | false
  readonly limits?: LimitsOptions | false
  readonly throttle?: ThrottleSettings | false
  readonly session?: SessionsOptions | false
  /** Tokens for clients without cookies; on with `account`. */
  readonly refresh?: RefreshOptions | false
  readonly access?: AccessSettings | false
  readonly audit?: AuditModule | false
  /** Accounts, sign-in and sessions as routes under `/auth`; off unless given. */
  readonly account?: AccountModule | false
  /** An OAuth 2.1 authorization server with OpenID Connect under `/oauth`; off unless given. */
  readonly oauth?: OAuthOptions | false
  /** Sign-in through identity providers under `/auth/social`; off unless given. */
  readonly social?: SocialOptions | false
  /**
   * Writes the page that people see instead of what they asked for; a plain one unless told. Escape
   * the path: it is the request's.
   */
  readonly problemPage?: ProblemPage
  /** What the checks cannot see, and findings that stay for a reason. */
  readonly doctor?: DoctorOptions
  readonly clock?: Clock
  readonly random?: Random
}

export interface AuditModule extends AuditOptions {
  /** Where signed checkpoints are kept, such as `checkpointFile(path)`; best on another host. */
  readonly checkpoints?: CheckpointShelf
  /** Second places for the log, such as `jsonlFile(path)`. */
  readonly sinks?: readonly AuditSink[]
}

export interface ThrottleSettings {
  /** For every route: 1,000 requests a minute and address in production, none in development. */
  readonly default?: ThrottlePolicy | readonly ThrottlePolicy[] | false
  /** Named policies, for routes that say `throttle: 'name'`. */
  readonly policies?: Readonly<Record<string, ThrottlePolicy | readonly ThrottlePolicy[]>>
}

export interface AccessSettings {
  /** Policies of routes that other plugins bring along: `{ 'GET /docs/*': { public: true } }`. */
  readonly routes?: Readonly<Record<string, NonNullable<RoutePolicy['access']>>>
  /** What a role must have proven wherever it goes: `{ admin: require({ within: '12h' }) }`. */
  readonly roles?: Readonly<Record<string, SignedInPolicy>>
}

const KNOWN = {
  '': [
    'mode',
    'origin',
    'rootKey',
    'previousRootKeys',
    'hosts',
    'trustedProxies',
    'stores',
    'framing',
    'probePaths',
    'transport',
    'csrf',
    'headers',
    'content',
    'limits',
    'throttle',
    'session',
    'refresh',
    'access',
    'audit',
    'account',
    'oauth',
    'social',
    'problemPage',
    'doctor',
    'clock',
    'random',
  ],
  csrf: ['trustedOrigins', 'exempt', 'path'],
  oauth: OAUTH_OPTIONS,
  social: SOCIAL_OPTIONS,
  refresh: ['accessSeconds', 'idleSeconds', 'absoluteSeconds', 'format', 'algorithm'],
  throttle: ['default', 'policies'],
  access: ['routes', 'roles'],
  account: [
    'mailer',
    'password',
    'lockout',
    'service',
    'answerMs',
    'resetSeconds',
    'verifySeconds',
    'undoSeconds',
    'graceSeconds',
    'stepUpSeconds',
    'deviceSeconds',
    'role',
    'mailsPerAddressHourly',
    'challenge',
    'factors',
    'passkeys',
  ],
  audit: [
    'address',
    'device',
    'queueLimit',
    'failClosed',
    'own',
    'node',
    'checkpointSeconds',
    'retentionDays',
    'checkpoints',
    'sinks',
  ],
  content: ['consumes', 'produces', 'json'],
  limits: ['server', 'body', 'concurrency', 'shed', 'recycle'],
  session: [
    'profile',
    'idleSeconds',
    'absoluteSeconds',
    'dangerouslyLongerBecause',
    'touchEverySeconds',
    'maxPerAccount',
    'sameSite',
    'dangerouslyAllowHttp',
  ],
} as const

/** Where browsers report to, unless told otherwise. */
export const REPORT_PATH = '/reports/csp'
/** What answers over plain http and under any host, unless told otherwise. */
export const PROBE_PATHS = ['/healthz', '/readyz'] as const
export function refuseUnknown(options: BulwarkOptions): void {
  onlyKnown('', options, KNOWN[''])
  for (const [word, known] of Object.entries(KNOWN)) {
    const given = (options as Record<string, unknown>)[word]
    if (word === '' || given === undefined || given === false) continue
    onlyKnown(word, given, known)
  }
  if (
    options.mode !== undefined &&
    options.mode !== 'development' &&
    options.mode !== 'production'
  ) {
    throw new ConfigFault('mode', "write 'development' or 'production'")
  }
}

export function publicOrigins(options: BulwarkOptions, mode: string): readonly string[] {
  const given = typeof options.origin === 'string' ? [options.origin] : (options.origin ?? [])
  const origins = given.map(origin => bareOrigin(origin, 'origin'))
  if (mode !== 'production') return origins
  if (origins.length === 0) {
    throw new ConfigFault(
      'origin',
      'is missing; write the public origin, such as https://app.example',
    )
  }
  for (const origin of origins) {
    const { protocol, hostname } = new URL(origin)
    if (protocol === 'https:' || isLoopback(hostname)) continue
    throw new ConfigFault(
      'origin',
      `${origin} is plain http; write https:// and terminate TLS in front`,
    )
  }
  return origins
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

export function rootKey(
  options: BulwarkOptions,
  mode: string,
  random: Random,
): string | Secret<string> | Uint8Array {
  const given = options.rootKey
  if (given !== undefined && given !== '') return given
  if (mode === 'production') {
    throw new ConfigFault(
      'rootKey',
      'is missing; set BULWARK_ROOT_KEY to what `npx bulwark keys new` prints, and pass it here',
    )
  }
  return random.bytes(32)
}

export function proxyTrust(given: BulwarkOptions['trustedProxies']): ProxyTrust | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'number') return { proxies: given }
  return Array.isArray(given) ? { proxies: given as readonly string[] } : (given as ProxyTrust)
}

export function throttlePolicies(
  settings: ThrottleSettings | false | undefined,
  mode: string,
): Record<string, ThrottlePolicy | readonly ThrottlePolicy[]> {
  if (settings === false) return {}
  // Decision: in development nothing is counted by default, because every request of a developer's
  // machine comes from one address; what a route names is counted everywhere.
  // Cost: a loop in one's own client shows only in production.
  const usual: ThrottlePolicy | false =
    mode === 'production' ? { by: 'address', limit: 1000, windowSeconds: 60 } : false
  const chosen = settings?.default ?? usual
  return { ...(chosen === false ? {} : { default: chosen }), ...settings?.policies }
}

export function auditRules(options: Exclude<BulwarkOptions['audit'], false>): AuditOptions {
  const { checkpoints: _, sinks: __, ...rules } = options ?? {}
  return rules
}

/** Who has to have a second factor, for the doctor. */
export function factorsAsked({ factors }: AccountModule): 'all' | 'some' | 'nobody' {
  if (factors?.required === undefined) return 'nobody'
  return factors.required.roles === undefined ? 'all' : 'some'
}

/** Whether anybody has to have a second factor: where not, requests are not held up to ask. */
export function requiresFactors({ account }: BulwarkOptions): boolean {
  return account !== undefined && account !== false && account.factors?.required !== undefined
}

export function csrfRules(
  options: Exclude<BulwarkOptions['csrf'], false>,
): Pick<CsrfOptions, 'trustedOrigins' | 'exempt'> {
  const { path: _, ...rules } = options ?? {}
  return rules
}

export function headerRules(options: Exclude<BulwarkOptions['headers'], false>): HeadersOptions {
  const { reportPath = REPORT_PATH, ...rules } = options ?? {}
  return { reportsTo: reportPath, ...rules }
}
