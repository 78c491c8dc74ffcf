import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sqliteStores } from '../../store/sqlite/sqlite.ts'
import { cookieHeader, type House, house, PASSWORD, visit } from '../house.test.kit.ts'

const ANN = 'ann@example.com'
const FORTNIGHT = 14 * 86_400_000

async function signedIn(of: House) {
  const outcome = await of.flows.login(visit(), { email: ANN, password: PASSWORD })
  assert.ok(outcome.ok && outcome.value.kind === 'session')
  const header = cookieHeader(outcome.value.cookies)
  const session = await of.sessions.load(header)
  assert.ok(session)
  return { header, session }
}

test('an account goes when its grace is over, and what was known about the person with it', async () => {
  const gone: string[] = []
  const of = await house(
    {},
    {
      stores: sqliteStores({ path: ':memory:' }),
      async onDelete(accountId) {
        gone.push(accountId)
      },
    },
  )
  const id = await of.member(ANN)
  const { session, header } = await signedIn(of)
  const asked = await of.flows.deleteAccount(visit(), session)
  assert.ok(asked.ok)
  assert.match(asked.value.join(), /^__Host-session=; Max-Age=0/)
  assert.equal(await of.sessions.load(header), undefined)
  assert.match((await of.mailTo(ANN))?.text ?? '', /2026-01-15/)

  of.clock.advance(FORTNIGHT - 1)
  assert.equal(await of.flows.sweepDeleted(), 0)
  of.clock.advance(1)
  assert.equal(await of.flows.sweepDeleted(), 1)
  assert.deepEqual(gone, [id])
  assert.equal(await of.stores.accounts.byId(id), undefined)
  assert.match((await of.mailTo(ANN))?.subject ?? '', /is deleted/)
  const rows = await of.stores.auditLog.read({ limit: 100, targetId: id })
  assert.ok(rows.length > 0)
  assert.ok(rows.every(row => row.personal === undefined || row.code === 'audit.erased'))
  assert.ok(!(await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
  await of.close()
})

test('the link in the mail keeps the account, once', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const { session } = await signedIn(of)
  await of.flows.deleteAccount(visit(), session)
  const token = (await of.mailTo(ANN))?.token ?? ''
  assert.ok((await of.flows.keepByLink(visit(), { token })).ok)
  assert.ok(!(await of.flows.keepByLink(visit(), { token })).ok)
  of.clock.advance(FORTNIGHT)
  assert.equal(await of.flows.sweepDeleted(), 0)
  assert.ok(await of.stores.accounts.byId(id))
})

test('who signs in during the grace may call it off', async () => {
  const of = await house()
  const id = await of.member(ANN)
  await of.flows.deleteAccount(visit(), (await signedIn(of)).session)
  assert.ok((await of.flows.keepAccount(visit(), (await signedIn(of)).session)).ok)
  of.clock.advance(FORTNIGHT)
  assert.equal(await of.flows.sweepDeleted(), 0)
  assert.equal((await of.stores.accounts.byId(id))?.deleteAfter, undefined)
})

test('when the application cannot remove its rows the account stays, and is tried again', async () => {
  let broken = true
  const of = await house(
    {},
    {
      async onDelete() {
        if (broken) throw new Error('the shop’s database is down')
      },
    },
  )
  const id = await of.member(ANN)
  await of.flows.deleteAccount(visit(), (await signedIn(of)).session)
  of.clock.advance(FORTNIGHT)
  assert.equal(await of.flows.sweepDeleted(), 0)
  assert.ok(await of.stores.accounts.byId(id))
  broken = false
  of.clock.advance(3_600_000)
  assert.equal(await of.flows.sweepDeleted(), 1)
  assert.equal(await of.stores.accounts.byId(id), undefined)
})

test('a session that is not fresh deletes nothing and takes no copy', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const { session } = await signedIn(of)
  of.clock.advance(300_001)
  for (const refused of [
    await of.flows.deleteAccount(visit(), session),
    await of.flows.exportAccount(visit(), session),
  ]) {
    assert.ok(!refused.ok && refused.refusal.code === 'access.step_up')
  }
  assert.equal((await of.stores.accounts.byId(id))?.deleteAfter, undefined)
})

test('a copy of the data has all of it, and no secret', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const { session, header } = await signedIn(of)
  const copy = await of.flows.exportAccount(visit(), session)
  assert.ok(copy.ok)
  assert.equal(copy.value.account['email'], ANN)
  assert.equal(copy.value.sessions.length, 1)
  assert.equal(copy.value.devices.length, 1)
  assert.ok(copy.value.events.length >= 4)
  const text = JSON.stringify(copy.value)
  for (const cookie of header.split('; ')) assert.ok(!text.includes(cookie.split('=')[1] ?? '?'))
  assert.doesNotMatch(text, /argon2|idHash|salt/)
  assert.ok(text.includes(id))
})
