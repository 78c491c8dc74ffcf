import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cookieHeader, type House, house, PASSWORD, visit } from '../house.test.kit.ts'

const ANN = 'ann@example.com'
const NEW = 'ann@new.example'

async function signedIn(of: House, email = ANN) {
  const outcome = await of.flows.login(visit(), { email, password: PASSWORD })
  assert.ok(outcome.ok && outcome.value.kind === 'session', outcome.ok ? '' : outcome.refusal.code)
  const header = cookieHeader(outcome.value.cookies)
  const session = await of.sessions.load(header)
  assert.ok(session)
  return { header, session }
}

async function moving() {
  const of = await house()
  const id = await of.member(ANN)
  const { session, header } = await signedIn(of)
  assert.ok((await of.flows.changeEmail(visit(), session, { email: NEW })).ok)
  const undo = (await of.mailTo(ANN))?.token ?? ''
  const confirm = (await of.mailTo(NEW))?.token ?? ''
  const email = async () => (await of.stores.accounts.byId(id))?.email
  return { of, id, session, header, undo, confirm, email }
}

test('G25: the address moves when the new one has proved itself, and the old one is told', async () => {
  const { of, header, confirm, email } = await moving()
  assert.equal(await email(), ANN)
  const other = await signedIn(of)
  assert.ok((await of.flows.confirmEmail(visit(), { token: confirm })).ok)
  assert.equal(await email(), NEW)
  assert.match((await of.mailTo(ANN))?.subject ?? '', /has changed/)
  assert.ok(await of.sessions.load(header))
  assert.equal(await of.sessions.load(other.header), undefined)
  assert.ok(!(await of.flows.confirmEmail(visit(), { token: confirm })).ok)
  assert.ok((await of.flows.login(visit(), { email: NEW, password: PASSWORD })).ok)
  assert.ok(!(await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
})

test('a session that is not fresh moves nothing', async () => {
  const of = await house()
  await of.member(ANN)
  const { session } = await signedIn(of)
  of.clock.advance(300_001)
  const stale = await of.flows.changeEmail(visit(), session, { email: NEW })
  assert.ok(!stale.ok && stale.refusal.code === 'access.step_up')
  const stepped = await of.flows.stepUp(visit(), session, { password: PASSWORD })
  assert.ok(stepped.ok)
  const fresh = await of.sessions.load(cookieHeader(stepped.value))
  assert.ok(fresh)
  assert.ok((await of.flows.changeEmail(visit(), fresh, { email: NEW })).ok)
})

test('when the asking session ends, so does the move', async () => {
  const { of, session, confirm, email } = await moving()
  await of.flows.logout(visit(), session)
  const orphan = await of.flows.confirmEmail(visit(), { token: confirm })
  assert.ok(!orphan.ok && orphan.refusal.says === 'link.invalid')
  assert.equal(await email(), ANN)
})

test('the old mailbox stops a move before it happens', async () => {
  const { of, header, undo, confirm, email } = await moving()
  assert.ok((await of.flows.undoEmail(visit(), { token: undo })).ok)
  assert.equal(await of.sessions.load(header), undefined)
  assert.ok(!(await of.flows.confirmEmail(visit(), { token: confirm })).ok)
  assert.equal(await email(), ANN)
  assert.match((await of.mailTo(ANN))?.subject ?? '', /Set a new password/)
})

test('the old mailbox takes the account back, even after two moves', async () => {
  const { of, id, undo, confirm, email } = await moving()
  await of.flows.confirmEmail(visit(), { token: confirm })
  const thief = await signedIn(of, NEW)
  await of.flows.changeEmail(visit(), thief.session, { email: 'mallory@evil.example' })
  const further = (await of.mailTo('mallory@evil.example'))?.token ?? ''
  assert.ok((await of.flows.confirmEmail(visit(), { token: further })).ok)
  of.clock.advance(6 * 86_400_000)
  assert.ok((await of.flows.undoEmail(visit(), { token: undo })).ok)
  assert.equal(await email(), ANN)
  assert.deepEqual(await of.sessions.list(id), [])
  const token = (await of.mailTo(ANN))?.token ?? ''
  assert.ok(
    (await of.flows.resetPassword(visit(), { token, password: 'green pears in the rain' })).ok,
  )
})

test('nobody keeps the owner out by registering the old address', async () => {
  const { of, undo, confirm, email } = await moving()
  await of.flows.confirmEmail(visit(), { token: confirm })
  await of.flows.register(visit(), { email: ANN, password: 'green pears in the rain' })
  assert.ok((await of.flows.undoEmail(visit(), { token: undo })).ok)
  assert.equal(await email(), ANN)
})

test('an address of somebody else is answered the same, and its owner gets no link', async () => {
  const of = await house()
  const id = await of.member(ANN)
  await of.member('bob@example.com')
  const { session } = await signedIn(of)
  const before = of.outbox.mails().length
  const taken = await of.flows.changeEmail(visit(), session, { email: 'bob@example.com' })
  assert.deepEqual(taken, { ok: true, value: undefined })
  await of.mail.runOnce()
  const sent = of.outbox.mails().slice(before)
  assert.deepEqual(
    sent.map(one => one.to),
    [ANN],
  )
  assert.equal((await of.stores.accounts.byId(id))?.email, ANN)
})

test('an address that was free when asked and taken when confirmed stays with its owner', async () => {
  const { of, confirm, email } = await moving()
  const bob = await of.member(NEW)
  const late = await of.flows.confirmEmail(visit(), { token: confirm })
  assert.ok(!late.ok && late.refusal.says === 'link.invalid')
  assert.equal(await email(), ANN)
  assert.equal((await of.stores.accounts.byId(bob))?.email, NEW)
})

for (const [what, email, code] of [
  ['no address', 'ann', 'account.not_an_address'],
  ['its own address', 'ANN@example.com', 'account.same_address'],
] as const) {
  test(`refuses ${what}`, async () => {
    const of = await house()
    await of.member(ANN)
    const { session } = await signedIn(of)
    const refused = await of.flows.changeEmail(visit(), session, { email })
    assert.ok(!refused.ok && refused.refusal.code === code && refused.refusal.status === 422)
  })
}
