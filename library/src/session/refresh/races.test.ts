import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { leftOut, testPostgres } from '../../store/conformance/engines.ts'
import {
  connect,
  connectCluster,
  testRedis,
  testRedisCluster,
} from '../../store/conformance/redis-servers.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import type { Stores } from '../../store/port/stores.ts'
import { postgresStores } from '../../store/postgres/postgres.ts'
import { redisStores } from '../../store/redis/redis.ts'
import { sqliteStores } from '../../store/sqlite/sqlite.ts'
import { made, request, THOROUGH } from './refresh.test.kit.ts'

interface Driver {
  readonly name: string
  /** Generated interleavings without THOROUGH, with which there are 10,000 on each. */
  readonly runs: number
  open(): Stores | Promise<Stores>
}

const drivers: Driver[] = [
  { name: 'memory', runs: 500, open: () => memoryStores() },
  { name: 'sqlite', runs: 100, open: () => sqliteStores({ path: ':memory:' }) },
]

const postgres = await testPostgres()
if ('absent' in postgres) leftOut('tokens on postgres', postgres)
else {
  after(() => postgres.stop())
  const options = {
    connectionString: postgres.url,
    migrate: 'apply',
    deadlineMs: 60_000,
    maxPending: 2000,
  } as const
  drivers.push({ name: 'postgres', runs: 30, open: () => postgresStores(options) })
}

// Redis keeps sessions and counts; families stay with the durable store behind it.
const single = await testRedis()
if ('absent' in single) leftOut('tokens on redis', single)
else {
  const client = await connect(single.url)
  after(async () => {
    client.destroy()
    await single.stop()
  })
  const durable = () => sqliteStores({ path: ':memory:' })
  const open = () => redisStores({ client, durable: durable(), prefix: `test-${randomUUID()}` })
  drivers.push({ name: 'redis before sqlite', runs: 30, open })
}

const cluster = await testRedisCluster()
if ('absent' in cluster) leftOut('tokens on a redis cluster', cluster)
else {
  const client = await connectCluster(cluster.urls)
  after(async () => {
    client.destroy()
    await cluster.stop()
  })
  const open = () =>
    redisStores({ client, durable: memoryStores(), prefix: `test-${randomUUID()}` })
  drivers.push({ name: 'redis cluster before memory', runs: 30, open })
}

const CLIENT = 'app'

for (const { name, runs, open } of drivers) {
  for (const kind of ['refresh', 'code'] as const) {
    test(`${name}: of 200 ${kind} tokens, each used ten times at once, 200 uses win`, async () => {
      const stores = await open()
      const of = made({}, { stores })
      const accountId = randomUUID()
      const life = { kind, accountId, clientId: CLIENT, data: '{}', request } as const
      const all = await Promise.all(
        Array.from({ length: 200 }, () => of.tokens.families.begin(life)),
      )
      const how = { kind, clientId: CLIENT, request } as const
      const outcomes = await Promise.all(
        all.flatMap(({ token }) =>
          Array.from({ length: 10 }, () => of.tokens.families.rotate(token, how)),
        ),
      )
      assert.equal(outcomes.filter(({ ok }) => ok).length, 200)
      assert.deepEqual(await stores.refreshTokens.ofAccount(accountId, of.clock()), [])
      await stores.close()
    })
  }

  test(`${name}: whatever is rotated, replayed and revoked in whatever order, a family has one live successor at most`, async () => {
    const stores = await open()
    const of = made({}, { stores })
    const { families } = of.tokens
    const deed = fc.record({
      what: fc.constantFrom('rotate', 'rotate', 'rotate', 'replay', 'revoke', 'wait'),
      which: fc.nat(20),
    })
    /** Each moment holds what happens at once. */
    const moments = fc.array(fc.array(deed, { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 8,
    })
    const how = { kind: 'refresh', clientId: CLIENT, request } as const
    await fc.assert(
      fc.asyncProperty(moments, async plan => {
        const accountId = randomUUID()
        const life = { kind: 'refresh', accountId, clientId: CLIENT, data: '{}', request } as const
        const first = await families.begin(life)
        const seen = [first.token]
        let over = false
        for (const deeds of plan) {
          const newest = seen.length - 1
          const used = new Map<string, number>()
          const won = new Map<string, number>()
          let revoked = false
          for (const { what, which } of deeds) {
            if (what === 'wait') of.clock.advance(which * 3_600_000)
          }
          await Promise.all(
            deeds.map(async ({ what, which }) => {
              if (what === 'wait') return
              if (what === 'revoke') {
                revoked = true
                await families.end(first.record, request)
                return
              }
              const token = seen[what === 'replay' ? which % (newest + 1) : newest] ?? ''
              used.set(token, (used.get(token) ?? 0) + 1)
              const outcome = await families.rotate(token, how)
              if (!outcome.ok) return
              won.set(token, (won.get(token) ?? 0) + 1)
              seen.push(outcome.value.token)
            }),
          )
          for (const [token, times] of won) {
            assert.equal(times, 1)
            assert.equal(token, seen[newest], 'a spent token rotated')
          }
          const live = await stores.refreshTokens.ofAccount(accountId, of.clock())
          assert.ok(live.length <= 1)
          // What ended stays so, whoever rotated in the same moment.
          if (over) assert.ok(won.size === 0 && live.length === 0)
          const replayed = [...used].some(([token, times]) => times > 1 || token !== seen[newest])
          if (revoked || replayed) over = true
          if (over) assert.equal(live.length, 0)
        }
        const last = await Promise.all(seen.map(token => families.find('refresh', token)))
        assert.ok(last.filter(one => one?.live === true).length <= 1)
      }),
      { numRuns: THOROUGH ? 10_000 : runs },
    )
    await stores.close()
  })
}
