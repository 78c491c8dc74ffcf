import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { deriveKeys } from '../../kernel/keys.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import { sqliteStores } from '../../store/sqlite/sqlite.ts'
import { coarseSeconds } from './coarse.ts'
import { type Attempt, lockout } from './lockout.ts'
import type { LockoutOptions } from './settings.ts'

const keys = deriveKeys(Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + 3)))
const MINUTE = 60_000

function guarding(options: LockoutOptions = {}, stores = memoryStores()) {
  const clock = testClock()
  const guard = lockout(options, { counters: stores.counters, keys, clock })
  const reserve = (attempt: Attempt) => guard.during(attempt, async admitted => admitted)
  let last = 0
  const attempt = (from: Partial<Attempt> = {}) =>
    reserve({
      accountId: 'ann',
      identifier: 'ann@example.com',
      address: `192.0.2.${++last % 250}`,
      device: undefined,
      ...from,
    })
  /** Tries until one is refused; answers how many were not. */
  const admitted = async (most: number, from?: Partial<Attempt>) => {
    for (let count = 0; count < most; count++) if (!(await attempt(from)).ok) return count
    return most
  }
  return { guard, clock, attempt, admitted, stores }
}

for (const [driver, stores] of [
  ['memory', memoryStores()],
  ['sqlite', sqliteStores({ path: ':memory:' })],
] as const) {
  test(`${driver}: G09: of a thousand guesses at once on one account five are let through`, async () => {
    const { attempt } = guarding({}, stores)
    const all = await Promise.all(Array.from({ length: 1000 }, () => attempt()))
    assert.equal(all.filter(one => one.ok).length, 5)
    await stores.close()
  })
}

test('delays double from a second to a quarter of an hour, and end', async () => {
  const { attempt, admitted, clock } = guarding()
  assert.equal(await admitted(10), 5)
  const delays = []
  for (let failure = 0; failure < 14; failure++) {
    let seconds = 0
    while (!(await attempt()).ok) {
      clock.advance(1000)
      seconds++
    }
    delays.push(seconds)
  }
  assert.deepEqual(delays.slice(0, 12), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
})

test('a refused guess counts nothing and does not lengthen the wait', async () => {
  const { attempt, admitted, clock } = guarding()
  await admitted(10)
  for (let count = 0; count < 50; count++) assert.equal((await attempt()).ok, false)
  clock.advance(1000)
  assert.equal((await attempt()).ok, true)
})

test('the hundredth failure shuts strangers out until somebody lets them in again', async () => {
  const { attempt, clock, guard } = guarding()
  let failures = 0
  let begun: string[] = []
  while (failures < 100) {
    const tried = await attempt()
    if (tried.ok) {
      failures++
      if (tried.value.begins) begun = [...begun, `${tried.value.begins} at ${failures}`]
    } else clock.advance(15 * MINUTE)
  }
  assert.deepEqual(begun, ['delays at 5', 'shut at 100'])
  clock.advance(20 * 60 * MINUTE)
  assert.equal((await attempt()).ok, false)
  await guard.unlock('ann')
  assert.equal((await attempt()).ok, true)
})

test('G05: strangers who shut the account do not shut out a device that signed in before', async () => {
  const { admitted, attempt } = guarding()
  assert.equal(await admitted(200), 5)
  const owner = await attempt({ device: 'anns-laptop', address: '192.0.2.1' })
  assert.ok(owner.ok)
  assert.equal((await attempt()).ok, false)
  await owner.value.succeeded()
  assert.equal((await attempt({ device: 'anns-laptop' })).ok, true)
  assert.equal((await attempt()).ok, true, 'and the owner being in lets others try again')
})

test('a stolen device has a budget of its own, and it ends', async () => {
  const { admitted, attempt } = guarding()
  assert.equal(await admitted(200, { device: 'stolen' }), 10)
  assert.equal((await attempt({ device: 'anns-laptop' })).ok, true)
  assert.equal((await attempt()).ok, true)
})

test('an address that fails on many accounts waits, others do not', async () => {
  const { attempt } = guarding()
  let count = 0
  const from = (address: string) => {
    count++
    return attempt({ address, accountId: undefined, identifier: `user${count}@example.com` })
  }
  for (let tried = 0; tried < 50; tried++) assert.equal((await from('192.0.2.7')).ok, true)
  const refused = await from('192.0.2.7')
  assert.ok(!refused.ok)
  assert.deepEqual(
    [refused.refusal.code, refused.refusal.status, refused.refusal.retryAfterSeconds],
    ['lockout.address', 429, 5],
  )
  assert.equal((await from('192.0.2.8')).ok, true)
})

test('G07: a neighbour address of the same IPv6 network is no new budget', async () => {
  const { attempt } = guarding({ addressFailures: 3 })
  const from = (last: number) =>
    attempt({
      address: `2001:db8:1:2::${last}`,
      accountId: undefined,
      identifier: `u${last}@x.example`,
    })
  for (let last = 1; last <= 3; last++) assert.equal((await from(last)).ok, true)
  assert.equal((await from(4)).ok, false)
})

test('who signs in gives the address its attempt back and clears the account', async () => {
  const { attempt, admitted } = guarding({ addressFailures: 10 })
  for (let day = 0; day < 40; day++) {
    const one = await attempt({ address: '192.0.2.7' })
    assert.ok(one.ok)
    await one.value.succeeded()
  }
  assert.equal(await admitted(10), 5)
})

test('an attempt that was never checked is given back', async () => {
  const { attempt, admitted } = guarding()
  for (let tried = 0; tried < 20; tried++) {
    const one = await attempt()
    assert.ok(one.ok)
    await one.value.withdrawn()
  }
  assert.equal(await admitted(10), 5)
})

test('a name that nobody has is counted like one that somebody has', async () => {
  const { admitted, attempt } = guarding()
  const nobody = { accountId: undefined, identifier: 'nobody@example.com' }
  assert.equal(await admitted(10, nobody), 5)
  const [one, other] = [await attempt(nobody), await attempt()]
  assert.ok(!one.ok && other.ok)
  assert.equal(await admitted(10), 4)
  const shut = await attempt()
  assert.ok(!shut.ok)
  assert.deepEqual({ ...one.refusal }, { ...shut.refusal })
})

test('no key holds a name or an address in clear', async () => {
  const stores = memoryStores()
  const { counters } = stores
  const seen: string[] = []
  const watching = {
    ...stores,
    counters: {
      ...counters,
      reserve(...args: Parameters<typeof counters.reserve>) {
        seen.push(...args[0].map(one => one.key))
        return counters.reserve(...args)
      },
    },
  }
  const { attempt } = guarding({}, watching)
  await attempt({ accountId: undefined, address: '192.0.2.77' })
  assert.equal(seen.length, 2)
  for (const key of seen) assert.doesNotMatch(key, /example|192\.0\.2/)
})

test('while somebody sprays, an address has a tenth of its budget', async () => {
  const { attempt } = guarding({ sprayFailuresPerMinute: 20 })
  const from = async (most: number, address: (at: number) => string) => {
    let admitted = 0
    for (let at = 0; at < most; at++) {
      const one = await attempt({
        address: address(at),
        accountId: undefined,
        identifier: `user${at}@example.com`,
      })
      if (one.ok) admitted++
    }
    return admitted
  }
  assert.equal(await from(21, at => `198.51.100.${at}`), 21)
  assert.equal(await from(20, () => '203.0.113.5'), 5)
})

test('the operator sees who waits, by account and by hash', async () => {
  const { admitted, guard, clock } = guarding()
  await admitted(10)
  await admitted(10, { accountId: undefined, identifier: 'nobody@example.com' })
  const waiting = await guard.delayed(10)
  assert.deepEqual(waiting.map(one => one.kind).sort(), ['account', 'name'])
  assert.equal(waiting.find(one => one.kind === 'account')?.key, 'ann')
  assert.equal((await guard.state('ann')).allowed, false)
  clock.advance(2000)
  assert.deepEqual(await guard.delayed(10), [])
})

test('the operator releases whoever waits by the row that was shown, and nobody else', async () => {
  const { guard, admitted, attempt } = guarding()
  const name = { accountId: undefined, identifier: 'nobody@example.com' }
  const device = { device: 'ann-laptop' }
  await admitted(9)
  await admitted(9, name)
  await admitted(19, device)
  const before = await guard.delayed(10)
  assert.deepEqual(before.map(({ kind }) => kind).sort(), ['account', 'device', 'name'])
  for (const row of before) {
    await guard.release(row.kind, row.key)
    const left = (await guard.delayed(10)).map(({ kind }) => kind)
    assert.ok(!left.includes(row.kind))
    assert.equal(left.length, before.length - 1 - before.indexOf(row))
  }
  for (const who of [{}, name, device]) assert.ok((await attempt(who)).ok)
})

test('waits are told in coarse steps', () => {
  const rows = [
    [0, 1],
    [1000, 1],
    [1001, 5],
    [14_000, 15],
    [61_000, 300],
    [900_000, 900],
    [900_001, 3600],
    [86_400_000, 86_400],
  ] as const
  for (const [ms, seconds] of rows) assert.equal(coarseSeconds(ms), seconds, `${ms}`)
})

for (const options of [
  { freeFailures: 0 },
  { freeFailures: 1.5 },
  { shutAfterFailures: 101 },
  { shutAfterFailures: 5, freeFailures: 5 },
  { addressFailures: Number.NaN },
] satisfies LockoutOptions[]) {
  test(`stops the start for ${JSON.stringify(options)}`, () => {
    assert.throws(() => guarding(options), ConfigFault)
  })
}
