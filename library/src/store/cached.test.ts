import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { testClock } from '../kernel/clock.ts'
import { cachedStores } from './cached.ts'
import { account, NOW, session } from './conformance/examples.ts'
import { memoryStores } from './memory/memory.ts'
import type { SessionRecord } from './port/sessions.ts'
import type { Stores } from './port/stores.ts'

/** Two nodes on one store, and how often the store was asked. */
function nodes(most?: number): {
  near: Stores
  far: Stores
  clock: ReturnType<typeof testClock>
  asked: () => number
} {
  const stores = memoryStores()
  const clock = testClock(NOW)
  let finds = 0
  const counted = {
    ...stores,
    sessions: {
      ...stores.sessions,
      find: (idHash: string) => {
        finds += 1
        return stores.sessions.find(idHash)
      },
    },
  }
  const options = { clock, ...(most === undefined ? {} : { most }) }
  return { near: cachedStores(counted, options), far: stores, clock, asked: () => finds }
}

test('a session that was found is not asked for again within a second', async () => {
  const { near, far, clock, asked } = nodes()
  const record = session()
  await far.sessions.create(record)
  for (let check = 0; check < 5; check += 1) {
    assert.deepEqual(await near.sessions.find(record.idHash), record)
  }
  assert.equal(asked(), 1)
  clock.advance(1_000)
  await near.sessions.find(record.idHash)
  assert.equal(asked(), 2)
})

test('what another node revokes is believed for a second at most, also when the clock jumps back', async () => {
  const { near, far, clock } = nodes()
  const record = session()
  await far.sessions.create(record)
  await near.sessions.find(record.idHash)
  await far.sessions.revoke(record.idHash)
  clock.advance(999)
  assert.ok(await near.sessions.find(record.idHash))
  clock.advance(1)
  assert.equal(await near.sessions.find(record.idHash), undefined)

  const other = session()
  await far.sessions.create(other)
  await near.sessions.find(other.idHash)
  await far.sessions.revoke(other.idHash)
  clock.advance(-3_600_000)
  assert.equal(await near.sessions.find(other.idHash), undefined)
})

test('what this node revokes is gone at once, by whatever name', async () => {
  const { near, far } = nodes()
  const owner = account()
  const { id: accountId } = owner
  await far.accounts.create(owner)
  const ways: readonly ((record: ReturnType<typeof session>) => Promise<unknown>)[] = [
    record => near.sessions.revoke(record.idHash),
    record => near.sessions.revokeById(accountId, record.id),
    () => near.sessions.revokeAll(accountId),
    record => near.sessions.replace(record.idHash, session({ accountId })),
    () => near.accounts.update(accountId, 1, {}, { endSessions: 'all' }),
    () => near.accounts.remove(accountId, 2),
  ]
  for (const end of ways) {
    const record = session({ accountId })
    await far.sessions.create(record)
    assert.ok(await near.sessions.find(record.idHash))
    await end(record)
    assert.equal(await near.sessions.find(record.idHash), undefined)
  }
})

test('a touch is seen by the next check', async () => {
  const { near, far } = nodes()
  const record = session()
  await far.sessions.create(record)
  await near.sessions.find(record.idHash)
  await near.sessions.touch(record.idHash, NOW + 5, record.idleExpiresAt + 5)
  assert.equal((await near.sessions.find(record.idHash))?.lastSeenAt, NOW + 5)
})

test('a check under way while its session is revoked does not bring it back', async () => {
  const stores = memoryStores()
  const record = session()
  await stores.sessions.create(record)
  const { promise: delayed, resolve: arrive } = Promise.withResolvers<void>()
  const find = async (idHash: string): Promise<SessionRecord | undefined> => {
    const found = await stores.sessions.find(idHash)
    await delayed
    return found
  }
  const near = cachedStores({ ...stores, sessions: { ...stores.sessions, find } })
  const underWay = near.sessions.find(record.idHash)
  await near.sessions.revoke(record.idHash)
  arrive()
  await underWay
  assert.equal(await near.sessions.find(record.idHash), undefined)
})

test('the cache stays as small as it was told, and strangers cannot fill it', async () => {
  const { near, far, asked } = nodes(2)
  const records = [session(), session(), session()]
  for (const record of records) {
    await far.sessions.create(record)
    await near.sessions.find(record.idHash)
    await near.sessions.find(randomUUID())
  }
  const before = asked()
  await near.sessions.find(records[2]?.idHash ?? '')
  await near.sessions.find(records[1]?.idHash ?? '')
  assert.equal(asked(), before)
  await near.sessions.find(records[0]?.idHash ?? '')
  assert.equal(asked(), before + 1)
})
