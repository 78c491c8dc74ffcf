import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type TestAuthenticator,
  type Twist,
  testAuthenticator,
} from '../../testing/authenticator.ts'
import {
  type Browser,
  browser,
  type Equipped,
  equipped,
  live,
  ORIGIN,
} from '../factors/equipped.test.kit.ts'

const ANN = 'ann@example.com'

async function withKey(
  of: Equipped,
  twist: Twist = {},
): Promise<{ readonly id: string; readonly key: TestAuthenticator; readonly own: Browser }> {
  const id = await of.member(ANN)
  const own = browser()
  await of.enter(ANN, own)
  const key = testAuthenticator(ORIGIN)
  const options = await of.passkeys.registerOptions(own.visit(), live(await of.sessionOf(own)))
  assert.ok(options.ok)
  const response = key.create(options.value, twist) as never
  const made = await of.passkeys.register(own.visit(), live(await of.sessionOf(own)), { response })
  assert.ok(made.ok)
  own.take(made.value.cookies)
  return { id, key, own }
}

async function signIn(of: Equipped, key: TestAuthenticator, twist: Twist = {}) {
  const at = browser()
  const { options, cookies } = await of.passkeys.loginOptions(at.visit(), {})
  at.take(cookies)
  return of.passkeys.login(at.visit(), { response: key.get(options, twist) as never })
}

const events = async (of: Equipped, code: string): Promise<number> =>
  (await of.stores.auditLog.read({ limit: 10, code })).length

test('a key that begins to be synced, or stops, is let in, and the log says so', async () => {
  const of = await equipped()
  const { key } = await withKey(of, { backup: 'eligible' })
  assert.ok((await signIn(of, key, { backup: 'eligible' })).ok)
  assert.equal(await events(of, 'passkey.backup_changed'), 0)
  assert.ok((await signIn(of, key, { backup: 'backed-up' })).ok)
  assert.equal(await events(of, 'passkey.backup_changed'), 1)
  assert.ok((await signIn(of, key, { backup: 'backed-up' })).ok)
  assert.equal(await events(of, 'passkey.backup_changed'), 1, 'told once')
  assert.ok((await signIn(of, key, { backup: 'eligible' })).ok)
  assert.equal(await events(of, 'passkey.backup_changed'), 2)
  await of.close()
})

for (const [what, first, then] of [
  ['could not be copied and now can', undefined, 'eligible'],
  ['could be copied and now cannot', 'eligible', undefined],
] as const) {
  test(`a key that ${what} is another one, and refused`, async () => {
    const of = await equipped()
    const { key } = await withKey(of, first === undefined ? {} : { backup: first })
    const outcome = await signIn(of, key, then === undefined ? {} : { backup: then })
    assert.ok(!outcome.ok && outcome.refusal.code === 'passkey.eligibility_changed')
    await of.close()
  })
}

test('alone a key must have verified its user; after a password it need not, and says less', async () => {
  const of = await equipped()
  const { key } = await withKey(of)
  const alone = await signIn(of, key, { userVerified: false })
  assert.ok(!alone.ok && alone.refusal.says === 'passkey.refused')
  const at = browser()
  await of.enter(ANN, at)
  const options = await of.passkeys.factorOptions(at.visit(), undefined)
  assert.ok(options.ok)
  assert.equal((options.value as { userVerification: string }).userVerification, 'preferred')
  const response = key.get(options.value, { userVerified: false }) as never
  const outcome = await of.passkeys.factor(at.visit(), { response })
  assert.ok(outcome.ok && outcome.value.kind === 'session')
  assert.deepEqual(
    outcome.value.session.factors.map(({ factor }) => factor),
    ['pwd', 'hwk'],
  )
  await of.close()
})

test('a key that is made or used in a frame of another site is refused', async () => {
  const of = await equipped()
  const { key, own } = await withKey(of)
  const used = await signIn(of, key, { framed: true })
  assert.ok(!used.ok && used.refusal.code === 'passkey.not_verified')
  const session = live(await of.sessionOf(own))
  const options = await of.passkeys.registerOptions(own.visit(), session)
  assert.ok(options.ok)
  const response = testAuthenticator(ORIGIN).create(options.value, { framed: true }) as never
  const made = await of.passkeys.register(own.visit(), session, { response })
  assert.ok(!made.ok && made.refusal.code === 'passkey.not_verified')
  await of.close()
})

test('an answer to a sign-in is none to a second step, nor the other way round', async () => {
  const of = await equipped()
  const { key } = await withKey(of)
  const at = browser()
  await of.enter(ANN, at)
  const login = await of.passkeys.loginOptions(at.visit(), {})
  at.take(login.cookies)
  const asSecond = await of.passkeys.factor(at.visit(), {
    response: key.get(login.options) as never,
  })
  assert.ok(!asSecond.ok && asSecond.refusal.code === 'passkey.unknown_challenge')
  const second = await of.passkeys.factorOptions(at.visit(), undefined)
  assert.ok(second.ok)
  const asLogin = await of.passkeys.login(at.visit(), {
    response: key.get(second.value) as never,
  })
  assert.ok(!asLogin.ok && asLogin.refusal.code === 'passkey.unknown_challenge')
  await of.close()
})

test('keys that one account registers at once are twenty in the end, however many were asked for', async () => {
  const of = await equipped()
  const id = await of.member(ANN)
  const own = browser()
  await of.enter(ANN, own)
  const session = live(await of.sessionOf(own))
  const responses = await Promise.all(
    Array.from({ length: 25 }, async () => {
      const options = await of.passkeys.registerOptions(own.visit(), session)
      assert.ok(options.ok)
      return testAuthenticator(ORIGIN).create(options.value) as never
    }),
  )
  const outcomes = await Promise.all(
    responses.map(response => of.passkeys.register(own.visit(), session, { response })),
  )
  const codes = outcomes.flatMap(outcome => (outcome.ok ? [] : [outcome.refusal.code]))
  assert.equal(codes.filter(code => code === 'passkey.too_many').length, 5)
  assert.equal((await of.passkeys.list(id)).length, 20)
  await of.close()
})

test('who has nothing but one passkey cannot give it up', async () => {
  const of = await equipped()
  const { id, own } = await withKey(of)
  const account = await of.stores.accounts.byId(id)
  await of.stores.accounts.update(id, account?.version ?? 0, { passwordHash: undefined })
  const [only] = await of.passkeys.list(id)
  const session = live(await of.sessionOf(own))
  const outcome = await of.passkeys.remove(own.visit(), session, only?.id ?? '')
  assert.ok(!outcome.ok && outcome.refusal.says === 'passkey.last_way_in')
  await of.close()
})
