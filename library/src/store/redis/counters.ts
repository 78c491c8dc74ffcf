import type { Counted, Counters, Reservation } from '../port/counters.ts'
import { type Failures, judgeAttempts, judgeState } from '../rules/backoffs.ts'
import { DELAYED, FORGIVE, HIT, HIT_ONE, PEEK, RESERVE } from './counter-scripts.ts'
import type { Wire } from './wire.ts'

/**
 * Counters by scripts: one round trip a call, whatever the number of keys.
 *
 * Decision: all counters share one hash tag, since the keys of one call must be judged together.
 * Cost: in a cluster one shard carries them all, which is good for tens of thousands a second.
 */
export function redisCounters(wire: Wire, prefix: string): Counters {
  const bucketKey = (key: string): string => `${prefix}:{c}:h:${key}`
  const failuresKey = (key: string): string => `${prefix}:{c}:f:${key}`
  const delayed = `${prefix}:{c}:delayed`

  return {
    async hit(hits, now) {
      const keys = hits.map(hit => hit.key)
      const [first, ...rest] = keys.map(bucketKey)
      if (first === undefined) return []
      const args = [now]
      for (const [index, { rate, cost = 1 }] of hits.entries()) {
        args.push(rate.limit, rate.windowMs, cost, firstPlace(keys, index))
      }
      const counting = hits.length === 1 ? HIT_ONE : HIT
      const answer = list(await wire.run('counters.hit', counting, [first, ...rest], args))
      return hits.map((_, index) => ({
        allowed: number(answer, index * 3) === 1,
        remaining: number(answer, index * 3 + 1),
        resetAt: now + number(answer, index * 3 + 2),
        failures: 0,
      }))
    },
    async reserve(reservations, now) {
      if (reservations.length === 0) return []
      const keys = reservations.map(one => one.key)
      const args: (string | number)[] = [now]
      for (const [index, { key, backoff }] of reservations.entries()) {
        const { free, baseMs, capMs, forgetMs, shutAfter = -1 } = backoff
        args.push(key, free, baseMs, capMs, forgetMs, shutAfter, firstPlace(keys, index))
      }
      const named = [delayed, ...keys.map(failuresKey)] as const
      const answer = list(await wire.run('counters.reserve', RESERVE, named, args))
      const known = knownFailures(reservations, answer, 1)
      const { answers } = judgeAttempts(reservations, now, key => known.get(key))
      return agreed(answers, number(answer, 0) === 1)
    },
    async forgive(keys, how) {
      if (keys.length === 0) return
      const named = keys.map(failuresKey)
      await wire.run('counters.forgive', FORGIVE, [delayed, ...named], [how, ...keys])
    },
    async peek(reservations, now) {
      const [first, ...rest] = reservations.map(one => failuresKey(one.key))
      if (first === undefined) return []
      const answer = list(await wire.run('counters.peek', PEEK, [first, ...rest], []))
      const known = knownFailures(reservations, answer, 0)
      return reservations.map(one => judgeState(known.get(one.key), one, now))
    },
    async delayed(prefixOfKey, now, limit) {
      const args = [now, prefixOfKey, limit, failuresKey('')]
      const answer = list(await wire.run('counters.delayed', DELAYED, [delayed], args))
      return Array.from({ length: answer.length / 3 }, (_, index) => ({
        key: String(answer[index * 3]),
        failures: number(answer, index * 3 + 1),
        resetAt: number(answer, index * 3 + 2),
      }))
    },
    /** Redis forgets by itself what counts nothing any more. */
    async prune() {
      return 0
    },
  }
}

/** The place, counted from one, at which a key stands first. */
function firstPlace(keys: readonly string[], index: number): number {
  return keys.length === 1 ? 1 : keys.indexOf(keys[index] ?? '') + 1
}

/** What the server knew of each key, from the place `from` on. */
function knownFailures(
  reservations: readonly Reservation[],
  answer: readonly unknown[],
  from: number,
): ReadonlyMap<string, Failures> {
  const known = new Map<string, Failures>()
  for (const [index, { key, backoff }] of reservations.entries()) {
    const failures = number(answer, from + index * 2)
    const at = number(answer, from + index * 2 + 1)
    if (failures > 0) known.set(key, { failures, at, backoff })
  }
  return known
}

/** What the server decided and what the rules say must be the same, or nobody gets in. */
function agreed(answers: readonly Counted[], charged: boolean): readonly Counted[] {
  if (answers.every(({ allowed }) => allowed) === charged) return answers
  throw new Error('the counting script and the rules disagree')
}

function list(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw new TypeError('the server answered no list')
  return reply
}

function number(list: readonly unknown[], place: number): number {
  const value = list[place]
  if (typeof value !== 'number') throw new TypeError('the server answered no number')
  return value
}
