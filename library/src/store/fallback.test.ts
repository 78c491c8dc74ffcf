import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreFault } from '../kernel/fault.ts'
import { HOUR, NOW } from './conformance/examples.ts'
import { fallbackCounters } from './fallback.ts'
import { memoryStores } from './memory/memory.ts'
import type { Counters } from './port/counters.ts'

const backoff = { free: 8, baseMs: 1_000, capMs: 60_000, forgetMs: HOUR }
const rate = { limit: 8, windowMs: 60_000 }

/** Counters that can go away, and how often they were asked. */
function fragile(): { counters: Counters; away: (gone: boolean) => void; asked: () => number } {
  const { counters } = memoryStores()
  let gone = false
  let calls = 0
  const guard = <A extends unknown[], T>(verb: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      calls += 1
      if (gone) throw new StoreFault('counters', new Error('gone'))
      return verb(...args)
    }
  }
  return {
    counters: {
      hit: guard(async (...args: Parameters<Counters['hit']>) => counters.hit(...args)),
      reserve: guard(counters.reserve),
      forgive: guard(counters.forgive),
      peek: guard(counters.peek),
      delayed: guard(counters.delayed),
      prune: guard(counters.prune),
    },
    away: next => {
      gone = next
    },
    asked: () => calls,
  }
}

async function passing(counters: Counters, now: number): Promise<number> {
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => counters.reserve([{ key: 'ann', backoff }], now)),
  )
  return answers.filter(([answer]) => answer?.allowed).length
}

test('while the store answers, it alone counts', async () => {
  const { counters } = fragile()
  assert.equal(await passing(fallbackCounters(counters), NOW), 8)
})

test('while the store is away, a guesser gets a quarter of the attempts, not all and not none', async () => {
  const { counters, away } = fragile()
  const guarded = fallbackCounters(counters)
  away(true)
  assert.equal(await passing(guarded, NOW), 2)
  const hits = await Promise.all(
    Array.from({ length: 50 }, () => guarded.hit([{ key: 'a', rate }], NOW)),
  )
  assert.equal(hits.filter(([answer]) => answer?.allowed).length, 2)
  const [peeked] = await guarded.peek([{ key: 'ann', backoff }], NOW)
  assert.equal(peeked?.failures, 2)
  assert.equal((await guarded.delayed('a', NOW, 9)).length, 1)
})

test('a limit of one stays one: nobody is shut out by rounding', async () => {
  const { counters, away } = fragile()
  away(true)
  const guarded = fallbackCounters(counters)
  const [answer] = await guarded.hit([{ key: 'a', rate: { limit: 1, windowMs: 1_000 } }], NOW)
  assert.equal(answer?.allowed, true)
})

test('a store that failed is left alone for a second, then asked again', async () => {
  const { counters, away, asked } = fragile()
  const guarded = fallbackCounters(counters)
  away(true)
  await guarded.hit([{ key: 'a', rate }], NOW)
  for (let hit = 0; hit < 10; hit += 1) await guarded.hit([{ key: 'a', rate }], NOW + 999)
  assert.equal(asked(), 1)
  away(false)
  const [answer] = await guarded.hit([{ key: 'a', rate }], NOW + 1_000)
  assert.equal(asked(), 2)
  assert.equal(answer?.remaining, 7)
})

test('whoever proves himself during the outage is forgiven without a fault', async () => {
  const { counters, away } = fragile()
  const guarded = fallbackCounters(counters)
  away(true)
  await passing(guarded, NOW)
  await guarded.forgive(['ann'], 'all')
  assert.equal(await passing(guarded, NOW), 2)
})

test('an error that is not the store’s is not hidden', async () => {
  const counters = {
    ...memoryStores().counters,
    hit: () => Promise.reject(new TypeError('a mistake of ours')),
  }
  const asked = async (): Promise<unknown> =>
    fallbackCounters(counters).hit([{ key: 'a', rate }], NOW)
  await assert.rejects(asked, TypeError)
})
