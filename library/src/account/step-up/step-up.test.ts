import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cookieHeader, type House, house, PASSWORD, visit } from '../house.test.kit.ts'

const ANN = 'ann@example.com'

async function signedIn(of: House) {
  const outcome = await of.flows.login(visit(), { email: ANN, password: PASSWORD })
  assert.ok(outcome.ok && outcome.value.kind === 'session')
  const header = cookieHeader(outcome.value.cookies)
  const session = await of.sessions.load(header)
  assert.ok(session)
  return { header, session }
}

test('the password makes a session fresh under a new id, and no second session', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const { session, header } = await signedIn(of)
  of.clock.advance(600_000)
  const stepped = await of.flows.stepUp(visit(), session, { password: PASSWORD })
  assert.ok(stepped.ok)
  const fresh = await of.sessions.load(cookieHeader(stepped.value))
  assert.equal(fresh?.authenticatedAt, of.clock())
  assert.deepEqual(fresh?.factors, [{ factor: 'pwd', at: of.clock() }])
  assert.equal(await of.sessions.load(header), undefined)
  assert.equal((await of.sessions.list(id)).length, 1)
})

test('who stole a session has few guesses, and strangers take none of the owner’s', async () => {
  const of = await house()
  await of.member(ANN)
  const { session } = await signedIn(of)
  for (let guess = 0; guess < 8; guess++) {
    await of.flows.login(visit(), { email: ANN, password: `guess ${guess}` })
  }
  const { passwords } = of.flows.ground
  const verify = passwords.verify.bind(passwords)
  let hashed = 0
  passwords.verify = (password, stored) => {
    hashed++
    return verify(password, stored)
  }
  for (let guess = 0; guess < 30; guess++) {
    const wrong = await of.flows.stepUp(visit(), session, { password: `guess ${guess}` })
    assert.ok(!wrong.ok && wrong.refusal.says === 'login.failed' && wrong.refusal.status === 401)
  }
  assert.equal(hashed, 10)
})

test('a session that ended meanwhile is not brought back', async () => {
  const of = await house()
  await of.member(ANN)
  const { session } = await signedIn(of)
  await of.flows.logout(visit(), session)
  const late = await of.flows.stepUp(visit(), session, { password: PASSWORD })
  assert.ok(!late.ok && late.refusal.status === 401)
})
