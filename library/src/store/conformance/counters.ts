import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryStores } from '../memory/memory.ts'
import type { Backoff, Counted, Counters, Rate } from '../port/counters.ts'
import { fresh, HOUR, NOW, type Opened, together } from './examples.ts'

const RATE: Rate = { limit: 5, windowMs: 1_000 }
const BACKOFF: Backoff = { free: 5, baseMs: 1_000, capMs: 4_000, forgetMs: HOUR }

export function countersConform(driver: string, opened: Opened): void {
  const counters = (): Counters => opened().counters
  const one = (answers: readonly Counted[]): Counted => {
    assert.ok(answers[0])
    return answers[0]
  }

  test(`${driver}: of two hundred hits at once, the limit passes`, async () => {
    const key = fresh('hit')
    const answers = await together(200, async () => counters().hit([{ key, rate: RATE }], NOW))
    assert.equal(answers.filter(answer => one(answer).allowed).length, 5)
  })

  test(`${driver}: a bucket tells what is left, drains evenly, and never bursts twice`, async () => {
    const key = fresh('hit')
    const hit = async (now: number, cost = 1): Promise<Counted> =>
      one(await counters().hit([{ key, rate: RATE, cost }], now))
    assert.deepEqual(await hit(NOW), {
      allowed: true,
      remaining: 4,
      resetAt: NOW + 200,
      failures: 0,
    })
    assert.equal((await hit(NOW, 4)).remaining, 0)
    const refused = { allowed: false, remaining: 0, resetAt: NOW + 200, failures: 0 }
    assert.deepEqual(await hit(NOW), refused)
    assert.equal((await hit(NOW + 199)).allowed, false)
    assert.equal((await hit(NOW + 200)).allowed, true)
    assert.equal((await hit(NOW + 200)).allowed, false)
    assert.equal((await hit(NOW + 1_200, 5)).allowed, true)
  })

  test(`${driver}: what costs more than the limit never passes, and giving back makes room`, async () => {
    const key = fresh('hit')
    const hit = async (cost: number): Promise<Counted> =>
      one(await counters().hit([{ key, rate: RATE, cost }], NOW))
    assert.equal((await hit(6)).allowed, false)
    assert.equal((await hit(5)).allowed, true)
    assert.equal((await hit(-2)).remaining, 2)
    assert.equal((await hit(2)).allowed, true)
    assert.equal((await hit(1)).allowed, false)
    assert.equal((await hit(-99)).remaining, 5)
  })

  test(`${driver}: when one key refuses, none is charged`, async () => {
    const [full, free] = [fresh('hit'), fresh('hit')]
    await counters().hit([{ key: full, rate: RATE, cost: 5 }], NOW)
    const answers = await counters().hit(
      [
        { key: free, rate: RATE },
        { key: full, rate: RATE },
        { key: free, rate: RATE },
      ],
      NOW,
    )
    assert.deepEqual(
      answers.map(({ allowed, remaining }) => [allowed, remaining]),
      [
        [true, 5],
        [false, 0],
        [true, 5],
      ],
    )
    assert.equal(one(await counters().hit([{ key: free, rate: RATE }], NOW)).remaining, 4)
    assert.deepEqual(await counters().hit([], NOW), [])
  })

  test(`${driver}: two keys against each other's order neither block nor overcharge`, async () => {
    const [a, b] = [fresh('hit'), fresh('hit')]
    const rate = { limit: 20, windowMs: 1_000 }
    const both = [
      { key: a, rate },
      { key: b, rate },
    ]
    const answers = await together(50, async index =>
      counters().hit(index % 2 === 0 ? both : both.toReversed(), NOW),
    )
    assert.equal(answers.filter(pair => pair.every(({ allowed }) => allowed)).length, 20)
    const rest = await counters().hit(
      both.map(hit => ({ ...hit, cost: 0 })),
      NOW,
    )
    assert.deepEqual(
      rest.map(({ remaining }) => remaining),
      [0, 0],
    )
  })

  test(`${driver}: of two hundred guesses at once, the free ones reach the password check`, async () => {
    const key = fresh('account')
    const reservations = [{ key, backoff: BACKOFF }]
    const answers = await together(200, () => counters().reserve(reservations, NOW))
    const allowed = answers.map(one).filter(answer => answer.allowed)
    assert.deepEqual(allowed.map(({ failures }) => failures).toSorted(), [1, 2, 3, 4, 5])
  })

  test(`${driver}: after the free ones each failure doubles the wait, up to the cap`, async () => {
    const key = fresh('account')
    const reservations = [{ key, backoff: BACKOFF }]
    const reserve = async (now: number): Promise<Counted> =>
      one(await counters().reserve(reservations, now))
    for (let index = 0; index < 5; index += 1) await reserve(NOW)
    let now = NOW
    for (const [failures, wait] of [
      [5, 1_000],
      [6, 2_000],
      [7, 4_000],
      [8, 4_000],
    ] as const) {
      const resetAt = now + wait
      assert.deepEqual(await reserve(resetAt - 1), {
        allowed: false,
        remaining: 0,
        resetAt,
        failures,
      })
      assert.deepEqual(one(await counters().peek(reservations, now)), {
        allowed: false,
        remaining: 0,
        resetAt,
        failures,
      })
      now = resetAt
      assert.equal((await reserve(now)).failures, failures + 1)
    }
    assert.equal((await reserve(now + HOUR)).failures, 1)
  })

  test(`${driver}: a key is shut after its last failure until forgotten or forgiven`, async () => {
    const key = fresh('account')
    const reservations = [{ key, backoff: { ...BACKOFF, free: 9, shutAfter: 3 } }]
    for (let index = 0; index < 3; index += 1) await counters().reserve(reservations, NOW)
    const shut = one(await counters().reserve(reservations, NOW + HOUR - 1))
    assert.deepEqual(shut, { allowed: false, remaining: 6, resetAt: NOW + HOUR, failures: 3 })
    assert.equal(one(await counters().peek(reservations, NOW + HOUR)).allowed, true)
    await counters().forgive([key], 'all')
    assert.equal(one(await counters().reserve(reservations, NOW)).failures, 1)
  })

  test(`${driver}: success gives back one reservation or clears the key`, async () => {
    const [key, other] = [fresh('account'), fresh('account')]
    const reservations = [
      { key, backoff: BACKOFF },
      { key: other, backoff: BACKOFF },
    ]
    for (let index = 0; index < 3; index += 1) await counters().reserve(reservations, NOW)
    await counters().forgive([key, fresh('nobody')], 'one')
    await counters().forgive([other], 'all')
    const answers = await counters().peek(reservations, NOW)
    assert.deepEqual(
      answers.map(({ failures }) => failures),
      [2, 0],
    )
    await counters().forgive([key, key], 'one')
    await counters().forgive([key], 'one')
    assert.equal(one(await counters().peek(reservations, NOW)).failures, 0)
    await counters().forgive([], 'all')
    assert.deepEqual(await counters().peek([], NOW), [])
  })

  test(`${driver}: when one key waits, no other is charged with a failure`, async () => {
    const [busy, calm] = [fresh('account'), fresh('account')]
    for (let index = 0; index < 5; index += 1) {
      await counters().reserve([{ key: busy, backoff: BACKOFF }], NOW)
    }
    const both = [
      { key: calm, backoff: BACKOFF },
      { key: busy, backoff: BACKOFF },
    ]
    const answers = await counters().reserve(both, NOW)
    assert.deepEqual(
      answers.map(({ allowed, failures }) => [allowed, failures]),
      [
        [true, 0],
        [false, 5],
      ],
    )
    assert.equal(one(await counters().peek(both, NOW)).failures, 0)
  })

  test(`${driver}: the operator sees who is delayed`, async () => {
    const prefix = fresh('account')
    const rule = { ...BACKOFF, free: 1 }
    for (const name of ['a', 'b']) {
      await counters().reserve([{ key: `${prefix}:${name}`, backoff: rule }], NOW)
    }
    await counters().reserve([{ key: `${prefix}%`, backoff: { ...BACKOFF, free: 2 } }], NOW)
    const delayed = await counters().delayed(`${prefix}:`, NOW, 10)
    assert.deepEqual(
      delayed.toSorted((x, y) => (x.key < y.key ? -1 : 1)),
      ['a', 'b'].map(name => ({ key: `${prefix}:${name}`, failures: 1, resetAt: NOW + 1_000 })),
    )
    assert.equal((await counters().delayed(prefix, NOW, 1)).length, 1)
    assert.deepEqual(await counters().delayed(prefix, NOW + 1_000, 10), [])
    await counters().forgive([`${prefix}:a`], 'one')
    assert.equal((await counters().delayed(prefix, NOW, 10)).length, 1)
  })

  test(`${driver}: pruning forgets what counts nothing any more, and only that`, async () => {
    const [old, young] = [fresh('hit'), fresh('account')]
    await counters().hit([{ key: old, rate: RATE }], NOW - HOUR)
    await counters().reserve([{ key: young, backoff: BACKOFF }], NOW)
    while ((await counters().prune(NOW, 1)) > 0);
    const kept = await counters().peek([{ key: young, backoff: BACKOFF }], NOW)
    assert.equal(one(kept).failures, 1)
  })

  test(`${driver}: a node whose clock is behind is judged more strictly, never less`, async () => {
    const [key, name] = [fresh('hit'), fresh('account')]
    const rate = { limit: 5, windowMs: 60_000 }
    const ahead = NOW + 300_000
    await counters().hit([{ key, rate, cost: 3 }], ahead)
    const answers = await together(10, async index =>
      counters().hit([{ key, rate }], index % 2 === 0 ? NOW : ahead),
    )
    assert.equal(answers.filter(answer => one(answer).allowed).length, 2)
    const reservations = [{ key: name, backoff: BACKOFF }]
    for (let index = 0; index < 5; index += 1) await counters().reserve(reservations, ahead)
    assert.equal(one(await counters().reserve(reservations, NOW)).allowed, false)
  })

  test(`${driver}: any history is judged as the rules in memory judge it`, async () => {
    const step = fc.record({
      verb: fc.constantFrom('hit', 'reserve', 'peek', 'one', 'all'),
      keys: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }),
      cost: fc.constantFrom(1, 1, 1, 2, 3, 0, -1),
      forward: fc.integer({ min: -200, max: 2_000 }),
    })
    const rules = fc.record({
      rate: fc.record({
        limit: fc.integer({ min: 1, max: 7 }),
        windowMs: fc.integer({ min: 1, max: 9_999 }),
      }),
      backoff: fc.record(
        {
          free: fc.integer({ min: 0, max: 3 }),
          baseMs: fc.integer({ min: 1, max: 999 }),
          capMs: fc.integer({ min: 500, max: 5_000 }),
          forgetMs: fc.integer({ min: 1_000, max: 9_000 }),
          shutAfter: fc.integer({ min: 3, max: 9 }),
        },
        { requiredKeys: ['free', 'baseMs', 'capMs', 'forgetMs'] },
      ),
    })
    const history = fc.tuple(rules, fc.array(step, { minLength: 5, maxLength: 25 }))
    const numRuns = process.env['THOROUGH'] === '1' ? 300 : 15
    await fc.assert(
      fc.asyncProperty(history, async ([{ rate, backoff }, steps]) => {
        const model = memoryStores().counters
        const prefix = fresh('history')
        let now = NOW
        for (const { verb, keys, cost, forward } of steps) {
          now += forward
          const named = keys.map(key => `${prefix}:${key}`)
          const ask = async (asked: Counters): Promise<unknown> => {
            if (verb === 'hit')
              return asked.hit(
                named.map(key => ({ key, rate, cost })),
                now,
              )
            if (verb === 'one' || verb === 'all') return asked.forgive(named, verb)
            return asked[verb as 'peek'](
              named.map(key => ({ key, backoff })),
              now,
            )
          }
          assert.deepEqual(await ask(counters()), await ask(model))
        }
      }),
      { numRuns },
    )
  })
}
