import type { Counted, Counters, Reservation } from '../port/counters.ts'
import { type Failures, judgeAttempts, judgeState } from '../rules/backoffs.ts'
import { DELAYED, FORGIVE, GRACE_MS, HIT, HIT_ONE, PEEK, RESERVE } from './counter-scripts.ts'
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
    hit(hits, now) {
      const [only, ...more] = hits
      if (only === undefined) return []
      if (more.length === 0) {
        const { key, rate, cost = 1 } = only
        const args = [now, rate.limit, rate.windowMs, cost]
        return wire.judge('counters.hit', HIT_ONE, [bucketKey(key)], args, reply => [
          counted(list(reply), 0, now),
        ])
      }
      const keys = hits.map(hit => hit.key)
      const args = [now]
      for (const [index, { rate, cost = 1 }] of hits.entries()) {
        args.push(rate.limit, rate.windowMs, cost, firstPlace(keys, index))
      }
      const named = [bucketKey(only.key), ...more.map(hit => bucketKey(hit.key))] as const
      return wire.judge('counters.hit', HIT, named, args, reply => {
        const answer = list(reply)
        return hits.map((_, index) => counted(answer, index * 3, now))
      })
    },
    async reserve(reservations, now) {
      if (reservations.length === 0) return []
      const keys = reservations.map(one => one.key)
      const args: (string | number)[] = [now]
      for (const [index, { key, backoff }] of reservations.entries()) {
        const { free, baseMs, capMs, forgetMs, shutAfter = -1 } = backoff
        const lifeMs = forgetMs + GRACE_MS
        args.push(key, free, baseMs, capMs, forgetMs, shutAfter, lifeMs, firstPlace(keys, index))
      }
      const named = [delayed, ...keys.map(failuresKey)] as const
      return wire.judge('counters.reserve', RESERVE, named, args, reply => {
        const answer = list(reply)
        const known = knownFailures(reservations, answer, 1)
        const { answers } = judgeAttempts(reservations, now, key => known.get(key))
        return agreed(answers, number(answer, 0) === 1)
      })
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

/** What the server answered of the hit whose three numbers begin at `place`. */
function counted(answer: readonly unknown[], place: number, now: number): Counted {
  return {
    allowed: number(answer, place) === 1,
    remaining: number(answer, place + 1),
    resetAt: now + number(answer, place + 2),
    failures: 0,
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
