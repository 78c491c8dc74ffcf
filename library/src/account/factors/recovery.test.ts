import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drivers } from '../drivers.test.kit.ts'
import { PASSWORD, visit } from '../house.test.kit.ts'
import {
  addKey,
  appCode,
  browser,
  type Equipped,
  equipped,
  type Person,
} from './equipped.test.kit.ts'
import { factorState } from './state.ts'

const HOUR = 3_600_000
const ANN = 'ann@example.com'
const OTHER = 'ann@elsewhere.example'

/** Sends what is due and answers the mails that this brought, by their subject. */
async function mails(of: Equipped, to: string): Promise<readonly string[]> {
  const before = of.outbox.mails().length
  await of.factors.recovery.sweep()
  await of.mail.runOnce()
  return of.outbox
    .mails()
    .slice(before)
    .filter(one => one.to === to)
    .map(one => one.subject)
}

/** The token of the newest mail to `to` whose link leads to this page. */
function linkOf(of: Equipped, to: string, page: string): string {
  const found = of.outbox.mails().findLast(one => one.to === to && one.text.includes(`${page}#`))
  return new RegExp(`${page}#token=([\\w-]+)`).exec(found?.text ?? '')?.[1] ?? ''
}

/** Asks for a recovery, as somebody who knows the password and nothing more. */
async function asked(of: Equipped, email = ANN) {
  const at = browser()
  const waiting = await of.enter(email, at)
  assert.equal(waiting.kind, 'factor')
  return of.factors.recovery.request(at.visit(), { flow: undefined })
}

async function ready(of: Equipped): Promise<string> {
  assert.ok((await asked(of)).ok)
  of.clock.advance(72 * HOUR)
  await mails(of, ANN)
  return linkOf(of, ANN, '/recover')
}

const notifyAlso = async () => [OTHER]

test('who lost all factors begins anew after three days, and everybody was told', async () => {
  const of = await equipped({ factors: { notifyAlso } })
  const ann = await of.withApp(ANN)
  await addKey(of, ann.browser)
  await mails(of, ANN)
  const answer = await asked(of)
  assert.ok(answer.ok)
  assert.equal(answer.value.readyAt - of.clock(), 72 * HOUR)
  assert.deepEqual(await of.factors.recovery.pending(ann.id), answer.value)
  for (const to of [ANN, OTHER]) {
    await of.mail.runOnce()
    assert.ok(
      of.outbox.mails().some(one => one.to === to && /without your second/.test(one.subject)),
    )
  }
  of.clock.advance(47 * HOUR)
  assert.deepEqual(await mails(of, ANN), [])
  of.clock.advance(2 * HOUR)
  assert.match((await mails(of, OTHER)).join(), /about to be taken away/)
  assert.equal(linkOf(of, ANN, '/recover'), '', 'no link before its time')
  of.clock.advance(23 * HOUR)
  assert.match((await mails(of, ANN)).join(), /Begin anew/)
  assert.equal(linkOf(of, OTHER, '/recover'), '', 'the link goes to the account’s own address')

  const session = await of.sessions.list(ann.id)
  const outcome = await of.factors.recovery.complete(visit(), {
    token: linkOf(of, ANN, '/recover'),
  })
  assert.deepEqual(outcome, { ok: true, value: undefined })
  assert.deepEqual(await of.sessions.list(ann.id), [], `of ${session.length} sessions none is left`)
  const state = await factorState(of.stores.credentials, ann.id)
  assert.deepEqual([state.totp, state.passkeys, state.backupCodes], [false, 0, 0])
  assert.match((await mails(of, OTHER)).join(), /something was removed/)
  const again = await of.enter(ANN)
  assert.equal(again.kind, 'session', 'the password alone, until a new factor is set up')
  assert.equal(await of.factors.recovery.pending(ann.id), undefined)
  await of.close()
})

test('a recovery needs the first factor: no flow, a made-up flow and a finished flow start none', async () => {
  const of = await equipped()
  const ann = await of.withApp(ANN)
  const at = browser()
  await of.enter(ANN, at)
  const cookies = at.visit()
  const code = appCode(ann.secret, of.clock())
  assert.ok((await of.factors.finish(cookies, { factor: 'totp', code })).ok)
  for (const flow of [undefined, 'A'.repeat(43), '']) {
    const outcome = await of.factors.recovery.request(visit(), { flow })
    assert.ok(!outcome.ok && outcome.refusal.says === 'factor.flow_over')
  }
  const late = await of.factors.recovery.request(cookies, { flow: undefined })
  assert.ok(!late.ok && late.refusal.says === 'factor.flow_over')
  await of.close()
})

test('who asks again is told of the recovery that runs, and nobody asks more than three times a day', async () => {
  const of = await equipped()
  const ann = await of.withApp(ANN)
  const first = await asked(of)
  of.clock.advance(HOUR)
  assert.deepEqual(await asked(of), first)
  for (let round = 0; round < 2; round++) {
    assert.ok((await of.factors.recovery.cancel(visit(), ann.id)).ok)
    assert.ok((await asked(of)).ok)
  }
  assert.ok((await of.factors.recovery.cancel(visit(), ann.id)).ok)
  const often = await asked(of)
  assert.ok(!often.ok && often.refusal.status === 429)
  await of.close()
})

test('the link of any of its mails calls it off, and the last link is worthless then', async () => {
  const of = await equipped({ factors: { notifyAlso } })
  const ann = await of.withApp(ANN)
  const token = await ready(of)
  const stop = linkOf(of, OTHER, '/cancel-recovery')
  assert.deepEqual(await of.factors.recovery.cancelByLink(visit(), { token: stop }), {
    ok: true,
    value: undefined,
  })
  for (const outcome of [
    await of.factors.recovery.complete(visit(), { token }),
    await of.factors.recovery.cancelByLink(visit(), { token: stop }),
    await of.factors.recovery.complete(visit(), { token: stop }),
  ]) {
    assert.ok(!outcome.ok && outcome.refusal.says === 'link.invalid')
  }
  assert.equal((await factorState(of.stores.credentials, ann.id)).totp, true)
  assert.match((await mails(of, ANN)).join(), /Nothing is taken away/)
  await of.close()
})

const proofs: readonly (readonly [string, (of: Equipped, ann: Person) => Promise<unknown>])[] = [
  [
    'a sign-in with the app',
    async (of, ann) => {
      const at = browser()
      await of.enter(ANN, at)
      const code = appCode(ann.secret, of.clock())
      return of.factors.finish(at.visit(), { factor: 'totp', code })
    },
  ],
  [
    'a sign-in with a backup code',
    async (of, ann) => {
      const at = browser()
      await of.enter(ANN, at)
      const [code = ''] = ann.codes
      return of.factors.finish(at.visit(), { factor: 'backup-code', code })
    },
  ],
  [
    'a sign-in with a passkey',
    async of => {
      const at = browser()
      const { options, cookies } = await of.passkeys.loginOptions(at.visit(), {})
      at.take(cookies)
      return of.passkeys.login(at.visit(), { response: key?.get(options) as never })
    },
  ],
  [
    'a passkey after the password',
    async of => {
      const at = browser()
      await of.enter(ANN, at)
      const options = await of.passkeys.factorOptions(at.visit(), undefined)
      assert.ok(options.ok)
      return of.passkeys.factor(at.visit(), { response: key?.get(options.value) as never })
    },
  ],
]
let key: Awaited<ReturnType<typeof addKey>> | undefined
for (const [what, prove] of proofs) {
  test(`${what} calls a recovery off`, async () => {
    const of = await equipped()
    const ann = await of.withApp(ANN)
    key = await addKey(of, ann.browser)
    assert.ok((await asked(of)).ok)
    const outcome = (await prove(of, ann)) as { ok: boolean; refusal?: object }
    assert.ok(outcome.ok, JSON.stringify(outcome.refusal))
    assert.equal(await of.factors.recovery.pending(ann.id), undefined)
    of.clock.advance(72 * HOUR)
    await mails(of, ANN)
    assert.equal(linkOf(of, ANN, '/recover'), '', 'no link is ever sent')
    await of.close()
  })
}

for (const [when, waited] of [
  ['while it waits', 1],
  ['when its link is out', 72],
] as const) {
  test(`a new password ends a recovery ${when}: who gained the mailbox waits anew`, async () => {
    const of = await equipped()
    const ann = await of.withApp(ANN)
    assert.ok((await asked(of)).ok)
    of.clock.advance(waited * HOUR)
    await mails(of, ANN)
    const early = linkOf(of, ANN, '/recover')
    await of.flows.forgotPassword(visit(), { email: ANN })
    const token = (await of.mailTo(ANN))?.token ?? ''
    assert.ok((await of.flows.resetPassword(visit(), { token, password: PASSWORD })).ok)
    of.clock.advance(71 * HOUR)
    await mails(of, ANN)
    assert.equal(linkOf(of, ANN, '/recover'), early, 'no link comes after it')
    const outcome = await of.factors.recovery.complete(visit(), { token: early })
    assert.ok(!outcome.ok && outcome.refusal.says === 'link.invalid')
    assert.equal(await of.factors.recovery.pending(ann.id), undefined)
    await of.close()
  })
}

test('the last link works for three days', async () => {
  const of = await equipped()
  await of.withApp(ANN)
  const token = await ready(of)
  of.clock.advance(72 * HOUR)
  const outcome = await of.factors.recovery.complete(visit(), { token })
  assert.ok(!outcome.ok && outcome.refusal.says === 'link.invalid')
  assert.ok((await asked(of)).ok, 'and then a new one may begin')
  await of.close()
})

for (const [driver, open] of await drivers()) {
  test(`${driver}: of fifty who follow the last link at once, one is served`, async () => {
    const of = await equipped({}, { stores: await open() })
    await of.withApp(ANN)
    const token = await ready(of)
    const all = await Promise.all(
      Array.from({ length: 50 }, () => of.factors.recovery.complete(visit(), { token })),
    )
    assert.equal(all.filter(outcome => outcome.ok).length, 1)
    await of.close()
  })

  test(`${driver}: a recovery that is called off and completed at once is one of the two`, async () => {
    const of = await equipped({}, { stores: await open() })
    const { id } = await of.withApp(ANN)
    const token = await ready(of)
    const stop = linkOf(of, ANN, '/cancel-recovery')
    const [stopped, completed] = await Promise.all([
      of.factors.recovery.cancelByLink(visit(), { token: stop }),
      of.factors.recovery.complete(visit(), { token }),
    ])
    assert.notEqual(stopped.ok, completed.ok)
    assert.equal((await factorState(of.stores.credentials, id)).totp, stopped.ok)
    await of.close()
  })

  test(`${driver}: of fifty who ask for a recovery at once all are told of one`, async () => {
    const of = await equipped({}, { stores: await open() })
    const ann = await of.withApp(ANN)
    const at = browser()
    await of.enter(ANN, at)
    const all = await Promise.all(
      Array.from({ length: 50 }, () =>
        of.factors.recovery.request(at.visit(), { flow: undefined }),
      ),
    )
    const told = new Set(all.flatMap(one => (one.ok ? [one.value.readyAt] : [])))
    assert.equal(told.size, 1)
    const rows = await of.stores.credentials.ofAccount(ann.id, 'recovery')
    assert.equal(rows.length, 1)
    await of.close()
  })
}
