import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import {
  account,
  credential,
  entry,
  fresh,
  HOUR,
  job,
  logged,
  NOW,
  type Opened,
  refreshToken,
  session,
  together,
  token,
} from './examples.ts'

export function accountsConform(driver: string, opened: Opened): void {
  const accounts = (): ReturnType<Opened>['accounts'] => opened().accounts

  test(`${driver}: an account is found by id and by address as it was made`, async () => {
    const made = account({ name: undefined, passwordHash: undefined, emailVerifiedAt: NOW })
    assert.equal(await accounts().create(made), 'done')
    assert.deepEqual(await accounts().byId(made.id), made)
    assert.deepEqual(await accounts().byEmail(made.email), made)
    assert.equal(await accounts().byId(randomUUID()), undefined)
    assert.equal(await accounts().byEmail(fresh('nobody')), undefined)
  })

  test(`${driver}: of fifty who register one address, one gets it`, async () => {
    const email = `${randomUUID()}@example.com`
    const answers = await together(50, () => accounts().create(account({ email })))
    assert.equal(answers.filter(answer => answer === 'done').length, 1)
    assert.equal(answers.filter(answer => answer === 'taken').length, 49)
  })

  test(`${driver}: of fifty who change one version, one does`, async () => {
    const made = account()
    await accounts().create(made)
    const answers = await together(50, index =>
      accounts().update(made.id, 1, { name: `name ${index}` }),
    )
    assert.equal(answers.filter(answer => answer === 'done').length, 1)
    assert.equal(answers.filter(answer => answer === 'stale').length, 49)
    const changed = { ...made, version: 2, name: `name ${answers.indexOf('done')}` }
    assert.deepEqual(await accounts().byId(made.id), changed)
    assert.equal(await accounts().update(randomUUID(), 1, {}), 'stale')
  })

  test(`${driver}: a change can take a value away, and leaves alone what it does not name`, async () => {
    const made = account({ disabledAt: NOW })
    await accounts().create(made)
    await accounts().update(made.id, 1, { disabledAt: undefined, role: 'admin' })
    const changed = { ...made, version: 2, disabledAt: undefined, role: 'admin' }
    assert.deepEqual(await accounts().byId(made.id), changed)
  })

  test(`${driver}: of fifty who move to one address, one does`, async () => {
    const movers = Array.from({ length: 50 }, () => account())
    await Promise.all(movers.map(one => accounts().create(one)))
    const email = `${randomUUID()}@example.com`
    const answers = await Promise.all(movers.map(({ id }) => accounts().update(id, 1, { email })))
    assert.equal(answers.filter(answer => answer === 'done').length, 1)
    assert.equal(answers.filter(answer => answer === 'taken').length, 49)
    const winner = movers[answers.indexOf('done')]
    assert.equal((await accounts().byEmail(email))?.id, winner?.id)
    assert.equal(await accounts().byEmail(winner?.email ?? ''), undefined)
  })

  test(`${driver}: a password reset is one step: token, password, sessions, tokens, mail, event`, async () => {
    const stores = opened()
    const made = account()
    const { id: accountId } = made
    await accounts().create(made)
    const [redeem, sibling, other] = [fresh('token'), fresh('token'), fresh('token')]
    await stores.oneTimeTokens.issue(redeem, token({ accountId }))
    await stores.oneTimeTokens.issue(sibling, token({ accountId }))
    await stores.oneTimeTokens.issue(other, token({ accountId, purpose: 'verify-email' }))
    const [old, begun] = [session({ accountId }), session({ accountId })]
    await stores.sessions.create(old)
    await stores.refreshTokens.issue(refreshToken({ accountId }))
    await stores.credentials.add([
      credential({ accountId, kind: 'device' }),
      credential({ accountId, kind: 'totp' }),
    ])
    const kind = fresh('mail')
    const along = {
      redeem,
      now: NOW,
      endSessions: 'all' as const,
      endRefreshTokens: true,
      voidTokens: ['reset'],
      removeCredentials: ['device'],
      startSession: begun,
      events: [entry({ targetId: accountId, code: 'reset.done' })],
      jobs: [job({ kind })],
    }
    const answers = await together(20, () =>
      accounts().update(accountId, 1, { passwordHash: 'new' }, along),
    )
    assert.equal(answers.filter(answer => answer === 'done').length, 1)
    assert.equal(answers.filter(answer => answer === 'spent').length, 19)
    assert.equal((await accounts().byId(accountId))?.passwordHash, 'new')
    assert.deepEqual(await stores.sessions.ofAccount(accountId, NOW), [begun])
    assert.deepEqual(await stores.refreshTokens.ofAccount(accountId, NOW), [])
    assert.equal(await stores.oneTimeTokens.peek(redeem, NOW), undefined)
    assert.equal(await stores.oneTimeTokens.peek(sibling, NOW), undefined)
    assert.ok(await stores.oneTimeTokens.peek(other, NOW))
    const kinds = (await stores.credentials.ofAccount(accountId)).map(one => one.kind)
    assert.deepEqual(kinds, ['totp'])
    assert.deepEqual(await logged(stores, accountId), ['reset.done'])
    assert.equal((await stores.jobs.backlog(kind)).waiting, 1)
  })

  test(`${driver}: a change takes one credential along, of its own account only`, async () => {
    const stores = opened()
    const made = account()
    const { id: accountId } = made
    await accounts().create(made)
    const [going, staying] = [credential({ accountId }), credential({ accountId })]
    const foreign = credential()
    await stores.credentials.add([going, staying, foreign])
    const take = (version: number, id: string) =>
      accounts().update(accountId, version, {}, { removeCredential: id })
    assert.equal(await take(2, going.id), 'stale')
    assert.equal((await stores.credentials.ofAccount(accountId)).length, 2)
    assert.equal(await take(1, going.id), 'done')
    assert.equal(await take(2, foreign.id), 'done')
    assert.deepEqual(await stores.credentials.ofAccount(accountId), [staying])
    assert.deepEqual(await stores.credentials.ofAccount(foreign.accountId), [foreign])
  })

  test(`${driver}: a change that does not happen takes nothing with it`, async () => {
    const stores = opened()
    const [made, neighbour] = [account(), account()]
    const { id: accountId } = made
    await accounts().create(made)
    await accounts().create(neighbour)
    const redeem = fresh('token')
    await stores.oneTimeTokens.issue(redeem, token({ accountId }))
    const kept = session({ accountId })
    await stores.sessions.create(kept)
    const kind = fresh('mail')
    const along = {
      redeem,
      now: NOW,
      endSessions: 'all' as const,
      voidTokens: ['reset'],
      events: [entry({ targetId: accountId })],
      jobs: [job({ kind })],
    }
    const update = accounts().update
    assert.equal(await update(accountId, 2, {}, along), 'stale')
    assert.equal(await update(accountId, 1, { email: neighbour.email }, along), 'taken')
    assert.equal(await update(accountId, 1, {}, { ...along, now: NOW + HOUR }), 'spent')
    assert.equal(await update(accountId, 1, {}, { ...along, redeem: fresh('token') }), 'spent')
    const { now: _, ...timeless } = along
    assert.equal(await update(accountId, 1, {}, timeless), 'spent')
    const twin = account({ email: made.email })
    assert.equal(await accounts().create(twin, along), 'taken')
    assert.equal(await accounts().create(account(), { ...along, redeem: fresh('token') }), 'spent')
    assert.deepEqual(await accounts().byId(accountId), made)
    assert.ok(await stores.oneTimeTokens.peek(redeem, NOW))
    assert.deepEqual(await stores.sessions.ofAccount(accountId, NOW), [kept])
    assert.deepEqual(await logged(stores, accountId), [])
    assert.equal((await stores.jobs.backlog(kind)).waiting, 0)
  })

  test(`${driver}: one token pays for one account only`, async () => {
    const redeem = fresh('token')
    await opened().oneTimeTokens.issue(redeem, token({ purpose: 'setup', accountId: undefined }))
    const answers = await together(20, () => accounts().create(account(), { redeem, now: NOW }))
    assert.equal(answers.filter(answer => answer === 'done').length, 1)
    assert.equal(answers.filter(answer => answer === 'spent').length, 19)
  })

  test(`${driver}: changing the password can spare the session that asked`, async () => {
    const made = account()
    const { id: accountId } = made
    await accounts().create(made)
    const [mine, other] = [session({ accountId }), session({ accountId })]
    await opened().sessions.create(mine)
    await opened().sessions.create(other)
    const endSessions = { exceptIdHash: mine.idHash }
    assert.equal(await accounts().update(accountId, 1, {}, { endSessions }), 'done')
    assert.deepEqual(await opened().sessions.ofAccount(accountId, NOW), [mine])
  })

  test(`${driver}: a removed account leaves nothing behind`, async () => {
    const stores = opened()
    const made = account()
    const { id: accountId, email } = made
    await accounts().create(made)
    const hash = fresh('token')
    await stores.sessions.create(session({ accountId }))
    await stores.refreshTokens.issue(refreshToken({ accountId }))
    await stores.oneTimeTokens.issue(hash, token({ accountId }))
    await stores.credentials.add([credential({ accountId })])
    const along = { events: [entry({ targetId: accountId, code: 'a.removed' })] }
    assert.equal(await accounts().remove(accountId, 2, along), 'stale')
    const answers = await together(10, () => accounts().remove(accountId, 1, along))
    assert.equal(answers.filter(answer => answer === 'done').length, 1)
    assert.equal(await accounts().byId(accountId), undefined)
    assert.deepEqual(await stores.sessions.ofAccount(accountId, NOW), [])
    assert.deepEqual(await stores.refreshTokens.ofAccount(accountId, NOW), [])
    assert.equal(await stores.oneTimeTokens.peek(hash, NOW), undefined)
    assert.deepEqual(await stores.credentials.ofAccount(accountId), [])
    assert.deepEqual(await logged(stores, accountId), ['a.removed'])
    assert.equal(await accounts().create(account({ email })), 'done')
  })

  test(`${driver}: the operator pages through accounts, searching without regard to case`, async () => {
    const role = fresh('role')
    const mark = randomUUID()
    const made = ['Élodie', 'Bob', undefined].map(name =>
      account({ role, name: name === undefined ? name : `${name} ${mark}` }),
    )
    for (const one of made) await accounts().create(one)
    const sorted = made.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const first = await accounts().list({ role, limit: 2 })
    assert.deepEqual(first, sorted.slice(0, 2))
    const rest = await accounts().list({ role, limit: 2, afterId: first[1]?.id ?? '' })
    assert.deepEqual(rest, sorted.slice(2))
    const found = await accounts().list({ search: `éLODIE ${mark.toUpperCase()}`, limit: 9 })
    assert.deepEqual(found, [made[0]])
    assert.deepEqual(await accounts().list({ search: '%', role, limit: 9 }), [])
    assert.equal(await accounts().count({ role }), 3)
    assert.ok((await accounts().count()) >= 3)
  })
}
