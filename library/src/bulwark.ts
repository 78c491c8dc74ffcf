import cluster from 'node:cluster'
import type { IncomingMessage, Server } from 'node:http'
import { availableParallelism } from 'node:os'
import { checkedPolicy } from './access/policy.ts'
import type { AccountFlows } from './account/account.ts'
import type { Factors } from './account/factors/factors.ts'
import { MAIL_JOB } from './account/mail/queue.ts'
import type { Passkeys } from './account/passkeys/passkeys.ts'
import { type Audit, audit } from './audit/audit.ts'
import {
  admit,
  diagnose,
  doctorOptions,
  type Facts,
  type Finding,
  type Tier,
} from './doctor/doctor.ts'
import { gather, type Moment, type SeenRoute, type Settled } from './doctor/gather.ts'
import { runtime } from './doctor/runtime.ts'
import type { HardenedServer } from './http/server.ts'
import { type Clock, systemClock } from './kernel/clock.ts'
import { ConfigFault } from './kernel/fault.ts'
import type { Keys } from './kernel/keys.ts'
import { type Random, systemRandom } from './kernel/random.ts'
import type { OAuthServer } from './oauth/server/server.ts'
import type { Social } from './oauth/social/social.ts'
import {
  auditRules,
  type BulwarkOptions,
  csrfRules,
  factorsAsked,
  headerRules,
  PROBE_PATHS,
  proxyTrust,
  publicOrigins,
  REPORT_PATH,
  refuseUnknown,
  requiresFactors,
  rootKey,
  throttlePolicies,
} from './options.ts'
import { compiler } from './pipeline/compile.ts'
import type { Exchange } from './pipeline/exchange.ts'
import { type Pipeline, pipeline } from './pipeline/pipeline.ts'
import type { Route, RoutePolicy } from './pipeline/route.ts'
import { transport } from './pipeline/transport.ts'
import { type Received, reception } from './reception.ts'
import type { Endpoint } from './routes/endpoint.ts'
import type { PeopleRoutes } from './routes/people.ts'
import { shieldEndpoints } from './routes/shield.ts'
import type { Tokens } from './session/refresh/refresh.ts'
import { type SessionKeeper, sessions } from './session/sessions/sessions.ts'
import { content } from './shield/content/content.ts'
import { csrf } from './shield/csrf/csrf.ts'
import { visitors } from './shield/csrf/visitor.ts'
import { headers } from './shield/headers/headers.ts'
import { type ReportCollector, reportCollector } from './shield/headers/reports.ts'
import { gate } from './shield/limits/gate.ts'
import { type Limits, limits } from './shield/limits/limits.ts'
import { shed } from './shield/limits/shed.ts'
import { type Throttle, throttle } from './shield/throttle/throttle.ts'
import { housekeeping } from './store/housekeeping/housekeeping.ts'
import { memoryStores } from './store/memory/memory.ts'
import type { Stores } from './store/port/stores.ts'
import { type Fields, fields } from './vault/fields/fields.ts'
import { keyRing } from './vault/secrets/ring.ts'

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

export type { AccessSettings, AuditModule, BulwarkOptions, ThrottleSettings } from './options.ts'
export type { Endpoint, Exchange, Received, RoutePolicy }

const NO_BACKLOG: Moment['backlog'] = { waiting: 0, oldestRunAt: undefined }
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
          // Decision: on SQLite a process counts rates of up to a minute by itself, unless it is one
          // of several workers. Cost: several services on one file, each started by itself, count
          // such rates each for itself.
          near: stores.kind === 'sqlite' && !cluster.isWorker ? memoryStores().counters : undefined,
          storeTimeoutMs: LOCAL_STORES.has(stores.kind) ? 0 : STORE_TIMEOUT_MS,
          onStoreFailure: failing =>
            written?.record({
              code: failing ? 'throttle.degraded' : 'throttle.recovered',
              outcome: failing ? 'failure' : 'success',
            }),
        })
  const shedding = limited === undefined ? undefined : shed(limited.shed)
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

  const door = reception({
    mode,
    origins,
    hosts: options.hosts ?? [],
    probePaths,
    trust,
    framing: options.framing,
    limits: limited,
    audit: written,
    clock,
    random,
    pipeline: way,
    unmatched: compile.route('ANY', '*', undefined),
  })
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
      hardened: door.servers > 0 || door.received === 0,
      lost: written?.health().lost ?? 0,
      forwarding: door.forwarding,
      backlog,
    }
    return gather(settled, moment, tier !== 'development')
  }

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
    receive: door.receive,
    harden: door.harden,
    extend: door.extend,
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
