import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cookieHeader, house, PASSWORD, visit } from '../house.test.kit.ts'

const ANN = 'ann@example.com'
const by = { visit: visit(), actorId: 'an-administrator' }

async function signedIn(of: Awaited<ReturnType<typeof house>>) {
  const outcome = await of.flows.login(visit(), { email: ANN, password: PASSWORD })
  assert.ok(outcome.ok && outcome.value.kind === 'session')
  return cookieHeader(outcome.value.cookies)
}

test('a disabled account is out at once and in again when enabled', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const cookies = await signedIn(of)
  assert.ok((await of.flows.disable(by, id)).ok)
  assert.equal(await of.sessions.load(cookies), undefined)
  assert.ok(!(await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
  assert.ok((await of.flows.enable(by, id)).ok)
  await signedIn(of)
})

test('a new role ends the sessions that bear the old one', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const cookies = await signedIn(of)
  assert.ok((await of.flows.setRole(by, id, 'admin')).ok)
  assert.equal(await of.sessions.load(cookies), undefined)
  const session = await of.sessions.load(await signedIn(of))
  assert.equal(session?.role, 'admin')
  const [row] = await of.stores.auditLog.read({ limit: 1, code: 'account.role_changed' })
  assert.equal(row?.actorId, 'an-administrator')
  assert.equal(row?.targetId, id)
})

test('everything of an account can be revoked', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const cookies = await signedIn(of)
  assert.ok((await of.flows.revokeEverything(by, id)).ok)
  assert.equal(await of.sessions.load(cookies), undefined)
  assert.deepEqual(await of.flows.devices(id), [])
})

test('an account made by hand signs in when it is verified; making it twice changes nothing', async () => {
  const of = await house()
  const input = {
    email: ' ann@example.com'.trim(),
    password: PASSWORD,
    role: 'admin',
    verified: true,
  }
  const made = await of.flows.createAccount(by, input)
  assert.ok(made.ok && made.value.role === 'admin')
  await signedIn(of)
  const again = await of.flows.createAccount(by, { ...input, password: 'green pears in the rain' })
  assert.ok(!again.ok && again.refusal.status === 409)
  await signedIn(of)
  const weak = await of.flows.createAccount(by, { email: 'b@example.com', password: 'short' })
  assert.ok(!weak.ok && weak.refusal.status === 422)
})

test('nobody is administered who is not there', async () => {
  const of = await house()
  const nobody = await of.flows.disable(by, 'nobody')
  assert.ok(!nobody.ok && nobody.refusal.status === 404)
})
