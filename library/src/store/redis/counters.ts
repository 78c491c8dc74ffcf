import type { Counted, Counters, Hit, Reservation } from '../port/counters.ts'
import { type Failures, judgeAttempts, judgeState } from '../rules/backoffs.ts'
import { type Bucket, judgeHits } from '../rules/rates.ts'
import { DELAYED, FORGIVE, HIT, RESERVE } from './counter-scripts.ts'
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

  const known = async (keys: readonly string[]): Promise<ReadonlyMap<string, Failures>> => {
    const [first, ...rest] = keys.map(failuresKey)
    if (first === undefined) return new Map()
    const values = await wire.send('counters.peek', ['MGET', first, ...rest])
    return failuresOf(keys, texts(values))
  }

  return {
    async hit(hits, now) {
      const [first, ...rest] = hits.map(hit => bucketKey(hit.key))
      if (first === undefined) return []
      const rules = hits.flatMap(({ rate, cost }) => [rate.limit, rate.windowMs, cost ?? 1])
      const answer = texts(await wire.run('counters.hit', HIT, [first, ...rest], [now, ...rules]))
      const buckets = bucketsOf(hits, answer.slice(1))
      return agreed(judgeHits(hits, now, key => buckets.get(key)).answers, answer[0])
    },
    async reserve(reservations, now) {
      const keys = reservations.map(one => failuresKey(one.key))
      if (keys.length === 0) return []
      const rules = reservations.flatMap(({ key, backoff }) => {
        const { free, baseMs, capMs, forgetMs, shutAfter = -1 } = backoff
        return [key, free, baseMs, capMs, forgetMs, shutAfter]
      })
      const answer = texts(
        await wire.run('counters.reserve', RESERVE, [delayed, ...keys], [now, ...rules]),
      )
      const states = failuresOf(
        reservations.map(one => one.key),
        answer.slice(1),
      )
      return agreed(judgeAttempts(reservations, now, key => states.get(key)).answers, answer[0])
    },
    async forgive(keys, how) {
      if (keys.length === 0) return
      const named = keys.map(failuresKey)
      await wire.run('counters.forgive', FORGIVE, [delayed, ...named], [how, ...keys])
    },
    async peek(reservations: readonly Reservation[], now) {
      const states = await known(reservations.map(one => one.key))
      return reservations.map(one => judgeState(states.get(one.key), one, now))
    },
    async delayed(prefixOfKey, now, limit) {
      const args = [now, prefixOfKey, limit, failuresKey('')]
      const found = texts(await wire.run('counters.delayed', DELAYED, [delayed], args))
      return Array.from({ length: found.length / 3 }, (_, index) => ({
        key: found[index * 3] ?? '',
        failures: Number(found[index * 3 + 1]),
        resetAt: Number(found[index * 3 + 2]),
      }))
    },
    /** Redis forgets by itself what counts nothing any more. */
    async prune() {
      return 0
    },
  }
}

function bucketsOf(hits: readonly Hit[], values: readonly string[]): ReadonlyMap<string, Bucket> {
  const found = new Map<string, Bucket>()
  for (const [index, { key }] of hits.entries()) {
    const [level, at] = (values[index] ?? '').split('|')
    if (at !== undefined) found.set(key, { level: Number(level), at: Number(at), emptyAt: 0 })
  }
  return found
}

function failuresOf(
  keys: readonly string[],
  values: readonly string[],
): ReadonlyMap<string, Failures> {
  const found = new Map<string, Failures>()
  for (const [index, key] of keys.entries()) {
    const parts = (values[index] ?? '').split('|').map(Number)
    const [failures, at, free, baseMs, capMs, forgetMs, shutAfter] = parts
    if (failures === undefined || at === undefined || forgetMs === undefined) continue
    const backoff = { free: free ?? 0, baseMs: baseMs ?? 0, capMs: capMs ?? 0, forgetMs }
    const shut = shutAfter === undefined || shutAfter < 0 ? {} : { shutAfter }
    found.set(key, { failures, at, backoff: { ...backoff, ...shut } })
  }
  return found
}

/** What the server decided and what the rules say must be the same, or nobody gets in. */
function agreed(answers: readonly Counted[], charged: string | undefined): readonly Counted[] {
  if (answers.every(({ allowed }) => allowed) === (charged === '1')) return answers
  throw new Error('the counting script and the rules disagree')
}

/** A reply of bulk strings; absent ones as empty text. */
function texts(reply: unknown): readonly string[] {
  if (!Array.isArray(reply)) throw new TypeError('the server answered no array')
  return reply.map(item => (item === null ? '' : String(item)))
}
