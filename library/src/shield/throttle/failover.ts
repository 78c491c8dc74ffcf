import type { Clock } from '../../kernel/clock.ts'
import type { Soon } from '../../kernel/soon.ts'
import type { Counted, Counters, Hit } from '../../store/port/counters.ts'
import { inAdvance } from './in-advance.ts'
import { LocalRates } from './local.ts'

export interface FailoverOptions {
  readonly counters: Counters
  readonly clock: Clock
  readonly onStoreFailure?: (failing: boolean, cause: unknown) => void
  readonly storeTimeoutMs?: number
  readonly inAdvance?: boolean
  readonly near?: Pick<Counters, 'hit'> | undefined
}

export interface Tally {
  readonly counted: readonly Counted[]
  /** True when the store was not asked or did not answer, and only this process has counted. */
  readonly blind: boolean
}

/** After a failure the store is left alone this long, then one request tries it again. */
const PAUSE_MS = 1000

/**
 * Counts in the store, or in this process while the store fails.
 *
 * Decision: a rate without its store becomes a stricter one of this process alone, rather than
 * none (everybody in) or an outage (nobody in). Cost: for that time the count is per process, and
 * the store's own count has gaps; where that is not good enough, a policy says `refuse`.
 */
export function failover(options: FailoverOptions): (hits: readonly Hit[]) => Soon<Tally> {
  const { counters, clock, storeTimeoutMs = 0 } = options
  const direct = counters.hit.bind(counters)
  const stored = options.inAdvance === true ? inAdvance(direct) : direct
  const { near } = options
  const hit: Counters['hit'] =
    near === undefined
      ? stored
      : (hits, now) => (hits.every(isShort) ? near.hit(hits, now) : stored(hits, now))
  let local: LocalRates | undefined
  let failing = false
  let triedAt = 0

  const blindly = (hits: readonly Hit[]): Tally => {
    local ??= new LocalRates(clock() ^ (process.pid << 16))
    return { counted: local.hit(hits, clock()), blind: true }
  }

  const counting = (counted: readonly Counted[]): Tally => {
    if (failing) {
      failing = false
      options.onStoreFailure?.(false, undefined)
    }
    return { counted, blind: false }
  }

  return hits => {
    const now = clock()
    if (failing && now - triedAt < PAUSE_MS) return blindly(hits)
    triedAt = now
    const failed = (cause: unknown): Tally => {
      triedAt = now
      if (!failing) {
        failing = true
        options.onStoreFailure?.(true, cause)
      }
      return blindly(hits)
    }
    try {
      const asked = hit(hits, now)
      if (!(asked instanceof Promise)) return counting(asked)
      return (storeTimeoutMs > 0 ? within(asked, storeTimeoutMs) : asked).then(counting, failed)
    } catch (cause) {
      return failed(cause)
    }
  }
}

/** What a restart may forget: a minute's count. */
const SHORT_MS = 60_000

function isShort({ rate }: Hit): boolean {
  return rate.windowMs <= SHORT_MS
}

function within<T>(asked: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer in time')), milliseconds)
    asked.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
