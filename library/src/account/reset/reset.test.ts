import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sqliteStores } from '../../store/sqlite/sqlite.ts'
import { cookieHeader, type House, house, PASSWORD, visit } from '../house.test.kit.ts'

const ANN = 'ann@example.com'
const NEXT = 'green pears in the rain'

async function signedIn(of: House, password = PASSWORD) {
  const outcome = await of.flows.login(visit(), { email: ANN, password })
  assert.ok(outcome.ok && outcome.value.kind === 'session', outcome.ok ? '' : outcome.refusal.code)
  return cookieHeader(outcome.value.cookies)
}

async function resetLink(of: House) {
  assert.ok((await of.flows.forgotPassword(visit(), { email: ANN })).ok)
  return (await of.mailTo(ANN))?.token ?? ''
}

test('G23: a reset ends sessions, refresh families, devices and links, and signs nobody in', async () => {
  const of = await house({}, { stores: sqliteStores({ path: ':memory:' }) })
  const id = await of.member(ANN)
  const cookies = await signedIn(of)
  await of.stores.refreshTokens.issue({
    hash: 'h',
    familyId: 'f',
    accountId: id,
    clientId: undefined,
    data: '{}',
    issuedAt: of.clock(),
    expiresAt: of.clock() + 1e9,
    familyExpiresAt: of.clock() + 1e9,
  })
  const token = await resetLink(of)
  const done = await of.flows.resetPassword(visit(), { token, password: NEXT })
  assert.deepEqual(done, { ok: true, value: undefined })

  assert.equal(await of.sessions.load(cookies), undefined)
  assert.deepEqual(await of.stores.refreshTokens.ofAccount(id, of.clock()), [])
  assert.deepEqual(await of.flows.devices(id), [])
  assert.match((await of.mailTo(ANN))?.subject ?? '', /was changed/)
  assert.ok(!(await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
  await signedIn(of, NEXT)
  await of.close()
})

test('G24: only the newest link works, and only once', async () => {
  const of = await house()
  await of.member(ANN)
  const [first, second] = [await resetLink(of), await resetLink(of)]
  const old = await of.flows.resetPassword(visit(), { token: first, password: NEXT })
  assert.ok(!old.ok && old.refusal.says === 'link.invalid')
  const all = await Promise.all(
    Array.from({ length: 10 }, () =>
      of.flows.resetPassword(visit(), { token: second, password: NEXT }),
    ),
  )
  assert.equal(all.filter(one => one.ok).length, 1)
})

test('a weak password does not spend the link', async () => {
  const of = await house()
  await of.member(ANN)
  const token = await resetLink(of)
  const weak = await of.flows.resetPassword(visit(), { token, password: 'passwordpassword' })
  assert.ok(!weak.ok && weak.refusal.status === 422)
  assert.ok((await of.flows.resetPassword(visit(), { token, password: NEXT })).ok)
})

test('a link ends after a quarter of an hour', async () => {
  const of = await house()
  await of.member(ANN)
  const token = await resetLink(of)
  of.clock.advance(15 * 60_000)
  const late = await of.flows.resetPassword(visit(), { token, password: NEXT })
  assert.ok(!late.ok && late.refusal.says === 'link.invalid')
})

test('a password changed by hand voids the link that is on its way', async () => {
  const of = await house()
  await of.member(ANN)
  const cookies = await signedIn(of)
  const token = await resetLink(of)
  const session = await of.sessions.load(cookies)
  assert.ok(session)
  assert.ok((await of.flows.changePassword(visit({}, cookies), session, { password: NEXT })).ok)
  const late = await of.flows.resetPassword(visit(), { token, password: 'yellow plums in the sun' })
  assert.ok(!late.ok && late.refusal.says === 'link.invalid')
})

test('a link is no key to another door', async () => {
  const of = await house()
  await of.member(ANN)
  const token = await resetLink(of)
  for (const tried of [
    await of.flows.verifyEmail(visit(), { token }),
    await of.flows.confirmEmail(visit(), { token }),
    await of.flows.undoEmail(visit(), { token }),
    await of.flows.unlockByLink(visit(), { token }),
    await of.flows.keepByLink(visit(), { token }),
  ]) {
    assert.ok(!tried.ok && tried.refusal.says === 'link.invalid')
  }
  assert.ok((await of.flows.resetPassword(visit(), { token, password: NEXT })).ok)
})

test('a reset lets a locked-out owner in again', async () => {
  const of = await house()
  await of.member(ANN)
  for (let guess = 0; guess < 8; guess++) {
    await of.flows.login(visit(), { email: ANN, password: `guess ${guess}` })
  }
  assert.ok(!(await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
  const token = await resetLink(of)
  assert.ok((await of.flows.resetPassword(visit(), { token, password: NEXT })).ok)
  await signedIn(of, NEXT)
})

test('the second factor is still asked after a reset', async () => {
  const of = await house({}, { secondFactors: async () => ['totp'] })
  await of.member(ANN)
  const token = await resetLink(of)
  assert.ok((await of.flows.resetPassword(visit(), { token, password: NEXT })).ok)
  const outcome = await of.flows.login(visit(), { email: ANN, password: NEXT })
  assert.ok(outcome.ok && outcome.value.kind === 'factor')
})

test('nobody who is unknown, disabled or asked for too often is written to', async () => {
  const of = await house()
  const id = await of.member(ANN)
  await of.mail.runOnce()
  const before = of.outbox.mails().length
  assert.ok((await of.flows.forgotPassword(visit(), { email: 'nobody@example.com' })).ok)
  assert.ok((await of.flows.forgotPassword(visit(), { email: 'not an address' })).ok)
  for (let asked = 0; asked < 6; asked++) await of.flows.forgotPassword(visit(), { email: ANN })
  await of.mail.runOnce()
  assert.equal(of.outbox.mails().length, before + 3)
  of.clock.advance(3_600_000)
  await of.flows.disable({ visit: visit(), actorId: undefined }, id)
  assert.ok((await of.flows.forgotPassword(visit(), { email: ANN })).ok)
  await of.mail.runOnce()
  assert.equal(of.outbox.mails().length, before + 3)
})

test('asking for a reset changes nothing for who is signed in', async () => {
  const of = await house()
  await of.member(ANN)
  const cookies = await signedIn(of)
  await resetLink(of)
  assert.ok(await of.sessions.load(cookies))
  await signedIn(of)
})

test('links point to the configured origin, whatever a request says', async () => {
  const of = await house()
  await of.member(ANN)
  await of.flows.forgotPassword(visit({ route: 'https://evil.example/' }), { email: ANN })
  const mail = await of.mailTo(ANN)
  assert.match(mail?.text ?? '', /https:\/\/shop\.example\/reset-password#token=/)
  assert.doesNotMatch(mail?.text ?? '', /evil/)
})
