import type { LockoutOptions } from '../account/lockout/settings.ts'
import type { PasswordOptions, Passwords } from '../account/password/password.ts'
import type { AuditOptions } from '../audit/settings.ts'
import type { ProxyTrust } from '../http/address.ts'
import type { ForwardingSeen } from '../http/forwarding-watch.ts'
import type { FramingOptions } from '../http/framing.ts'
import type { OAuthOptions } from '../oauth/server/options.ts'
import type { SessionsOptions } from '../session/sessions/sessions.ts'
import { JSON_DEFAULTS, type JsonLimits } from '../shield/content/json.ts'
import type { HeadersOptions } from '../shield/headers/headers.ts'
import { LIMITS_DEFAULTS, type Limits } from '../shield/limits/limits.ts'
import type { ThrottlePolicy } from '../shield/throttle/throttle.ts'
import type { KeyRing } from '../vault/secrets/ring.ts'
import type { DoctorOptions, Facts } from './facts.ts'
import type { RouteFacts } from './routes.checks.ts'
import type { Runtime } from './runtime.ts'

/** A route as it was registered; what its policy says, no more. */
export interface SeenRoute {
  readonly method: string
  readonly pattern: string
  readonly isOwn: boolean
  readonly policy: {
    readonly access?: object
    readonly throttle?: string | readonly string[] | false
    readonly csrf?: { readonly exempt?: string }
    readonly limits?: { readonly maxBodyBytes?: number }
    readonly content?: { readonly consumes?: readonly string[]; readonly body?: unknown }
  }
}

/** A service that is put together, as the doctor is shown it. `false` is what is switched off. */
export interface Settled {
  readonly mode: 'development' | 'production'
  readonly origins: readonly string[]
  readonly hosts: readonly string[]
  readonly trust: ProxyTrust | undefined
  readonly framing: FramingOptions
  readonly transportOff: boolean
  readonly storeKind: string
  readonly ring: KeyRing
  readonly keyMadeUp: boolean
  readonly access: boolean
  readonly audit: AuditOptions | false
  readonly hasCheckpoints: boolean
  readonly limits: Limits | false
  readonly headers: HeadersOptions | false
  readonly json: Required<JsonLimits> | false
  /** What routes take that say nothing. */
  readonly consumes: readonly string[]
  readonly csrf:
    | { readonly trustedOrigins: readonly string[]; readonly exempt: ReadonlyMap<string, string> }
    | false
  readonly throttle: Readonly<Record<string, ThrottlePolicy | readonly ThrottlePolicy[]>> | false
  readonly session: SessionsOptions | false
  readonly refresh: { readonly accessSeconds?: number; readonly idleSeconds?: number } | false
  readonly account:
    | {
        readonly password: PasswordOptions
        readonly passwords: Pick<Passwords, 'cost' | 'engine'>
        readonly lockout: LockoutOptions
        readonly mailerKind: string | undefined
        readonly permits: number
        readonly stepUpSeconds: number
        readonly resetSeconds: number
        readonly factorsRequired: 'all' | 'some' | 'nobody'
      }
    | false
  readonly oauth: OAuthOptions | false
  readonly runtime: Runtime
  readonly doctor: DoctorOptions
}

/** What changes while the service runs. */
export interface Moment {
  readonly now: number
  readonly routes: readonly SeenRoute[]
  readonly hardened: boolean
  readonly lost: number
  readonly forwarding: ForwardingSeen | undefined
  readonly backlog: { readonly waiting: number; readonly oldestRunAt: number | undefined }
}

/** Lays out a service for the checks; `production` asks as if it were one. */
export function gather(settled: Settled, moment: Moment, production: boolean): Facts {
  const { doctor, runtime, account } = settled
  const processes = doctor.processes ?? (runtime.isWorker ? 2 : 1)
  const routes = moment.routes.map(routeFacts)
  return {
    runtime: { production, ...runtime },
    service: {
      production,
      mode: settled.mode,
      nodeEnv: runtime.nodeEnv,
      origins: settled.origins,
      keyMadeUp: settled.keyMadeUp,
      transportOff: settled.transportOff,
      session: settled.session !== false,
      accounts: account !== false,
      accessSeconds: settled.refresh === false ? undefined : settled.refresh.accessSeconds,
      refreshIdleSeconds: settled.refresh === false ? undefined : settled.refresh.idleSeconds,
      stepUpSeconds: account === false ? undefined : account.stepUpSeconds,
      resetSeconds: account === false ? undefined : account.resetSeconds,
      factorsRequired: account === false ? undefined : account.factorsRequired,
    },
    routes: { production, access: settled.access, routes },
    http: {
      production,
      origins: settled.origins,
      hosts: settled.hosts,
      trustedProxies: settled.trust,
      framing: settled.framing,
      insecureParser: runtime.flags.includes('--insecure-http-parser'),
      ...(moment.forwarding !== undefined && { forwarding: moment.forwarding }),
    },
    store: {
      production,
      kind: settled.storeKind,
      nodes: processes,
      ...(doctor.plainStores !== undefined && { plainAddresses: doctor.plainStores }),
      ...(doctor.redis?.eviction !== undefined && { redisEviction: doctor.redis.eviction }),
      ...(doctor.redis?.appendOnly !== undefined && { redisAppendOnly: doctor.redis.appendOnly }),
    },
    audit: {
      options: settled.audit,
      production,
      storeKind: settled.storeKind,
      hasCheckpoints: settled.hasCheckpoints,
      retentionDays:
        doctor.auditDays ?? (settled.audit === false ? undefined : settled.audit.retentionDays),
      lost: moment.lost,
    },
    secrets: {
      ring: settled.ring,
      production,
      keyBesideData: doctor.keyBesideData ?? false,
      now: moment.now,
    },
    outbound: {
      policies: doctor.outbound?.() ?? [],
      ...(runtime.tlsRejectUnauthorized !== undefined && {
        tlsRejectUnauthorized: runtime.tlsRejectUnauthorized,
      }),
    },
    uploads: { services: doctor.uploads?.() ?? [] },
    limits: {
      on: settled.limits !== false,
      limits: settled.limits === false ? LIMITS_DEFAULTS : settled.limits,
      heapLimitBytes: runtime.heapLimitBytes,
      hardened: moment.hardened,
    },
    headers: {
      production,
      on: settled.headers !== false,
      options: settled.headers === false ? {} : settled.headers,
    },
    content: {
      on: settled.json !== false,
      json: settled.json === false ? JSON_DEFAULTS : settled.json,
      consumes: new Map(
        moment.routes
          .filter(({ isOwn }) => !isOwn)
          .map(({ method, pattern, policy }) => [
            `${method} ${pattern}`,
            policy.content?.consumes ?? (BODILESS.has(method) ? [] : settled.consumes),
          ]),
      ),
    },
    csrf: {
      on: settled.csrf !== false,
      trustedOrigins: settled.csrf === false ? [] : settled.csrf.trustedOrigins,
      exempt: new Map([
        ...(settled.csrf === false ? [] : settled.csrf.exempt),
        ...moment.routes.flatMap(({ method, pattern, isOwn, policy }): [string, string][] =>
          isOwn || policy.csrf?.exempt === undefined
            ? []
            : [[`${method} ${pattern}`, policy.csrf.exempt]],
        ),
      ]),
    },
    throttle: {
      production,
      on: settled.throttle !== false,
      hasDefault: settled.throttle !== false && settled.throttle['default'] !== undefined,
      policies: new Map(
        Object.entries(settled.throttle === false ? {} : settled.throttle).map(([name, given]) => [
          name,
          Array.isArray(given) ? (given as readonly ThrottlePolicy[]) : [given as ThrottlePolicy],
        ]),
      ),
      used: new Set(['default', ...moment.routes.flatMap(({ policy }) => policy.throttle || [])]),
      storeKind: settled.storeKind,
      processes,
    },
    oauth: settled.oauth === false ? undefined : { options: settled.oauth, production },
    sessions: settled.session === false ? undefined : { options: settled.session, production },
    password:
      account === false
        ? undefined
        : {
            options: account.password,
            passwords: account.passwords,
            permits: account.permits,
            threads: runtime.threads,
            secondFactorEnforced: account.factorsRequired === 'all',
          },
    lockout:
      account === false
        ? undefined
        : { options: account.lockout, storeKind: settled.storeKind, processes },
    mail:
      account === false
        ? undefined
        : {
            mailerKind: account.mailerKind,
            production,
            backlog: moment.backlog,
            now: moment.now,
          },
  }
}

const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE'])

function routeFacts({ method, pattern, isOwn, policy }: SeenRoute): RouteFacts {
  const access = (policy.access ?? {}) as { public?: unknown; role?: unknown }
  return {
    method,
    pattern,
    isOwn,
    isPublic: access.public === true,
    hasRole: access.role !== undefined,
    isUnthrottled: policy.throttle === false,
    maxBodyBytes: policy.limits?.maxBodyBytes,
    hasSchema: policy.content?.body !== undefined,
  }
}
