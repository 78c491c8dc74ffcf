import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { StoreFault } from '../../kernel/fault.ts'
import { leftOut } from '../conformance/engines.ts'
import { account, NOW, session } from '../conformance/examples.ts'
import { connectCluster, REDIS_KINDS, testRedisCluster } from '../conformance/redis-servers.ts'
import { memoryStores } from '../memory/memory.ts'
import type { SessionRecord } from '../port/sessions.ts'
import { redisStores } from './redis.ts'

const DEADLINE_MS = 300

for (const kind of REDIS_KINDS) {
  const cluster = await testRedisCluster(kind)
  if ('absent' in cluster) {
    leftOut(`${kind} cluster, bad days`, cluster)
    continue
  }
  const client = await connectCluster(cluster.urls)
  after(async () => {
    client.destroy()
    await cluster.stop()
  })
  const options = { client, deadlineMs: DEADLINE_MS, clock: () => NOW, sweepEveryMs: 0 }
  const durable = memoryStores()
  const stores = redisStores({ ...options, durable })
  const patient = redisStores({ ...options, durable, deadlineMs: 20_000 })

  /** Whether each session can be checked: there, or the shard does not answer in time. */
  const check = (records: readonly SessionRecord[]): Promise<readonly boolean[]> =>
    Promise.all(
      records.map(async ({ idHash }) => {
        try {
          return (await stores.sessions.find(idHash)) !== undefined
        } catch (error) {
          assert.ok(error instanceof StoreFault)
          return false
        }
      }),
    )

  test(`${kind}: when one shard hangs, sessions of the others go on, and all are back when it wakes`, async () => {
    const records = Array.from({ length: 60 }, () => session())
    for (const record of records) await patient.sessions.create(record)
    cluster.servers[0]?.signal('SIGSTOP')
    const since = performance.now()
    const during = (await check(records)).filter(Boolean).length
    assert.ok(performance.now() - since < DEADLINE_MS * 5)
    cluster.servers[0]?.signal('SIGCONT')
    assert.ok(during > 15 && during < 60, `${during} of 60 could be checked`)
    const end = performance.now() + 10_000
    while ((await check(records)).includes(false)) assert.ok(performance.now() < end)
  })

  test(`${kind}: ending an account’s sessions reaches every shard`, async () => {
    const owner = account()
    const { id: accountId } = owner
    await patient.accounts.create(owner)
    const records = Array.from({ length: 30 }, () => session({ accountId }))
    for (const record of records) await patient.sessions.create(record)
    assert.equal((await patient.sessions.ofAccount(accountId, NOW)).length, 30)
    await patient.accounts.update(accountId, 1, {}, { endSessions: 'all' })
    assert.ok((await check(records)).every(found => !found))
    assert.deepEqual(await patient.sessions.ofAccount(accountId, NOW), [])
  })
}
