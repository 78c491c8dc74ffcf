import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import {
  account,
  entry,
  fresh,
  HOUR,
  job,
  logged,
  NOW,
  type Opened,
  together,
  token,
} from './examples.ts'

export function oneTimeTokensConform(driver: string, opened: Opened): void {
  const tokens = (): ReturnType<Opened>['oneTimeTokens'] => opened().oneTimeTokens

  test(`${driver}: of two hundred callers at once, one redeems`, async () => {
    const hash = fresh('token')
    const kept = token({ data: '{"a":"ä"}' })
    await tokens().issue(hash, kept)
    const redeemed = await together(200, () => tokens().redeem(hash, NOW))
    const won = redeemed.filter(record => record !== undefined)
    assert.deepEqual(won, [kept])
    assert.equal(await tokens().peek(hash, NOW), undefined)
  })

  test(`${driver}: a token is nobody's at the moment it expires`, async () => {
    const hash = fresh('token')
    await tokens().issue(hash, token())
    assert.equal(await tokens().peek(hash, NOW + HOUR), undefined)
    assert.equal(await tokens().attempt(hash, NOW + HOUR), undefined)
    assert.equal(await tokens().redeem(hash, NOW + HOUR), undefined)
    assert.ok(await tokens().peek(hash, NOW + HOUR - 1))
    assert.ok(await tokens().redeem(hash, NOW + HOUR - 1))
  })

  test(`${driver}: of fifty who try at once, five get an attempt`, async () => {
    const hash = fresh('token')
    const kept = token({ attemptsLeft: 5 })
    await tokens().issue(hash, kept)
    const tried = await together(50, () => tokens().attempt(hash, NOW))
    const left = tried.flatMap(record => record?.attemptsLeft ?? [])
    assert.deepEqual(left.toSorted(), [0, 1, 2, 3, 4])
    assert.equal(await tokens().peek(hash, NOW), undefined)
    assert.equal(await tokens().attempt(hash, NOW), undefined)
  })

  test(`${driver}: whose last attempt was right can still redeem, once`, async () => {
    const hash = fresh('token')
    await tokens().issue(hash, token({ attemptsLeft: 1 }))
    assert.equal((await tokens().attempt(hash, NOW))?.attemptsLeft, 0)
    const redeemed = await together(20, () => tokens().redeem(hash, NOW))
    assert.equal(redeemed.filter(record => record !== undefined).length, 1)
  })

  test(`${driver}: "only" voids the account's other tokens of that purpose`, async () => {
    const accountId = randomUUID()
    const [first, second, other] = [fresh('token'), fresh('token'), fresh('token')]
    await tokens().issue(first, token({ accountId }))
    await tokens().issue(other, token({ accountId, purpose: 'verify-email' }))
    await tokens().issue(second, token({ accountId }), { only: true })
    assert.equal(await tokens().peek(first, NOW), undefined)
    assert.ok(await tokens().peek(second, NOW))
    assert.ok(await tokens().peek(other, NOW))
  })

  test(`${driver}: of twenty issued at once as the only one, one is left`, async () => {
    const owner = account()
    const { id: accountId } = owner
    await opened().accounts.create(owner)
    const hashes = Array.from({ length: 20 }, () => fresh('token'))
    const issue = (hash: string): Promise<void> =>
      tokens().issue(hash, token({ accountId }), { only: true })
    await Promise.all(hashes.map(issue))
    const alive = await Promise.all(hashes.map(hash => tokens().peek(hash, NOW)))
    assert.equal(alive.filter(record => record !== undefined).length, 1)
  })

  test(`${driver}: voiding names its purposes and tells how many`, async () => {
    const accountId = randomUUID()
    const purposes = ['reset', 'reset', 'verify-email', 'mfa-flow']
    const hashes = purposes.map(() => fresh('token'))
    for (const [index, hash] of hashes.entries()) {
      await tokens().issue(hash, token({ accountId, purpose: purposes[index] ?? '' }))
    }
    assert.equal(await tokens().voidAll(accountId, ['reset', 'mfa-flow']), 3)
    assert.equal(await tokens().voidAll(accountId, ['reset', 'mfa-flow']), 0)
    assert.equal(await tokens().voidAll(accountId, []), 0)
    const alive = await Promise.all(hashes.map(hash => tokens().peek(hash, NOW)))
    assert.deepEqual(
      alive.flatMap(record => record?.purpose ?? []),
      ['verify-email'],
    )
  })

  test(`${driver}: a token without an account is kept too`, async () => {
    const hash = fresh('token')
    const kept = token({ accountId: undefined, purpose: 'setup' })
    await tokens().issue(hash, kept, { only: true })
    assert.deepEqual(await tokens().redeem(hash, NOW), kept)
  })

  test(`${driver}: pruning removes the expired, a few at a time`, async () => {
    const [old, alive] = [fresh('token'), fresh('token')]
    await tokens().issue(old, token({ expiresAt: NOW - HOUR }))
    await tokens().issue(alive, token())
    while ((await tokens().prune(NOW, 1)) > 0);
    assert.equal(await tokens().redeem(old, NOW - 2 * HOUR), undefined)
    assert.ok(await tokens().redeem(alive, NOW))
  })

  test(`${driver}: only the redeemer's events and jobs are written`, async () => {
    const hash = fresh('token')
    const targetId = randomUUID()
    const kind = fresh('mail')
    await tokens().issue(hash, token(), {}, { events: [entry({ targetId, code: 'a.issued' })] })
    const along = (): { events: ReturnType<typeof entry>[]; jobs: ReturnType<typeof job>[] } => ({
      events: [entry({ targetId, code: 'a.redeemed' })],
      jobs: [job({ kind })],
    })
    await together(20, () => tokens().redeem(hash, NOW, along()))
    assert.deepEqual(await logged(opened(), targetId), ['a.issued', 'a.redeemed'])
    assert.equal((await opened().jobs.backlog(kind)).waiting, 1)
  })
}
