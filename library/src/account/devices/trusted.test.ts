import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aalOf } from '../../access/assurance.ts'
import {
  addKey,
  appCode,
  type Browser,
  browser,
  type Equipped,
  equipped,
  live,
  type Person,
} from '../factors/equipped.test.kit.ts'
import { freshEnough } from '../fresh.ts'
import { PASSWORD, visit } from '../house.test.kit.ts'

const ANN = 'ann@example.com'
const DAY = 86_400_000

/** Signs in with the app and has the browser remembered. */
async function trusting(of: Equipped, ann: Person, at: Browser = browser()): Promise<Browser> {
  await of.enter(ann.email, at)
  of.clock.advance(30_000)
  const code = appCode(ann.secret, of.clock())
  const outcome = await of.factors.finish(at.visit(), { factor: 'totp', code, remember: true })
  assert.ok(outcome.ok)
  assert.match(outcome.value.cookies.join('\n'), /__Host-trusted=[\w-]{43}; Max-Age=2592000;/)
  at.take(outcome.value.cookies)
  return at
}

const kindOf = async (of: Equipped, at: Browser, email = ANN): Promise<string> =>
  (await of.enter(email, at)).kind

test('a trusted browser is spared the second factor, and its session proves the first alone', async () => {
  const of = await equipped()
  const ann = await of.withApp(ANN)
  const at = await trusting(of, ann)
  assert.equal(await kindOf(of, at), 'session')
  const session = live(await of.sessionOf(at))
  assert.deepEqual(
    session.factors.map(({ factor }) => factor),
    ['pwd', 'device'],
  )
  assert.equal(aalOf(session.factors), 'aal1')
  await of.close()
})

test('trust is no factor: nothing is fresh by it, nor by the password, until a factor is shown', async () => {
  const of = await equipped()
  const ann = await of.withApp(ANN)
  const at = await trusting(of, ann)
  await of.enter(ANN, at)
  const { ground } = of.flows
  assert.equal(freshEnough(ground, live(await of.sessionOf(at)))?.code, 'access.step_up')
  const removal = await of.factors.remove(at.visit(), live(await of.sessionOf(at)))
  assert.ok(!removal.ok && removal.refusal.says === 'access.step_up')
  const byPassword = await of.flows.stepUp(at.visit(), live(await of.sessionOf(at)), {
    password: PASSWORD,
  })
  assert.ok(!byPassword.ok && byPassword.refusal.says === 'factor.needed')
  of.clock.advance(30_000)
  const proof = { factor: 'totp', code: appCode(ann.secret, of.clock()) } as const
  const stepped = await of.factors.stepUp(at.visit(), live(await of.sessionOf(at)), proof)
  assert.ok(stepped.ok)
  at.take(stepped.value)
  const session = live(await of.sessionOf(at))
  assert.deepEqual(
    session.factors.map(({ factor }) => factor),
    ['pwd', 'otp'],
  )
  assert.equal(freshEnough(ground, session), undefined)
  await of.close()
})

test('trust is not given unasked, and tokens are never got by it', async () => {
  const of = await equipped()
  const ann = await of.withApp(ANN)
  const at = browser()
  await of.enter(ANN, at)
  const code = appCode(ann.secret, of.clock())
  const outcome = await of.factors.finish(at.visit(), { factor: 'totp', code })
  assert.ok(outcome.ok)
  at.take(outcome.value.cookies)
  assert.equal(await kindOf(of, at), 'factor')
  await trusting(of, ann, at)
  assert.equal((await of.enter(ANN, at, 'token')).kind, 'factor')
  await of.close()
})

test('the trust of one account or browser is nothing to another', async () => {
  const of = await equipped()
  const ann = await of.withApp(ANN)
  const bob = await of.withApp('bob@example.com')
  const at = await trusting(of, ann)
  assert.equal(await kindOf(of, at, bob.email), 'factor')
  assert.equal(await kindOf(of, browser()), 'factor')
  const [row] = await of.stores.credentials.ofAccount(ann.id, 'trusted-device')
  const stolen = browser()
  stolen.take([`__Host-trusted=${row?.handle}; Path=/`])
  assert.equal(await kindOf(of, stolen), 'factor', 'what the store holds is no cookie')
  await of.close()
})

test('trust ends after thirty days, whatever its use', async () => {
  const of = await equipped()
  const ann = await of.withApp(ANN)
  const at = await trusting(of, ann)
  of.clock.advance(29 * DAY)
  assert.equal(await kindOf(of, at), 'session')
  of.clock.advance(DAY)
  assert.equal(await kindOf(of, at), 'factor')
  assert.deepEqual(
    (await of.flows.devices(ann.id)).filter(one => one.trustedUntil !== undefined),
    [],
  )
  await of.close()
})

const changes: readonly (readonly [string, (of: Equipped, ann: Person) => Promise<unknown>])[] = [
  ['a new passkey', (of, ann) => addKey(of, ann.browser)],
  [
    'another app',
    async (of, ann) => {
      const { browser: own } = ann
      const setUp = await of.factors.setUp(own.visit(), live(await of.sessionOf(own)))
      assert.ok(setUp.ok)
      of.clock.advance(30_000)
      const code = appCode(setUp.value.secret, of.clock())
      const outcome = await of.factors.confirm(own.visit(), live(await of.sessionOf(own)), code)
      assert.ok(outcome.ok)
    },
  ],
  [
    'a password that was reset',
    async of => {
      await of.flows.forgotPassword(visit(), { email: ANN })
      const token = (await of.mailTo(ANN))?.token ?? ''
      assert.ok((await of.flows.resetPassword(visit(), { token, password: PASSWORD })).ok)
    },
  ],
  [
    'an administrator who ends everything',
    async (of, { id }) => {
      const by = { visit: visit(), actorId: undefined }
      assert.ok((await of.flows.revokeEverything(by, id)).ok)
    },
  ],
  [
    'its owner, in the list of devices',
    async (of, ann) => {
      const trusted = (await of.flows.devices(ann.id)).find(one => one.trustedUntil !== undefined)
      const session = live(await of.sessionOf(ann.browser))
      assert.ok((await of.flows.forgetDevice(visit(), session, trusted?.id ?? '')).ok)
    },
  ],
]
for (const [what, change] of changes) {
  test(`trust is ended by ${what}`, async () => {
    const of = await equipped()
    const ann = await of.withApp(ANN)
    const at = await trusting(of, ann)
    assert.equal(await kindOf(of, at), 'session')
    await change(of, ann)
    assert.equal(await kindOf(of, at), 'factor')
    await of.close()
  })
}

test('a token that was planted in a browser is not the one that is trusted', async () => {
  const of = await equipped()
  const ann = await of.withApp(ANN)
  const planted = 'A'.repeat(43)
  const at = browser()
  at.take([`__Host-trusted=${planted}; Path=/`])
  await trusting(of, ann, at)
  const thief = browser()
  thief.take([`__Host-trusted=${planted}; Path=/`])
  assert.equal(await kindOf(of, thief), 'factor')
  await of.close()
})

test('who does not want any browser trusted says 0 days', async () => {
  const of = await equipped({ factors: { trustDays: 0 } })
  const ann = await of.withApp(ANN)
  const at = browser()
  await of.enter(ANN, at)
  const code = appCode(ann.secret, of.clock())
  const outcome = await of.factors.finish(at.visit(), { factor: 'totp', code, remember: true })
  assert.ok(outcome.ok)
  assert.doesNotMatch(outcome.value.cookies.join(), /trusted/)
  await of.close()
})
