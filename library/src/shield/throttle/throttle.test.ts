import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../http/arriving.test.kit.ts'
import { testClock } from '../../kernel/clock.ts'
import { ConfigFault, StoreFault } from '../../kernel/fault.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import type { Counters } from '../../store/port/counters.ts'
import { LocalRates } from './local.ts'
import { type ThrottleOptions, throttle } from './throttle.ts'

const LOGIN = ['login'] as const
const EACH = ['each'] as const
const ALL = ['whole'] as const
const policies = {
  login: { by: 'address', limit: 3, windowSeconds: 60 },
  each: [
    { by: 'account', limit: 2, windowSeconds: 60 },
    { by: 'address', limit: 4, windowSeconds: 60 },
  ],
  keys: { by: 'api-key', limit: 5, windowSeconds: 10 },
  whole: { by: 'global', limit: 2, windowSeconds: 60 },
  strict: { by: 'address', limit: 8, windowSeconds: 60, whenStoreFails: 'refuse' },
} as const

function made(options: Partial<ThrottleOptions> = {}) {
  const clock = testClock()
  return {
    clock,
    limiter: throttle({ counters: memoryStores().counters, clock, policies, ...options }),
  }
}
const ann = { address: '192.0.2.1' }

test('so many at once, then 429 until there is room again', async () => {
  const { clock, limiter } = made()
  for (let at = 0; at < 3; at++) assert.equal((await limiter.take(LOGIN, ann)).refusal, undefined)
  const { refusal, headers } = await limiter.take(LOGIN, ann)
  assert.equal(refusal?.code, 'throttle.limited')
  assert.equal(refusal?.status, 429)
  assert.equal(refusal?.retryAfterSeconds, 60)
  assert.deepEqual(refusal?.headers, { 'cache-control': 'no-store' })
  assert.equal(refusal?.why, 'rate login')
  assert.deepEqual(headers, [
    'ratelimit-policy',
    '"login";q=3;w=60',
    'ratelimit',
    '"login";r=0;t=60',
  ])
  clock.advance(20_000)
  assert.equal((await limiter.take(LOGIN, ann)).refusal, undefined)
  assert.notEqual((await limiter.take(LOGIN, ann)).refusal, undefined, 'no second burst at an edge')
})

test('what is left is told as the draft writes it', async () => {
  const { limiter } = made()
  const { headers } = await limiter.take(LOGIN, ann)
  assert.deepEqual(headers, [
    'ratelimit-policy',
    '"login";q=3;w=60',
    'ratelimit',
    '"login";r=2;t=20',
  ])
  const both = await limiter.take(EACH, { ...ann, accountId: 'a' })
  assert.deepEqual(both.headers, [
    'ratelimit-policy',
    '"each-1";q=2;w=60, "each-2";q=4;w=60',
    'ratelimit',
    '"each-1";r=1;t=30, "each-2";r=3;t=15',
  ])
})

test('each address has its own, and all of one IPv6 customer share one', async () => {
  const { limiter } = made()
  const take = async (address: string) => (await limiter.take(LOGIN, { address })).refusal?.status
  for (let at = 0; at < 3; at++) await take(`2001:db8:1:2::${at}`)
  assert.equal(await take('2001:db8:1:2:ffff::1'), 429)
  assert.equal(await take('2001:db8:1:3::1'), undefined)
  for (let at = 0; at < 3; at++) await take('::ffff:192.0.2.1')
  assert.equal(await take('192.0.2.1'), 429)
  assert.equal(await take('192.0.2.2'), undefined)
})

test('an account is counted across addresses, and an address across accounts', async () => {
  const { limiter } = made()
  const take = async (address: string, accountId: string) =>
    (await limiter.take(EACH, { address, accountId })).refusal?.why
  assert.equal(await take('192.0.2.1', 'a'), undefined)
  assert.equal(await take('192.0.2.2', 'a'), undefined)
  assert.equal(await take('192.0.2.3', 'a'), 'rate each-1')
  for (const account of ['b', 'c', 'd', 'e']) await take('192.0.2.9', account)
  assert.equal(await take('192.0.2.9', 'f'), 'rate each-2')
})

test('when one rate refuses, none is charged', async () => {
  const { limiter } = made()
  const take = (accountId: string) => limiter.take(EACH, { address: '192.0.2.1', accountId })
  await take('a')
  await take('a')
  for (let at = 0; at < 10; at++) await take('a')
  assert.equal((await take('b')).refusal, undefined)
})

test('rates by what is not known do not apply', async () => {
  const { limiter } = made()
  const { headers } = await limiter.take(EACH, ann)
  assert.deepEqual(headers, [
    'ratelimit-policy',
    '"each-2";q=4;w=60',
    'ratelimit',
    '"each-2";r=3;t=15',
  ])
  assert.deepEqual(await limiter.take(['keys'], ann), { headers: [] })
  for (let at = 0; at < 3; at++) await limiter.take(ALL, { address: `192.0.2.${at}` })
  assert.equal((await limiter.take(ALL, { address: '198.51.100.1' })).refusal?.status, 429)
})

test('200 at once get exactly the limit', async () => {
  const { limiter } = made()
  const answers = await Promise.all(Array.from({ length: 200 }, () => limiter.take(LOGIN, ann)))
  assert.equal(answers.filter(({ refusal }) => refusal === undefined).length, 3)
})

test('a dear request costs more, a failure costs afterwards, a success gives back', async () => {
  const { limiter } = made()
  assert.equal((await limiter.take(LOGIN, ann, 3)).refusal, undefined)
  await limiter.reward(LOGIN, ann, 2)
  assert.equal((await limiter.take(LOGIN, ann)).refusal, undefined)
  await limiter.penalize(LOGIN, ann, 100)
  assert.equal((await limiter.take(LOGIN, ann)).refusal?.status, 429)
})

test('a cost above the limit takes all there is, rather than being refused for ever', async () => {
  const { limiter } = made()
  assert.equal((await limiter.take(LOGIN, ann, 50)).refusal, undefined)
  assert.equal((await limiter.take(LOGIN, ann)).refusal?.status, 429)
})

test('one request is one round trip, however many rates it has', async () => {
  const { counters } = memoryStores()
  let trips = 0
  const counting: Counters = {
    ...counters,
    hit(hits, now) {
      trips++
      return counters.hit(hits, now)
    },
  }
  const { limiter } = made({ counters: counting })
  await limiter.take(['each', 'login', 'whole'], { ...ann, accountId: 'a' })
  assert.equal(trips, 1)
})

const broken = (state: { broken: boolean; trips: number }): Counters => {
  const { counters } = memoryStores()
  return {
    ...counters,
    hit(hits, now) {
      state.trips++
      return state.broken
        ? Promise.reject(new StoreFault('counters.hit', 'down'))
        : counters.hit(hits, now)
    },
  }
}

test('where one process serves, rates of up to a minute never reach the store, and longer ones do', async () => {
  const asked: string[] = []
  const { counters } = memoryStores()
  const store: Counters = {
    ...counters,
    hit(hits, now) {
      asked.push(...hits.map(({ key }) => key))
      return counters.hit(hits, now)
    },
  }
  const daily = { by: 'address', limit: 5, windowSeconds: 86_400 } as const
  const { limiter } = made({
    counters: store,
    near: memoryStores().counters,
    policies: { ...policies, daily, both: [policies.login, daily] },
  })
  for (let at = 0; at < 3; at++) assert.equal((await limiter.take(LOGIN, ann)).refusal, undefined)
  assert.equal((await limiter.take(LOGIN, ann)).refusal?.code, 'throttle.limited')
  assert.deepEqual(asked, [])
  await limiter.take(['daily'], ann)
  await limiter.take(['both'], ann)
  assert.equal(asked.length, 3, 'of a pair, both are counted together')
})

test('while the store is down each process counts for itself, with a quarter of the limit', async () => {
  const state = { broken: true, trips: 0 }
  const told: boolean[] = []
  const { clock, limiter } = made({
    counters: broken(state),
    onStoreFailure: failing => told.push(failing),
  })
  const eight = ['strict'] as const
  assert.equal((await limiter.take(LOGIN, ann)).refusal, undefined)
  assert.equal((await limiter.take(LOGIN, ann)).refusal?.code, 'throttle.limited')
  assert.equal((await limiter.take(LOGIN, { address: '192.0.2.77' })).refusal, undefined)
  assert.deepEqual(
    [(await limiter.take(eight, ann)).refusal?.code, state.trips],
    ['throttle.store_down', 1],
  )
  clock.advance(1000)
  await limiter.take(LOGIN, ann)
  assert.equal(state.trips, 2, 'one request in a second asks whether it is back')
  state.broken = false
  clock.advance(1000)
  for (let at = 0; at < 3; at++) assert.equal((await limiter.take(LOGIN, ann)).refusal, undefined)
  assert.deepEqual(told, [true, false])
})

test('a store that does not answer counts as down', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { counters } = memoryStores()
  const mute: Counters = { ...counters, hit: () => new Promise(() => undefined) }
  const { limiter } = made({ counters: mute, storeTimeoutMs: 300 })
  const first = limiter.take(LOGIN, ann)
  t.mock.timers.tick(300)
  assert.equal((await first).refusal, undefined)
  assert.equal((await limiter.take(LOGIN, ann)).refusal?.status, 429)
})

for (const [what, options] of [
  ['a name in capitals', { policies: { Login: policies.login } }],
  ['a limit of nothing', { policies: { login: { ...policies.login, limit: 0 } } }],
  ['half a request', { policies: { login: { ...policies.login, limit: 1.5 } } }],
  ['a key nobody knows', { policies: { login: { ...policies.login, by: 'user' as 'account' } } }],
  ['a misspelt member', { policies: { login: { ...policies.login, window: 5 } } }],
  ['a window of nothing', { policies: { login: { ...policies.login, windowSeconds: 0 } } }],
  ['a window of a year', { policies: { login: { ...policies.login, windowSeconds: 31_536_000 } } }],
] as unknown as readonly [string, Partial<ThrottleOptions>][]) {
  test(`${what} stops the start`, () => assert.throws(() => made(options), ConfigFault))
}

test('a policy that nobody wrote is a fault, not an open door', async () => {
  await assert.rejects(async () => made().limiter.take(['lgoin'], ann), ConfigFault)
})

test('counting alone never lets through more than a rate, and never forgets anybody under pressure', () => {
  const hit = { rate: { limit: 20, windowMs: 1000 } }
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.nat({ max: 400 }), { maxLength: 100 }), (seed, steps) => {
      const local = new LocalRates(seed)
      let now = 1_000_000
      const let_in: number[] = []
      for (const step of steps) {
        now += step
        const [counted] = local.hit([{ ...hit, key: 'ann' }], now)
        if (counted?.allowed) let_in.push(now)
        else assert.ok((counted?.resetAt ?? 0) > now)
      }
      // A bucket of 5 that refills in a second: at most 10 in any second.
      for (const from of let_in) {
        assert.ok(let_in.filter(at => at >= from && at <= from + 1000).length <= 10)
      }
    }),
    runs(200),
  )
  const local = new LocalRates(7)
  for (let at = 0; at < 5; at++) local.hit([{ ...hit, key: 'ann' }], 1)
  for (let at = 0; at < 200_000; at++) local.hit([{ ...hit, key: `other ${at}` }], 1)
  assert.equal(local.hit([{ ...hit, key: 'ann' }], 1)[0]?.allowed, false)
})

test('when the local count refuses one key, it charges none', () => {
  const local = new LocalRates(1)
  const rate = { limit: 4, windowMs: 1000 }
  local.hit([{ key: 'a', rate }], 1)
  assert.deepEqual(
    local
      .hit(
        [
          { key: 'a', rate },
          { key: 'b', rate },
        ],
        1,
      )
      .map(({ allowed }) => allowed),
    [false, true],
  )
  assert.equal(local.hit([{ key: 'b', rate }], 1)[0]?.allowed, true)
  local.hit([{ key: 'b', rate, cost: -1 }], 1)
  assert.equal(local.hit([{ key: 'b', rate }], 1)[0]?.allowed, true)
})
