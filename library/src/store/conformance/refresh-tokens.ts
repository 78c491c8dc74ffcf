import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { entry, fresh, HOUR, logged, NOW, type Opened, refreshToken } from './examples.ts'

export function refreshTokensConform(driver: string, opened: Opened): void {
  const tokens = (): ReturnType<Opened>['refreshTokens'] => opened().refreshTokens
  const successor = (): { hash: string; expiresAt: number } => ({
    hash: fresh('refresh'),
    expiresAt: NOW + 2 * HOUR,
  })

  test(`${driver}: a rotation uses the token and keeps its successor`, async () => {
    const record = refreshToken({ clientId: 'app' })
    await tokens().issue(record)
    const next = successor()
    const rotated = await tokens().rotate(record.hash, 'app', next, NOW + 5)
    assert.deepEqual(rotated, { state: 'rotated', record })
    const kept = { ...record, ...next, issuedAt: NOW + 5 }
    assert.deepEqual(await tokens().find(next.hash, NOW + 5), { record: kept, live: true })
    assert.deepEqual(await tokens().find(record.hash, NOW + 5), { record, live: false })
    assert.deepEqual(await tokens().ofAccount(record.accountId, NOW + 5), [kept])
  })

  test(`${driver}: of two hundred who use one token, one rotates and the family ends`, async () => {
    const record = refreshToken()
    await tokens().issue(record)
    const next = Array.from({ length: 200 }, successor)
    const states = await Promise.all(
      next.map(one => tokens().rotate(record.hash, undefined, one, NOW)),
    )
    assert.equal(states.filter(({ state }) => state === 'rotated').length, 1)
    assert.equal(states.filter(({ state }) => state === 'reused').length, 1)
    assert.equal(states.filter(({ state }) => state === 'unknown').length, 198)
    assert.deepEqual(await tokens().ofAccount(record.accountId, NOW), [])
    for (const { hash } of next) {
      assert.deepEqual(await tokens().rotate(hash, undefined, successor(), NOW), {
        state: 'unknown',
      })
    }
  })

  test(`${driver}: a thief who replays an old token ends the owner's family`, async () => {
    const record = refreshToken()
    await tokens().issue(record)
    const next = successor()
    await tokens().rotate(record.hash, undefined, next, NOW)
    const replayed = await tokens().rotate(record.hash, undefined, successor(), NOW + HOUR + 1)
    assert.deepEqual(replayed, { state: 'reused', record })
    const owner = await tokens().rotate(next.hash, undefined, successor(), NOW + HOUR + 1)
    assert.deepEqual(owner, { state: 'unknown' })
  })

  test(`${driver}: another client's token is unknown, and nothing happens to it`, async () => {
    const record = refreshToken({ clientId: 'app' })
    await tokens().issue(record)
    for (const clientId of ['thief', undefined]) {
      const answer = await tokens().rotate(record.hash, clientId, successor(), NOW)
      assert.deepEqual(answer, { state: 'unknown' })
    }
    assert.equal((await tokens().find(record.hash, NOW))?.live, true)
  })

  test(`${driver}: an expired token or family does not rotate`, async () => {
    const idle = refreshToken({ expiresAt: NOW })
    const over = refreshToken({ familyExpiresAt: NOW })
    for (const record of [idle, over]) {
      await tokens().issue(record)
      const answer = await tokens().rotate(record.hash, undefined, successor(), NOW)
      assert.deepEqual(answer, { state: 'unknown' })
      assert.equal((await tokens().find(record.hash, NOW))?.live, false)
      assert.deepEqual(await tokens().ofAccount(record.accountId, NOW), [])
    }
    assert.equal(await tokens().find(fresh('nobody'), NOW), undefined)
  })

  test(`${driver}: a revoked family has no member left, whoever rotates meanwhile`, async () => {
    for (let round = 0; round < 10; round += 1) {
      const record = refreshToken()
      await tokens().issue(record)
      const next = successor()
      await Promise.all([
        tokens().rotate(record.hash, undefined, next, NOW),
        tokens().revokeFamily(record.familyId),
      ])
      assert.equal(await tokens().find(next.hash, NOW), undefined)
      assert.equal(await tokens().find(record.hash, NOW), undefined)
    }
    assert.equal(await tokens().revokeFamily(randomUUID()), false)
  })

  test(`${driver}: revoking all counts families, of all clients or of one`, async () => {
    const accountId = randomUUID()
    const clients = ['app', 'app', 'web', undefined]
    for (const clientId of clients) await tokens().issue(refreshToken({ accountId, clientId }))
    const other = refreshToken()
    await tokens().issue(other)
    assert.equal(await tokens().revokeAll(accountId, 'app'), 2)
    assert.equal(await tokens().revokeAll(accountId, 'app'), 0)
    assert.equal(await tokens().revokeAll(accountId), 2)
    assert.equal((await tokens().find(other.hash, NOW))?.live, true)
  })

  test(`${driver}: live families are listed newest first`, async () => {
    const accountId = randomUUID()
    const older = refreshToken({ accountId, issuedAt: NOW - 5 })
    const newer = refreshToken({ accountId, issuedAt: NOW })
    await tokens().issue(older)
    await tokens().issue(newer)
    assert.deepEqual(await tokens().ofAccount(accountId, NOW), [newer, older])
  })

  test(`${driver}: pruning removes families that can rotate no more`, async () => {
    const over = refreshToken({ familyExpiresAt: NOW - 1 })
    const idle = refreshToken({ expiresAt: NOW - 1 })
    const alive = refreshToken({ issuedAt: NOW - HOUR, expiresAt: NOW + 1 })
    for (const record of [over, idle, alive]) await tokens().issue(record)
    const next = successor()
    await tokens().rotate(alive.hash, undefined, next, NOW)
    while ((await tokens().prune(NOW + 2, 1)) > 0);
    assert.equal(await tokens().find(over.hash, NOW), undefined)
    assert.equal(await tokens().find(idle.hash, NOW), undefined)
    assert.ok(await tokens().find(alive.hash, NOW))
    assert.equal((await tokens().find(next.hash, NOW + 2))?.live, true)
  })

  test(`${driver}: a rotation and a reuse write their own events`, async () => {
    const targetId = randomUUID()
    const record = refreshToken()
    await tokens().issue(record, { events: [entry({ targetId, code: 'a.issued' })] })
    const use = (): Promise<{ state: string }> =>
      tokens().rotate(
        record.hash,
        undefined,
        successor(),
        NOW,
        { events: [entry({ targetId, code: 'a.rotated' })] },
        found => ({ events: [entry({ targetId, code: `a.reused.${found.familyId}` })] }),
      )
    for (const state of ['rotated', 'reused', 'unknown']) assert.equal((await use()).state, state)
    const codes = ['a.issued', 'a.rotated', `a.reused.${record.familyId}`]
    assert.deepEqual(await logged(opened(), targetId), codes)
  })
}
