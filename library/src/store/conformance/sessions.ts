import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { entry, fresh, HOUR, logged, NOW, type Opened, session, together } from './examples.ts'

export function sessionsConform(driver: string, opened: Opened): void {
  const sessions = (): ReturnType<Opened>['sessions'] => opened().sessions

  test(`${driver}: a session is found as it was begun, also after it ended`, async () => {
    const factors = [
      { factor: 'pwd', at: NOW },
      { factor: 'otp', at: NOW + 1 },
    ]
    const record = session({ factors, device: 'Ünï "quoted"\n' })
    await sessions().create(record)
    assert.deepEqual(await sessions().find(record.idHash), record)
    const ended = session({ idleExpiresAt: NOW - 1, expiresAt: NOW - 1 })
    await sessions().create(ended)
    assert.deepEqual(await sessions().find(ended.idHash), ended)
    assert.equal(await sessions().find(fresh('nobody')), undefined)
  })

  test(`${driver}: a touch moves a session forward and never back`, async () => {
    const record = session()
    await sessions().create(record)
    assert.equal(await sessions().touch(record.idHash, NOW + 10, NOW + 2 * HOUR), true)
    assert.equal(await sessions().touch(record.idHash, NOW + 5, NOW + HOUR), true)
    const found = await sessions().find(record.idHash)
    assert.equal(found?.lastSeenAt, NOW + 10)
    assert.equal(found?.idleExpiresAt, NOW + 2 * HOUR)
    assert.equal(await sessions().touch(fresh('nobody'), NOW, NOW + HOUR), false)
  })

  test(`${driver}: a touch that comes late does not revive an ended session`, async () => {
    const record = session()
    await sessions().create(record)
    assert.equal(await sessions().touch(record.idHash, NOW + HOUR, NOW + 2 * HOUR), false)
    assert.deepEqual(await sessions().find(record.idHash), record)
  })

  test(`${driver}: of fifty who replace one session, one does`, async () => {
    const old = session()
    await sessions().create(old)
    const next = Array.from({ length: 50 }, () => session({ accountId: old.accountId }))
    const won = await Promise.all(next.map(record => sessions().replace(old.idHash, record)))
    assert.equal(won.filter(Boolean).length, 1)
    assert.equal(await sessions().find(old.idHash), undefined)
    const alive = await sessions().ofAccount(old.accountId, NOW)
    assert.deepEqual(alive, [next[won.indexOf(true)]])
  })

  test(`${driver}: of fifty who revoke one session, one ends it`, async () => {
    const record = session()
    await sessions().create(record)
    const won = await together(50, () => sessions().revoke(record.idHash))
    assert.equal(won.filter(Boolean).length, 1)
    assert.equal(await sessions().find(record.idHash), undefined)
    assert.equal(await sessions().touch(record.idHash, NOW, NOW + HOUR), false)
  })

  test(`${driver}: only its owner revokes a session by its id`, async () => {
    const record = session()
    await sessions().create(record)
    assert.equal(await sessions().revokeById(randomUUID(), record.id), false)
    assert.equal(await sessions().revokeById(record.accountId, randomUUID()), false)
    assert.equal(await sessions().revokeById(record.accountId, record.id), true)
    assert.equal(await sessions().find(record.idHash), undefined)
  })

  test(`${driver}: revoking all tells how many, and spares the one named`, async () => {
    const accountId = randomUUID()
    const all = Array.from({ length: 4 }, () => session({ accountId }))
    const other = session()
    await Promise.all([...all, other].map(record => sessions().create(record)))
    const kept = all[0]
    assert.ok(kept)
    assert.equal(await sessions().revokeAll(accountId, { idHash: kept.idHash }), 3)
    assert.deepEqual(await sessions().ofAccount(accountId, NOW), [kept])
    assert.equal(await sessions().revokeAll(accountId), 1)
    assert.equal(await sessions().revokeAll(accountId), 0)
    assert.deepEqual(await sessions().find(other.idHash), other)
  })

  test(`${driver}: the owner's list shows what is alive, last used first`, async () => {
    const accountId = randomUUID()
    const early = session({ accountId, lastSeenAt: NOW - 5 })
    const late = session({ accountId, lastSeenAt: NOW + 5 })
    const idle = session({ accountId, idleExpiresAt: NOW })
    const over = session({ accountId, expiresAt: NOW })
    for (const record of [early, late, idle, over]) await sessions().create(record)
    assert.deepEqual(await sessions().ofAccount(accountId, NOW), [late, early])
  })

  test(`${driver}: the count knows the living, and pruning removes only the ended`, async () => {
    const before = await sessions().count(NOW)
    const alive = session()
    const ended = [session({ idleExpiresAt: NOW - 1 }), session({ expiresAt: NOW - 1 })]
    for (const record of [alive, ...ended]) await sessions().create(record)
    assert.equal(await sessions().count(NOW), before + 1)
    while ((await sessions().prune(NOW, 1)) > 0);
    assert.deepEqual(await sessions().find(alive.idHash), alive)
    for (const { idHash } of ended) assert.equal(await sessions().find(idHash), undefined)
  })

  test(`${driver}: events go along with what happened to a session, and with nothing else`, async () => {
    const targetId = randomUUID()
    const along = (code: string): { events: ReturnType<typeof entry>[] } => ({
      events: [entry({ targetId, code })],
    })
    const record = session()
    const next = session({ accountId: record.accountId })
    await sessions().create(record, along('a.created'))
    await sessions().replace(record.idHash, next, along('a.replaced'))
    await sessions().replace(record.idHash, session(), along('a.lost'))
    await sessions().revoke(record.idHash, along('a.lost'))
    await sessions().revokeById(record.accountId, record.id, along('a.lost'))
    await sessions().revoke(next.idHash, along('a.revoked'))
    await sessions().revokeAll(record.accountId, undefined, along('a.lost'))
    assert.deepEqual(await logged(opened(), targetId), ['a.created', 'a.replaced', 'a.revoked'])
  })
}
