import type { IncomingMessage, Server } from 'node:http'
import { availableParallelism } from 'node:os'
import type { SignedInPolicy } from './access/access.ts'
import { checkedPolicy } from './access/policy.ts'
import type { AccountFlows } from './account/account.ts'
import type { Factors } from './account/factors/factors.ts'
import { MAIL_JOB } from './account/mail/queue.ts'
import type { Passkeys } from './account/passkeys/passkeys.ts'
import {
  type Audit,
  type AuditOptions,
  type AuditSink,
  audit,
  type CheckpointShelf,
} from './audit/audit.ts'
import {
  admit,
  type DoctorOptions,
  diagnose,
  doctorOptions,
  type Facts,
  type Finding,
  type Tier,
} from './doctor/doctor.ts'
import { gather, type Moment, type SeenRoute, type Settled } from './doctor/gather.ts'
import { runtime } from './doctor/runtime.ts'
import { type ClientAddressOf, clientAddress, ownProxies, type ProxyTrust } from './http/address.ts'
import { watchForwarding } from './http/forwarding-watch.ts'
import { type FramingOptions, framing } from './http/framing.ts'
import { hosts } from './http/hosts.ts'
import { isLoopback as isLoopbackAddress, unmapped } from './http/ip.ts'
import { NodeIncoming } from './http/node-incoming.ts'
import { bareOrigin } from './http/origin.ts'
import { type HardenedServer, hardenServer } from './http/server.ts'
import { type Clock, systemClock } from './kernel/clock.ts'
import { ConfigFault } from './kernel/fault.ts'
import type { Keys } from './kernel/keys.ts'
import { onlyKnown } from './kernel/options.ts'
import { type Random, systemRandom } from './kernel/random.ts'
import type { Refusal } from './kernel/refusal.ts'
import type { Secret } from './kernel/secret.ts'
import { OAUTH_OPTIONS } from './oauth/server/options.ts'
import type { OAuthOptions, OAuthServer } from './oauth/server/server.ts'
import { SOCIAL_OPTIONS } from './oauth/social/options.ts'
import type { Social, SocialOptions } from './oauth/social/social.ts'
import type { AccountModule } from './people.ts'
import { compiler } from './pipeline/compile.ts'
import { cutLog } from './pipeline/cuts.ts'
import type { Exchange } from './pipeline/exchange.ts'
import { type Pipeline, pipeline } from './pipeline/pipeline.ts'
import type { ProblemPage } from './pipeline/problem-answer.ts'
import type { Route, RoutePolicy } from './pipeline/route.ts'
import { transport } from './pipeline/transport.ts'
import type { Endpoint } from './routes/endpoint.ts'
import type { PeopleRoutes } from './routes/people.ts'
import { shieldEndpoints } from './routes/shield.ts'
import type { RefreshOptions, Tokens } from './session/refresh/refresh.ts'
import { type SessionKeeper, type SessionsOptions, sessions } from './session/sessions/sessions.ts'
import { type ContentOptions, content } from './shield/content/content.ts'
import { type CsrfOptions, csrf } from './shield/csrf/csrf.ts'
import { visitors } from './shield/csrf/visitor.ts'
import { type HeadersOptions, headers } from './shield/headers/headers.ts'
import { type ReportCollector, reportCollector } from './shield/headers/reports.ts'
import { gate } from './shield/limits/gate.ts'
import { type Limits, type LimitsOptions, limits } from './shield/limits/limits.ts'
import { type Recycle, recycle } from './shield/limits/recycle.ts'
import { shed } from './shield/limits/shed.ts'
import { retire } from './shield/limits/workers.ts'
import { type Throttle, type ThrottlePolicy, throttle } from './shield/throttle/throttle.ts'
import { housekeeping } from './store/housekeeping/housekeeping.ts'
import { memoryStores } from './store/memory/memory.ts'
import type { Stores } from './store/port/stores.ts'
import { type Fields, fields } from './vault/fields/fields.ts'
import { keyRing, type PreviousRoot } from './vault/secrets/ring.ts'

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

/** All defences, put together. Adapters show it requests and write its answers. */
export interface Bulwark {
  readonly mode: 'development' | 'production'
  /** Public origins; empty in development when none was told. */
  readonly origins: readonly string[]
  readonly stores: Stores
  readonly keys: Keys
  readonly clock: Clock
  readonly random: Random
  readonly audit: Audit | undefined
  readonly sessions: SessionKeeper | undefined
  /** Access and refresh tokens, when `account` is on and `refresh` is not off. */
  readonly tokens: Tokens | undefined
  /** The authorization server, when `oauth` is on. */
  readonly oauth: OAuthServer | undefined
  /** Identity providers, when `social` is on. */
  readonly social: Social | undefined
  readonly throttle: Throttle | undefined
  /** The account flows, when `account` is on. */
  readonly account: AccountFlows | undefined
  /** Seals columns of yours under the root key. */
  readonly fields: Fields
  /** Second factors, when `account` is on. */
  readonly factors: Factors | undefined
  /** Passkeys, when `account` is on. */
  readonly passkeys: Passkeys | undefined
  /** Violations of the content security policy that browsers reported to this process. */
  readonly reports: Pick<ReportCollector, 'groups'>
  readonly limits: Limits | undefined
  /** Whether bodies are read and parsed here (`content` and `limits` are on). */
  readonly parsesBodies: boolean
  readonly pipeline: Pipeline
  /** Routes of Bulwark's own, for the adapter to mount. */
  readonly endpoints: readonly Endpoint[]
  /** Compiles one route's policy, once, at start. @throws {ConfigFault} */
  route(method: string, pattern: string, policy: RoutePolicy | undefined): Route
  /** The request as defences see it, and why its very form is refused if it is. */
  receive(message: IncomingMessage): Received
  /**
   * Deadlines and rates on the server's sockets, and the guard in front of its listeners. A server
   * is hardened once, however often it is asked for; `undefined` when limits are off.
   */
  harden(server: Server): HardenedServer | undefined
  /** Gives one request more time for its body, as its route says; the minimum rate still holds. */
  extend(message: IncomingMessage, seconds: number): void
  /**
   * Judges what only the whole service shows, once all routes are known.
   *
   * @returns sentences to warn about
   * @throws {ConfigFault} when a route was forgotten, or in production a check finds something critical
   */
  ready(): readonly string[]
  /** What the doctor finds in the service as it runs now; by its own mode unless told. */
  posture(tier?: Tier): Promise<readonly Finding[]>
  /** What the checks are asked about, as far as it is known without asking a store. */
  facts(tier?: Tier): Facts
  /** Writes what waits and lets go of timers. Stores that were handed in stay open. */
  close(): Promise<void>
}

/**
 * What a server's message is to the defences. A class, because a literal that has outlived a few
 * collections is from then on made in the old heap, and there its whole request would stay with it.
 */
export class Received {
  readonly incoming: NodeIncoming
  readonly refusal: Refusal | undefined

  constructor(incoming: NodeIncoming, refusal: Refusal | undefined) {
    this.incoming = incoming
    this.refusal = refusal
  }
}

export type { Endpoint, Exchange, RoutePolicy }

/** Marks a message that was judged already, so that the guard and the adapter judge it once. */
const RECEIVED = Symbol('bulwark.received')

interface Marked extends IncomingMessage {
  [RECEIVED]?: Received
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

const REPORT_PATH = '/reports/csp'
const NO_BACKLOG: Moment['backlog'] = { waiting: 0, oldestRunAt: undefined }
const PROBE_PATHS = ['/healthz', '/readyz'] as const
/** Stores in this very process: they answer or throw, and waiting with a timer only costs. */
const LOCAL_STORES: ReadonlySet<string> = new Set(['memory', 'sqlite'])
/** Longer than that no request waits for its count. */
const STORE_TIMEOUT_MS = 300

/**
 * Puts all defences together. Everything that can be judged at start is judged here.
 *
 * @throws {ConfigFault} naming the option and what to write instead
 */
export async function assemble(options: BulwarkOptions = {}): Promise<Bulwark> {
  refuseUnknown(options)
  // Decision: the one place that looks at the environment, and only for the mode, so that nobody
  // ships a development default by forgetting an option. Cost: NODE_ENV must be set in production,
  // as every Node host does.
  const mode =
    options.mode ?? (process.env['NODE_ENV'] === 'production' ? 'production' : 'development')
  const here = runtime(process.env)
  const judged = doctorOptions(options.doctor)
  const clock = options.clock ?? systemClock
  const random = options.random ?? systemRandom()
  const origins = publicOrigins(options, mode)
  const ring = keyRing(rootKey(options, mode, random), options.previousRootKeys)
  const keys = ring.current
  const previousKeys = ring.all.slice(1)
  const olderKeys = (): readonly Keys[] =>
    previousKeys.length === 0 ? previousKeys : ring.accepted(clock()).slice(1)
  const stores = options.stores ?? memoryStores()
  const probePaths = options.probePaths ?? PROBE_PATHS
  const trust = proxyTrust(options.trustedProxies)
  const addressOf = clientAddress(trust)

  const limited = options.limits === false ? undefined : limits(options.limits)
  const strict = options.content === false ? undefined : content(options.content)
  const written =
    options.audit === false
      ? undefined
      : audit(auditRules(options.audit), {
          log: stores.auditLog,
          keys,
          clock,
          random,
          checkpoints: options.audit?.checkpoints,
          sinks: options.audit?.sinks,
        })
  const keeper =
    options.session === false
      ? undefined
      : sessions(options.session ?? {}, { store: stores.sessions, keys, olderKeys, clock, random })
  const forged =
    options.csrf === false
      ? undefined
      : csrf({
          key: keys.for('csrf'),
          olderKeys: () => olderKeys().map(older => older.for('csrf')),
          random,
          origins,
          ...csrfRules(options.csrf),
        })
  const visiting =
    options.csrf === false
      ? undefined
      : visitors({
          key: keys.for('visitor'),
          olderKeys: () => olderKeys().map(older => older.for('visitor')),
          random,
        })
  const policies = throttlePolicies(options.throttle, mode)
  const throttled =
    options.throttle === false
      ? undefined
      : throttle({
          counters: stores.counters,
          clock,
          policies,
          inAdvance: stores.kind === 'sqlite',
          storeTimeoutMs: LOCAL_STORES.has(stores.kind) ? 0 : STORE_TIMEOUT_MS,
          onStoreFailure: failing =>
            written?.record({
              code: failing ? 'throttle.degraded' : 'throttle.recovered',
              outcome: failing ? 'failure' : 'success',
            }),
        })
  const shedding = limited === undefined ? undefined : shed(limited.shed)
  const framed = framing(options.framing)
  const ours = hosts({
    origins,
    hosts: options.hosts ?? [],
    loopback: mode === 'development',
    probePaths,
  })
  const policy = options.headers === false ? undefined : headers(headerRules(options.headers))

  const demands = options.access === false ? undefined : options.access?.roles
  for (const [role, demand] of Object.entries(demands ?? {})) {
    checkedPolicy(demand, `access.roles.${role}`)
  }
  let house: PeopleRoutes | undefined
  let flows: AccountFlows | undefined
  const way = pipeline({
    transport:
      options.transport === false || !origins.every(origin => origin.startsWith('https:'))
        ? undefined
        : origins.length === 0
          ? undefined
          : transport(origins, probePaths),
    csrf: forged,
    visitors: visiting,
    content: strict,
    limits: limited,
    gate: limited === undefined ? undefined : gate({ ...limited.concurrency, clock }),
    shed: shedding,
    throttle: throttled,
    sessions: keeper,
    bearer: (authorization, audience) => house?.bearer(authorization, audience),
    ...(options.oauth !== undefined &&
      options.oauth !== false && {
        challenge: audience => {
          const issuer = origins[0] ?? ''
          const path = house?.resourcePath(issuer, audience ?? issuer)
          return path === undefined ? undefined : `resource_metadata="${issuer}${path}"`
        },
      }),
    access: options.access !== false,
    ...(demands !== undefined && { roles: demands }),
    ...(requiresFactors(options) && { overdue: who => house?.accounts.factors.overdue(who) }),
    headers: policy,
    audit: written,
    isNoted: refusal => flows?.isRecorded(refusal) === true,
    problemPage: options.problemPage,
    clock,
    random,
  })

  const compile = compiler({
    content: strict,
    limits: limited,
    clock,
    policyNames: new Set(Object.keys(policies)),
    given: options.access === false ? {} : (options.access?.routes ?? {}),
  })
  const violations = reportCollector()
  const endpoints: Endpoint[] = [
    ...shieldEndpoints({
      csrfPath: options.csrf === false ? undefined : (options.csrf?.path ?? '/csrf-token'),
      reportPath:
        options.headers === false ? undefined : (options.headers?.reportPath ?? REPORT_PATH),
      reports: violations,
      pipeline: way,
      audit: written,
      clock,
    }),
  ]

  const sealed = fields({ ring, random })
  if (options.account !== undefined && options.account !== false) {
    const { peopleRoutes } = await import('./routes/people.ts')
    const { account, refresh = {}, social: providers, oauth: server } = options
    const wanted = { account, refresh, social: providers || undefined, oauth: server || undefined }
    house = await peopleRoutes(wanted, {
      mode,
      origins,
      stores,
      ring,
      keys,
      previousKeys,
      olderKeys,
      clock,
      random,
      audit: written,
      sessions: keeper,
      fields: sealed,
      permits: hashPermits(),
      pipeline: way,
      signOut: policy?.signOut ?? [],
    })
    if (keeper !== undefined) flows = house.accounts.flows
    endpoints.push(...house.endpoints)
  }
  const { accounts, tokens, social: providers, oauth: server } = house ?? {}

  if (server === undefined && options.oauth !== undefined && options.oauth !== false) {
    throw new ConfigFault('oauth', 'needs account, session and refresh to be on')
  }

  const tidy = housekeeping({
    stores,
    clock,
    sweep: () => Promise.all([accounts?.sweep(), written?.tidy()]),
  })
  tidy.start()

  const routes: SeenRoute[] = []
  const settled: Settled = {
    mode,
    origins,
    hosts: options.hosts ?? [],
    trust,
    framing: options.framing ?? {},
    transportOff: options.transport === false,
    storeKind: stores.kind,
    ring,
    keyMadeUp: options.rootKey === undefined || options.rootKey === '',
    access: options.access !== false,
    audit: options.audit ?? {},
    hasCheckpoints: options.audit !== false && options.audit?.checkpoints !== undefined,
    limits: limited ?? false,
    headers: options.headers === false ? false : headerRules(options.headers),
    json: strict?.json ?? false,
    consumes: (options.content === false ? undefined : options.content?.consumes) ?? [
      'application/json',
    ],
    csrf: forged !== undefined && {
      trustedOrigins: (options.csrf === false ? undefined : options.csrf?.trustedOrigins) ?? [],
      exempt: forged.exempt,
    },
    throttle: options.throttle !== false && policies,
    session: options.session ?? {},
    refresh: tokens !== undefined && (options.refresh || {}),
    account: flows !== undefined &&
      options.account !== undefined &&
      options.account !== false && {
        password: options.account.password ?? {},
        passwords: flows.passwords,
        lockout: options.account.lockout ?? {},
        mailerKind: options.account.mailer?.kind,
        permits: hashPermits(),
        stepUpSeconds: flows.ground.settings.stepUpMs / 1000,
        resetSeconds: flows.ground.settings.resetMs / 1000,
        factorsRequired: factorsAsked(options.account),
      },
    oauth: options.oauth ?? false,
    runtime: here,
    doctor: judged,
  }
  const ownTier = (): Tier => (mode === 'development' ? mode : (judged.tier ?? mode))
  const factsOf = (tier: Tier, backlog: Moment['backlog']): Facts => {
    const moment: Moment = {
      now: clock(),
      routes,
      // Before the first request it may yet be: adapters harden the server when it begins to listen.
      hardened: servers > 0 || received === 0,
      lost: written?.health().lost ?? 0,
      forwarding: seen.seen,
      backlog,
    }
    return gather(settled, moment, tier !== 'development')
  }

  const contextFor = contexts(origins, addressOf, mode)

  const seen = watchForwarding(trust)
  const worn = wearOf(limited, random)
  const askForSuccessor = ({ due }: Recycle): void => {
    // Without a primary nobody follows: the log says so, and who runs the process replaces it.
    const outcome = retire() ? 'success' : 'failure'
    written?.record({ code: 'system.worn', outcome, ...(due !== undefined && { reason: due }) })
  }
  let received = 0
  const receive = (message: Marked): Received => {
    const before = message[RECEIVED]
    if (before !== undefined) return before
    received++
    if (worn?.count()) askForSuccessor(worn)
    const { headers } = message
    seen.look(message.socket.remoteAddress ?? '', name => headers[name] as string | undefined)
    const incoming = new NodeIncoming(message, contextFor(message))
    const made = new Received(incoming, framed(incoming) ?? ours(incoming))
    message[RECEIVED] = made
    return made
  }
  const unmatched = compile.route('ANY', '*', undefined)
  const hardened = new WeakMap<Server, HardenedServer>()
  let servers = 0
  const requestId = (): string => random.bytes(12).toString('base64url')
  const noteCut = written === undefined ? undefined : cutLog(written, clock)
  const proxies = trust === undefined ? undefined : ownProxies(trust.proxies)
  const isProxy = (address: string): boolean =>
    isLoopbackAddress(address) || proxies?.(unmapped(address), 0) === true

  return {
    mode,
    origins,
    stores,
    keys,
    clock,
    random,
    audit: written,
    sessions: keeper,
    tokens,
    oauth: server,
    social: providers,
    throttle: throttled,
    account: flows,
    fields: sealed,
    factors: accounts?.factors,
    passkeys: accounts?.passkeys,
    reports: violations,
    limits: limited,
    parsesBodies: strict !== undefined && limited !== undefined,
    pipeline: way,
    endpoints,
    route(method, pattern, policy) {
      const route = compile.route(method, pattern, policy)
      const isOwn = endpoints.some(one => one.method === method && one.path === pattern)
      if (route.matched) routes.push({ method, pattern, isOwn, policy: route.policy })
      return route
    },
    receive,
    harden(server) {
      if (limited === undefined) return undefined
      const before = hardened.get(server)
      if (before !== undefined) return before
      const made = hardenServer(server, {
        limits: limited.server,
        requestId,
        ...(proxies === undefined ? {} : { exemptAddress: isProxy }),
        guard: {
          judge: message => receive(message).refusal,
          judgeUpgrade: message => way.upgrade(receive(message).incoming),
          answer(message, response, refusal) {
            const exchange = way.begin(receive(message).incoming, unmatched)
            way.note(exchange, refusal)
            const { status, type, headers, body } = way.problem(exchange, refusal)
            const fields = [...way.fields(exchange, type), ...headers, 'content-type', type]
            fields.push('content-length', String(Buffer.byteLength(body)))
            response.writeHead(status, fields)
            response.end(body)
          },
          cut: (refusal, socket) =>
            noteCut?.(refusal, unmapped(socket.remoteAddress ?? ''), requestId()),
        },
      })
      hardened.set(server, made)
      servers++
      return made
    },
    extend(message, seconds) {
      const { server } = message.socket as { readonly server?: Server }
      if (server !== undefined) hardened.get(server)?.extend(message, seconds)
    },
    ready() {
      const warnings = options.access === false ? [] : compile.judgeAll(mode)
      const tier = ownTier()
      return [...warnings, ...admit(diagnose(factsOf(tier, NO_BACKLOG), judged), tier)]
    },
    async posture(tier = ownTier()) {
      const backlog = flows === undefined ? NO_BACKLOG : await stores.jobs.backlog(MAIL_JOB)
      return diagnose(factsOf(tier, backlog), judged)
    },
    facts: (tier = ownTier()) => factsOf(tier, NO_BACKLOG),
    async close() {
      shedding?.stop()
      await tidy.stop()
      await accounts?.stop()
      await written?.close()
      if (options.stores === undefined) await stores.close()
    },
  }
}

/** Decision: hashes leave one thread of the pool free, so that a login flood starves no file or name. */
function hashPermits(): number {
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)
  return Math.max(1, Math.min(availableParallelism(), threads - 1))
}

/** Counts requests only where a process is to be replaced at all. */
function wearOf(limited: Limits | undefined, random: Random): Recycle | undefined {
  if (limited === undefined) return undefined
  const { requests, rssBytes } = limited.recycle
  return requests > 0 || rssBytes > 0 ? recycle({ ...limited.recycle, random }) : undefined
}

/** Who has to have a second factor, for the doctor. */
function factorsAsked({ factors }: AccountModule): 'all' | 'some' | 'nobody' {
  if (factors?.required === undefined) return 'nobody'
  return factors.required.roles === undefined ? 'all' : 'some'
}

/** Whether anybody has to have a second factor: where not, requests are not held up to ask. */
function requiresFactors({ account }: BulwarkOptions): boolean {
  return account !== undefined && account !== false && account.factors?.required !== undefined
}

function auditRules(options: Exclude<BulwarkOptions['audit'], false>): AuditOptions {
  const { checkpoints: _, sinks: __, ...rules } = options ?? {}
  return rules
}

function refuseUnknown(options: BulwarkOptions): void {
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

function publicOrigins(options: BulwarkOptions, mode: string): readonly string[] {
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

function rootKey(
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

function proxyTrust(given: BulwarkOptions['trustedProxies']): ProxyTrust | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'number') return { proxies: given }
  return Array.isArray(given) ? { proxies: given as readonly string[] } : (given as ProxyTrust)
}

function throttlePolicies(
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

/** One context a public origin. Development also answers as the loopback name that was asked for. */
function contexts(
  origins: readonly string[],
  addressOf: ClientAddressOf,
  mode: Bulwark['mode'],
): (message: IncomingMessage) => { readonly origin: string; readonly addressOf: ClientAddressOf } {
  const byHost = new Map(origins.map(origin => [new URL(origin).host, { origin, addressOf }]))
  const first = origins[0]
  const usual = first === undefined ? undefined : { origin: first, addressOf }
  return message => {
    const host = message.headers.host ?? ''
    const known = byHost.get(host) ?? (mode === 'production' ? usual : undefined)
    return known ?? { origin: `http://${host}`, addressOf }
  }
}

function csrfRules(
  options: Exclude<BulwarkOptions['csrf'], false>,
): Pick<CsrfOptions, 'trustedOrigins' | 'exempt'> {
  const { path: _, ...rules } = options ?? {}
  return rules
}

function headerRules(options: Exclude<BulwarkOptions['headers'], false>): HeadersOptions {
  const { reportPath = REPORT_PATH, ...rules } = options ?? {}
  return { reportsTo: reportPath, ...rules }
}
