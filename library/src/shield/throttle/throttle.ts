import type { Clock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import { after, type Soon } from '../../kernel/soon.ts'
import type { Counters } from '../../store/port/counters.ts'
import { failover, type Tally } from './failover.ts'
import { rateLimitField, retryAfter } from './fields.ts'
import { hitsFor, type Plan, Plans, type Policies, readyRates } from './rates.ts'

export const refusals = {
  limited: {
    code: 'throttle.limited',
    says: 'throttle.limited',
    status: 429,
    headers: { 'cache-control': 'no-store' },
  },
  storeDown: {
    code: 'throttle.store_down',
    says: 'throttle.store_down',
    status: 503,
    retryAfterSeconds: 5,
  },
} as const

/** Whom a rate counts. `address` is the IPv4 address or the IPv6 /64. */
export type ThrottleKey = 'address' | 'account' | 'api-key' | 'global'

/** One rate: so many at once, refilled evenly over the window, with no edge to burst at. */
export interface ThrottlePolicy {
  readonly by: ThrottleKey
  readonly limit: number
  readonly windowSeconds: number
  /**
   * While the store is out of reach, `local` counts in this process, with a quarter of the limit;
   * `refuse` answers 503. `local` unless told.
   */
  readonly whenStoreFails?: 'local' | 'refuse'
}

export interface ThrottleOptions {
  readonly counters: Counters
  readonly clock: Clock
  /** By name; a route names those that it wants. Several rates under one name all apply. */
  readonly policies?: Policies
  /** Told once when the store fails and once when it is back, for the audit. */
  readonly onStoreFailure?: (failing: boolean, cause: unknown) => void
  /** A store that has not answered by then counts as failed; 0, for a local store, waits for it. */
  readonly storeTimeoutMs?: number
  /** Takes a few units at once, for a store in which each count is a write; see `inAdvance`. */
  readonly inAdvance?: boolean
  /**
   * Counts rates of at most a minute in this process, where it is the only one that serves: such a
   * count is not worth a write a request. A restart forgets it.
   */
  readonly near?: Pick<Counters, 'hit'> | undefined
}

/** Who asks. Rates by a part that is not known do not apply. */
export interface Asker {
  readonly address: string
  readonly accountId?: string | undefined
  readonly apiKeyId?: string | undefined
}

export interface ThrottleVerdict {
  readonly refusal?: Refusal
  /** `RateLimit-Policy` and `RateLimit`, names and values in turn; empty when no rate applied. */
  readonly headers: readonly string[]
}

export interface Throttle {
  /**
   * Takes from all rates of all named policies in one round trip: from all or, when one refuses,
   * from none. A failing store is answered as each policy says, never thrown.
   */
  take(policies: readonly string[], asker: Asker, cost?: number): Soon<ThrottleVerdict>
  /** Takes more afterwards (a failure, a dear answer): as much of it as is there. */
  penalize(policies: readonly string[], asker: Asker, cost: number): Promise<void>
  /** Gives back (a success). */
  reward(policies: readonly string[], asker: Asker, cost: number): Promise<void>
}

const NOTHING: ThrottleVerdict = { headers: [] }

/**
 * Named rates over shared counters: the same count, whichever process is asked.
 *
 * @returns `take` answers `throttle.limited` (429) or `throttle.store_down` (503)
 * @throws {ConfigFault} when a name or a number cannot be used, or nobody knows a policy asked for
 * @see ASVS 2.4.1, 6.3.1, 15.2.2; RFC 6585 §4; draft-ietf-httpapi-ratelimit-headers
 */
export function throttle(options: ThrottleOptions): Throttle {
  const { clock } = options
  const ready = readyRates(options.policies ?? {})
  const count = failover(options)
  // By the list's identity: a route's list is one constant, so it is looked up once.
  const known = new WeakMap<readonly string[], Plans>()
  const plansOf = (names: readonly string[]): Plans => {
    let plans = known.get(names)
    if (plans === undefined) {
      plans = new Plans(names.flatMap(name => ready.get(name) ?? unknownPolicy(name)))
      known.set(names, plans)
    }
    return plans
  }

  return {
    take(names, asker, cost = 1) {
      const plan = plansOf(names).for(asker)
      if (plan.rates.length === 0) return NOTHING
      return after(count(hitsFor(plan, asker, cost)), tally => verdictOf(plan, tally, clock()))
    },
    async penalize(names, asker, cost) {
      for (const hit of hitsFor(plansOf(names).for(asker), asker, cost)) {
        const [first] = (await count([hit])).counted
        // All or nothing holds here too: where the whole penalty is too much, take what is left.
        if (first === undefined || first.allowed || first.remaining < 1) continue
        await count([{ ...hit, cost: first.remaining }])
      }
    },
    async reward(names, asker, cost) {
      const hits = hitsFor(plansOf(names).for(asker), asker, -cost)
      if (hits.length > 0) await count(hits)
    },
  }
}

function verdictOf(plan: Plan, { counted, blind }: Tally, now: number): ThrottleVerdict {
  if (blind && plan.refusesBlind) return { refusal: refusals.storeDown, headers: [] }
  const field = rateLimitField(plan.rates, counted, now)
  const headers = ['ratelimit-policy', plan.field, 'ratelimit', field]
  const refusing = counted.findIndex(({ allowed }) => !allowed)
  if (refusing < 0) return { headers }
  const refusal: Refusal = {
    ...refusals.limited,
    retryAfterSeconds: retryAfter(counted, now),
    why: `rate ${plan.rates[refusing]?.name}`,
  }
  return { refusal, headers }
}

function unknownPolicy(name: string): never {
  throw new ConfigFault('throttle.policies', `has no ${JSON.stringify(name)}, which a route names`)
}
