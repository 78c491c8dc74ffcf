import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bindingOf } from '../../session/sessions/sessions.ts'
import { cookieHeader, type House, house, PASSWORD, visit } from '../house.test.kit.ts'

const ANN = 'ann@example.com'
const NEXT = 'green pears in the rain'

async function signedIn(of: House) {
  const outcome = await of.flows.login(visit(), { email: ANN, password: PASSWORD })
  assert.ok(outcome.ok && outcome.value.kind === 'session')
  const header = cookieHeader(outcome.value.cookies)
  const session = await of.sessions.load(header)
  assert.ok(session)
  return { header, session }
}

test('a new password ends everything else that could sign in, and keeps who set it signed in', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const [mine, other] = [await signedIn(of), await signedIn(of)]
  const changed = await of.flows.changePassword(visit({}, mine.header), mine.session, {
    password: NEXT,
  })
  assert.ok(changed.ok)
  const header = cookieHeader(changed.value)
  const session = await of.sessions.load(header)
  assert.equal(session?.id, mine.session.id)
  assert.ok(session)
  assert.notEqual(bindingOf(session), bindingOf(mine.session))
  assert.equal(await of.sessions.load(mine.header), undefined)
  assert.equal(await of.sessions.load(other.header), undefined)
  assert.equal((await of.flows.devices(id)).length, 1)
  assert.match((await of.mailTo(ANN))?.subject ?? '', /was changed/)
  assert.ok((await of.flows.login(visit({}, header), { email: ANN, password: NEXT })).ok)
})

test('a session that is not fresh changes nothing', async () => {
  const of = await house()
  await of.member(ANN)
  const { session } = await signedIn(of)
  of.clock.advance(300_001)
  const stale = await of.flows.changePassword(visit(), session, { password: NEXT })
  assert.ok(!stale.ok && stale.refusal.code === 'access.step_up' && stale.refusal.status === 403)
  assert.ok((await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
})

test('a weak password changes nothing', async () => {
  const of = await house()
  await of.member(ANN)
  const { session, header } = await signedIn(of)
  for (const password of ['short', 'passwordpassword', 'ann@example.com!']) {
    const weak = await of.flows.changePassword(visit(), session, { password })
    assert.ok(!weak.ok && weak.refusal.status === 422)
  }
  assert.ok(await of.sessions.load(header))
})
