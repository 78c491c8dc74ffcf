import { StoreFault } from '../kernel/fault.ts'
import type { Soon } from '../kernel/soon.ts'
import { memoryStores } from './memory/memory.ts'
import type { Backoff, Counters, Rate } from './port/counters.ts'

/** After a fault the store is left alone this long. */
const REST_MS = 1_000

export interface FallbackOptions {
  /**
   * The share of every limit that one node grants while the store is away: at most one divided by
   * the number of nodes. A quarter unless told; a limit never falls below one.
   */
  readonly share?: number
}

/**
 * Counts in this process while the store is out of reach, and more strictly, so that an outage
 * neither opens the door nor shuts it for everybody.
 *
 * Decision: limits go on, on what this node sees alone. Cost: what was counted before the outage
 * is not known during it, so an account gets its share of free attempts again, once a node.
 */
export function fallbackCounters(
  counters: Counters,
  { share = 0.25 }: FallbackOptions = {},
): Counters {
  const local = memoryStores().counters
  const less = (limit: number): number => Math.max(1, Math.floor(limit * share))
  const stricterRate = (rate: Rate): Rate => ({ ...rate, limit: less(rate.limit) })
  const stricter = (backoff: Backoff): Backoff => ({
    ...backoff,
    free: less(backoff.free),
    ...(backoff.shutAfter === undefined ? {} : { shutAfter: less(backoff.shutAfter) }),
  })

  let restUntil = Number.NEGATIVE_INFINITY

  /** Asks the store, unless it failed a moment ago: a store that hangs costs one request a second. */
  const either = <T>(now: number, asked: () => Soon<T>, instead: () => Soon<T>): Promise<T> => {
    if (now < restUntil && restUntil - now <= REST_MS) return Promise.resolve(instead())
    const failed = (error: unknown): Soon<T> => {
      if (!(error instanceof StoreFault)) throw error
      restUntil = now + REST_MS
      return instead()
    }
    // One promise, not an async function: this stands in the way of every request.
    try {
      return Promise.resolve(asked()).catch(failed)
    } catch (error) {
      return Promise.reject<T>(error).catch(failed)
    }
  }

  return {
    hit: (hits, now) =>
      either(
        now,
        () => counters.hit(hits, now),
        () =>
          local.hit(
            hits.map(hit => ({ ...hit, rate: stricterRate(hit.rate) })),
            now,
          ),
      ),
    reserve: (reservations, now) =>
      either(
        now,
        () => counters.reserve(reservations, now),
        () =>
          local.reserve(
            reservations.map(one => ({ ...one, backoff: stricter(one.backoff) })),
            now,
          ),
      ),
    async forgive(keys, how) {
      await local.forgive(keys, how)
      await counters.forgive(keys, how).catch((error: unknown) => {
        if (!(error instanceof StoreFault)) throw error
      })
    },
    peek: (reservations, now) =>
      either(
        now,
        () => counters.peek(reservations, now),
        () =>
          local.peek(
            reservations.map(one => ({ ...one, backoff: stricter(one.backoff) })),
            now,
          ),
      ),
    delayed: (prefix, now, limit) =>
      either(
        now,
        () => counters.delayed(prefix, now, limit),
        () => local.delayed(prefix, now, limit),
      ),
    async prune(now, limit) {
      return (await local.prune(now, limit)) + (await counters.prune(now, limit))
    },
  }
}
