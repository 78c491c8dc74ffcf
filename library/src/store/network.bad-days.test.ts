import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createClient } from 'redis'
import { StoreFault } from '../kernel/fault.ts'
import { leftOut, testPostgres } from './conformance/engines.ts'
import { account, entry, fresh, NOW, session, together, token } from './conformance/examples.ts'
import { cutNetwork } from './conformance/network.ts'
import { testRedis } from './conformance/redis-servers.ts'
import { memoryStores } from './memory/memory.ts'
import type { Stores } from './port/stores.ts'
import { postgresStores } from './postgres/postgres.ts'
import { redisStores } from './redis/redis.ts'

const DEADLINE_MS = 500

const inTime = async (work: () => Promise<unknown>): Promise<void> => {
  const since = performance.now()
  await assert.rejects(work(), StoreFault)
  const took = performance.now() - since
  assert.ok(took < DEADLINE_MS * 5, `failed after ${took} ms`)
}

const recovers = async (stores: Stores): Promise<void> => {
  const end = performance.now() + 20_000
  while (!(await works(stores))) {
    assert.ok(performance.now() < end, 'it did not recover')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

const works = (stores: Stores): Promise<boolean> =>
  stores.ping().then(
    () => true,
    () => false,
  )

const network = cutNetwork()
if ('absent' in network) leftOut('a network that is cut', network)
else {
  const { place } = network
  const redis = await testRedis('own', [], { place })
  const postgres = await testPostgres('own', [], place)

  if ('absent' in redis) leftOut('redis behind a network that is cut', redis)
  else {
    // As docs/production.md says: a connection that says nothing for long is given up.
    const client = createClient({
      url: redis.url,
      disableOfflineQueue: true,
      pingInterval: 500,
      socket: { reconnectStrategy: 50, socketTimeout: 1_500, connectTimeout: 1_000 },
    })
    client.on('error', () => {})
    await client.connect()
    const stores = redisStores({
      client,
      durable: memoryStores(),
      deadlineMs: DEADLINE_MS,
      outage: 'fail',
    })
    after(async () => {
      await stores.close()
      client.destroy()
      await redis.stop()
    })

    test('redis out of the network: checks fail in time, the rest goes on, and it recovers', async () => {
      const record = session()
      await stores.sessions.create(record)
      const made = account()
      await stores.accounts.create(made)
      network.cut()
      await inTime(async () => stores.sessions.find(record.idHash))
      await inTime(() => together(50, async () => stores.sessions.find(record.idHash)))
      await inTime(() => stores.sessions.create(session()))
      const backoff = { free: 5, baseMs: 1_000, capMs: 60_000, forgetMs: 60_000 }
      await inTime(() => stores.counters.reserve([{ key: 'ann', backoff }], NOW))
      assert.deepEqual(await stores.accounts.byId(made.id), made)
      network.mend()
      await recovers(stores)
      assert.deepEqual(await stores.sessions.find(record.idHash), record)
    })

    test('what was revoked while redis was out of the network is over when it is back', async () => {
      const made = account()
      await stores.accounts.create(made)
      const record = session({ accountId: made.id })
      await stores.sessions.create(record)
      network.cut()
      await inTime(() => stores.accounts.update(made.id, 1, {}, { endSessions: 'all' }))
      network.mend()
      await recovers(stores)
      const end = performance.now() + 60_000
      while ((await stores.sessions.find(record.idHash)) !== undefined) {
        assert.ok(performance.now() < end, 'it lives on')
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    })
  }

  if ('absent' in postgres) leftOut('postgres behind a network that is cut', postgres)
  else {
    const stores = await postgresStores({
      connectionString: postgres.url,
      migrate: 'apply',
      deadlineMs: DEADLINE_MS,
    })
    after(async () => {
      await stores.close()
      await postgres.stop()
    })

    test('postgres out of the network: every verb fails in time, and it recovers', async () => {
      const record = session()
      await stores.sessions.create(record)
      network.cut()
      await inTime(async () => stores.sessions.find(record.idHash))
      await inTime(() => together(50, async () => stores.sessions.find(record.idHash)))
      await inTime(() => stores.accounts.create(account(), { events: [entry()] }))
      network.mend()
      await recovers(stores)
      assert.deepEqual(await stores.sessions.find(record.idHash), record)
    })

    test('cut in the middle of redemptions, nobody redeems twice', async () => {
      const hashes = Array.from({ length: 30 }, () => fresh('token'))
      for (const hash of hashes) await stores.oneTimeTokens.issue(hash, token())
      const won = new Map<string, number>()
      let answered = 0
      const redeem = async (index: number): Promise<void> => {
        const hash = hashes[index % hashes.length] ?? ''
        const got = await stores.oneTimeTokens.redeem(hash, NOW).catch(() => undefined)
        answered += 1
        if (got !== undefined) won.set(hash, (won.get(hash) ?? 0) + 1)
        if (answered === 20) network.cut()
      }
      await together(120, redeem)
      network.mend()
      await recovers(stores)
      for (const hash of won.keys()) {
        assert.equal(await stores.oneTimeTokens.peek(hash, NOW), undefined)
      }
      await together(60, redeem)
      assert.ok([...won.values()].every(times => times === 1))
      assert.ok(won.size > 0)
    })
  }
  // The last to go, for who takes leave of a server says so over it.
  after(() => network.remove())
}
