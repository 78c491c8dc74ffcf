import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryStores } from '../../store/memory/memory.ts'
import type { Counted, Hit } from '../../store/port/counters.ts'
import { inAdvance } from './in-advance.ts'

const RATE = { limit: 320, windowMs: 60_000 }
const KEY: readonly Hit[] = [{ key: 'somebody', rate: RATE }]

function counted() {
  const { counters } = memoryStores()
  const asked = { trips: 0 }
  const ask = async (hits: readonly Hit[], now: number): Promise<readonly Counted[]> => {
    asked.trips += 1
    return counters.hit(hits, now)
  }
  return { asked, ask, hit: inAdvance(ask), another: inAdvance(ask), counters }
}

describe('units taken in advance', () => {
  it('cost the store one trip for many requests of a busy key', async () => {
    const { asked, hit } = counted()
    for (let at = 0; at < 320; at++) {
      const [answer] = await hit(KEY, 1000 + at)
      assert.equal(answer?.allowed, true, `request ${at}`)
    }
    assert.ok(asked.trips < 45, `${asked.trips} trips`)
  })

  it('let in exactly the limit, one by one and at once', async () => {
    const { hit } = counted()
    let allowed = 0
    for (let at = 0; at < 100; at++) if ((await hit(KEY, 5000))[0]?.allowed) allowed += 1
    const rest = await Promise.all(Array.from({ length: 400 }, async () => hit(KEY, 5000)))
    allowed += rest.filter(([answer]) => answer?.allowed).length
    assert.equal(allowed, 320)
  })

  it('say how many are left, those in hand included', async () => {
    const { hit } = counted()
    for (let at = 1; at <= 50; at++) assert.equal((await hit(KEY, 0))[0]?.remaining, 320 - at)
  })

  it('are never taken from a small limit, nor for who comes seldom', async () => {
    const { asked, hit } = counted()
    const small: readonly Hit[] = [{ key: 'small', rate: { limit: 20, windowMs: 60_000 } }]
    for (let at = 0; at < 20; at++) await hit(small, at)
    for (let at = 0; at < 20; at++) await hit(KEY, at * 1500)
    assert.equal(asked.trips, 40)
    assert.equal((await hit(small, 21))[0]?.allowed, false)
  })

  it('make a refusal cost nothing until a unit is free', async () => {
    const { asked, hit } = counted()
    const narrow: readonly Hit[] = [{ key: 'narrow', rate: { limit: 1, windowMs: 500 } }]
    await hit(narrow, 0)
    for (let at = 0; at < 100; at++) assert.equal((await hit(narrow, 1))[0]?.allowed, false)
    assert.equal(asked.trips, 2)
    assert.equal((await hit(narrow, 500))[0]?.allowed, true)
  })

  it('take from all rates or from none', async () => {
    const { hit, counters } = counted()
    const narrow = { key: 'narrow', rate: { limit: 2, windowMs: 60_000 } }
    const both = [...KEY, narrow]
    for (let at = 0; at < 10; at++) await hit(both, at)
    const [rest] = await counters.hit([{ ...(KEY[0] as Hit), cost: 0 }], 10)
    assert.ok((rest?.remaining ?? 0) >= 317, `${rest?.remaining} are left`)
  })

  it('are forgotten when somebody is given units back', async () => {
    const { hit } = counted()
    const narrow: Hit = { key: 'narrow', rate: { limit: 1, windowMs: 60_000 } }
    await hit([narrow], 0)
    assert.equal((await hit([narrow], 1))[0]?.allowed, false)
    await hit([{ ...narrow, cost: -1 }], 2)
    assert.equal((await hit([narrow], 3))[0]?.allowed, true)
  })

  it('never let in more than the limit in any window, whichever process is asked', async () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 3000 }),
      burst: fc.integer({ min: 1, max: 40 }),
      second: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        const { hit, another } = counted()
        const rate = { limit: 96, windowMs: 10_000 }
        const hits = [{ key: 'k', rate }]
        const times: number[] = []
        let now = 0
        for (const { wait, burst, second } of steps) {
          now += wait
          for (let at = 0; at < burst; at++) {
            const [answer] = await (second ? another : hit)(hits, now)
            if (answer?.allowed) times.push(now)
          }
        }
        // A leaky bucket lets in its limit at once and what has flowed out since; an advance is used
        // up to a second after it was taken.
        for (const [from, start] of times.entries()) {
          for (let to = from; to < times.length; to++) {
            const elapsed = (times[to] ?? 0) - start + 1000
            const most = rate.limit + (elapsed * rate.limit) / rate.windowMs
            assert.ok(to - from + 1 <= most + 1e-6)
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})
