import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drivers } from '../drivers.test.kit.ts'
import { PASSWORD } from '../house.test.kit.ts'
import { fromBase32 } from '../totp/base32.ts'
import { stepAt, totpCode } from '../totp/code.ts'
import { addKey, appCode, browser, type Equipped, equipped, live } from './equipped.test.kit.ts'
import { factorState, isEnrolled } from './state.ts'

const ANN = 'ann@example.com'
const OTHER = 'ann@elsewhere.example'

async function subjects(of: Equipped, to: string): Promise<readonly string[]> {
  await of.mail.runOnce()
  return of.outbox
    .mails()
    .filter(one => one.to === to)
    .map(one => one.subject)
}

test('apps that speak SHA-256 may be set up with it', async () => {
  const of = await equipped({ factors: { totpAlgorithm: 'sha256' } })
  await of.member(ANN)
  const own = browser()
  await of.enter(ANN, own)
  const setUp = await of.factors.setUp(own.visit(), live(await of.sessionOf(own)))
  assert.ok(setUp.ok)
  assert.match(setUp.value.otpauthUri, /algorithm=SHA256/)
  const old = appCode(setUp.value.secret, of.clock())
  const wrong = await of.factors.confirm(own.visit(), live(await of.sessionOf(own)), old)
  assert.ok(!wrong.ok)
  const secret = fromBase32(setUp.value.secret) ?? Buffer.alloc(0)
  const code = totpCode(secret, stepAt(of.clock()), 'sha256')
  assert.ok((await of.factors.confirm(own.visit(), live(await of.sessionOf(own)), code)).ok)
  await of.close()
})

test('every factor that comes or goes is told at every address', async () => {
  const of = await equipped({ factors: { notifyAlso: async () => [OTHER] } })
  const { browser: own, id } = await of.withApp(ANN)
  const session = async () => live(await of.sessionOf(own))
  await addKey(of, own)
  assert.ok((await of.factors.newBackupCodes(own.visit(), await session())).ok)
  assert.ok((await of.factors.remove(own.visit(), await session())).ok)
  const [key] = await of.passkeys.list(id)
  assert.ok((await of.passkeys.remove(own.visit(), await session(), key?.id ?? '')).ok)
  for (const to of [ANN, OTHER]) {
    const told = (await subjects(of, to)).filter(one => one.startsWith('Two-step'))
    assert.deepEqual(
      told.map(one => one.split(': ')[1]),
      [
        ...['something was added', 'something was added', 'something was added'],
        ...['something was removed', 'something was removed'],
      ],
      to,
    )
  }
  await of.close()
})

test('backup codes outlive the app while a passkey is there, and go with the last factor', async () => {
  const of = await equipped()
  const { browser: own, id } = await of.withApp(ANN)
  await addKey(of, own)
  assert.ok((await of.factors.remove(own.visit(), live(await of.sessionOf(own)))).ok)
  assert.equal((await factorState(of.stores.credentials, id)).backupCodes, 10)
  const [key] = await of.passkeys.list(id)
  const session = live(await of.sessionOf(own))
  assert.ok((await of.passkeys.remove(own.visit(), session, key?.id ?? '')).ok)
  assert.equal((await factorState(of.stores.credentials, id)).backupCodes, 0)
  await of.close()
})

test('who runs out of backup codes is told from the seventh on', async () => {
  const of = await equipped()
  const { codes, id } = await of.withApp(ANN)
  const told = async () => (await subjects(of, ANN)).filter(one => /running out/.test(one)).length
  for (const [spent, code] of codes.entries()) {
    const at = browser()
    await of.enter(ANN, at)
    assert.ok((await of.factors.finish(at.visit(), { factor: 'backup-code', code })).ok)
    assert.equal(await told(), Math.max(0, spent - 5), `after ${spent + 1}`)
  }
  const view = await of.factors.view({ accountId: id, role: 'user', factors: [] })
  assert.deepEqual([view.backupCodes, view.lowOnCodes], [0, true])
  await of.close()
})

for (const policy of ['end', 'keep'] as const) {
  test(`the policy says ${policy}: other sessions at a second factor; over the first they always end`, async () => {
    const of = await equipped({ factors: { otherSessions: policy } })
    await of.member(ANN)
    const elsewhere = browser()
    await of.enter(ANN, elsewhere)
    const own = browser()
    await of.enter(ANN, own)
    const key = await addKey(of, own)
    assert.equal(await of.sessionOf(elsewhere), undefined)
    const again = browser()
    await of.enter(ANN, again)
    const options = await of.passkeys.factorOptions(again.visit(), undefined)
    assert.ok(options.ok)
    const response = key.get(options.value) as never
    const entered = await of.passkeys.factor(again.visit(), { response })
    assert.ok(entered.ok)
    again.take(entered.value.cookies)
    await addKey(of, own)
    assert.equal((await of.sessionOf(again)) !== undefined, policy === 'keep')
    await of.close()
  })
}

test('a password beside a fresh factor is checked, and makes nothing fresher', async () => {
  const of = await equipped()
  const { browser: own } = await of.withApp(ANN)
  const before = live(await of.sessionOf(own))
  of.clock.advance(60_000)
  const wrong = await of.flows.stepUp(own.visit(), before, { password: 'not it' })
  assert.ok(!wrong.ok && wrong.refusal.says === 'login.failed')
  const right = await of.flows.stepUp(own.visit(), before, { password: PASSWORD })
  assert.ok(right.ok)
  own.take(right.value)
  const after = live(await of.sessionOf(own))
  assert.equal(after.authenticatedAt, before.authenticatedAt)
  await of.close()
})

for (const [driver, open] of await drivers()) {
  test(`${driver}: of two who take the last two factors at once, one is refused where one is required`, async () => {
    for (let round = 0; round < 10; round++) {
      const of = await equipped(
        { factors: { required: { graceDays: 0 } } },
        { stores: await open() },
      )
      const { browser: own, id } = await of.withApp(`${round}-${ANN}`)
      await addKey(of, own)
      const session = live(await of.sessionOf(own))
      const [key] = await of.passkeys.list(id)
      const answers = await Promise.all([
        of.factors.remove(own.visit(), session),
        of.passkeys.remove(own.visit(), session, key?.id ?? ''),
      ])
      assert.equal(answers.filter(({ ok }) => ok).length, 1)
      assert.ok(isEnrolled(await factorState(of.stores.credentials, id)))
      await of.close()
    }
  })

  test(`${driver}: a sign-in during which the first factor comes is asked for it`, async () => {
    const of = await equipped({}, { stores: await open() })
    await of.member(ANN)
    const own = browser()
    await of.enter(ANN, own)
    const session = live(await of.sessionOf(own))
    const setUp = await of.factors.setUp(own.visit(), session)
    assert.ok(setUp.ok)
    const code = appCode(setUp.value.secret, of.clock())
    // The gate has asked, nothing is owed, and in this very moment the app is confirmed.
    const ground = of.flows.ground as { secondFactors(id: string): Promise<readonly string[]> }
    const ask = ground.secondFactors
    let asked = 0
    ground.secondFactors = async id => {
      const owed = await ask(id)
      asked++
      if (asked === 1) assert.ok((await of.factors.confirm(own.visit(), session, code)).ok)
      return owed
    }
    const entered = await of.enter(ANN, browser())
    assert.deepEqual(
      [entered.kind, entered.kind === 'factor' && entered.factors],
      ['factor', ['totp', 'backup-code']],
    )
    assert.equal((await of.sessions.list(session.accountId)).length, 1, 'the one that confirmed it')
    await of.close()
  })
}
