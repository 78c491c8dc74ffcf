import type { Counters } from '../port/counters.ts'
import { forgottenAt, judgeAttempts, judgeState, readyAt } from '../rules/backoffs.ts'
import { judgeHits } from '../rules/rates.ts'
import { type Room, sweep } from './room.ts'

const SKEW_MS = 300_000

export function memoryCounters(room: Room): Counters {
  const { buckets, failures } = room
  const gleanBuckets = gleaner(buckets, bucket => bucket.emptyAt)
  const gleanFailures = gleaner(failures, forgottenAt)
  return {
    hit(hits, now) {
      const { answers, charged } = judgeHits(hits, now, key => buckets.get(key))
      for (const [key, bucket] of charged) {
        if (!buckets.has(key)) gleanBuckets(now)
        buckets.set(key, bucket)
      }
      return answers
    },
    async reserve(reservations, now) {
      const { answers, charged } = judgeAttempts(reservations, now, key => failures.get(key))
      for (const [key, state] of charged) {
        if (!failures.has(key)) gleanFailures(now)
        failures.set(key, state)
      }
      return answers
    },
    async forgive(keys, how) {
      for (const key of keys) {
        const state = failures.get(key)
        if (state === undefined) continue
        if (how === 'all' || state.failures <= 1) failures.delete(key)
        else failures.set(key, { ...state, failures: state.failures - 1 })
      }
    },
    async peek(reservations, now) {
      return reservations.map(one => judgeState(failures.get(one.key), one, now))
    },
    async delayed(prefix, now, limit) {
      const found = []
      for (const [key, state] of failures) {
        if (found.length >= limit) break
        const resetAt = readyAt(state)
        if (resetAt <= now || !key.startsWith(prefix)) continue
        found.push({ key, failures: state.failures, resetAt })
      }
      return found
    },
    async prune(now, limit) {
      const dropped = sweep(buckets, limit, bucket => bucket.emptyAt <= now)
      return dropped + sweep(failures, limit - dropped, state => forgottenAt(state) <= now)
    },
  }
}

/**
 * Looks at two old keys for each new one and lets those go that count nothing any more, not even
 * for a caller whose clock is a little behind.
 *
 * Decision: no cap and no eviction, since a stranger could push an account out of a full table.
 * Cost: memory grows with the keys of one window, some 200 bytes each.
 */
function gleaner<T>(map: Map<string, T>, endAt: (value: T) => number): (now: number) => void {
  let walk = map.entries()
  return now => {
    for (let looked = 0; looked < 2; looked += 1) {
      const next = walk.next()
      if (next.done) {
        walk = map.entries()
        return
      }
      const [key, value] = next.value
      if (endAt(value) + SKEW_MS <= now) map.delete(key)
    }
  }
}
