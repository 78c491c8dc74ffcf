import assert from 'node:assert/strict'
import { test } from 'node:test'
import { house, PASSWORD, visit } from '../house.test.kit.ts'

const ANN = 'ann@example.com'
const OTHER = 'green pears in the rain'

test('who registers is a member only after opening the link', async () => {
  const of = await house()
  assert.deepEqual(
    await of.flows.register(visit(), {
      email: 'Ann@Example.com',
      password: PASSWORD,
      name: ' Ann ',
    }),
    {
      ok: true,
      value: undefined,
    },
  )
  assert.ok(!(await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
  const mail = await of.mailTo(ANN)
  assert.match(mail?.text ?? '', /https:\/\/shop\.example\/verify-email#token=[\w-]{43}\n/)
  assert.ok((await of.flows.verifyEmail(visit(), { token: mail?.token ?? '' })).ok)
  assert.equal((await of.stores.accounts.byEmail(ANN))?.name, 'Ann')
  assert.ok((await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
})

test('a link works once, also when fifty open it at once', async () => {
  const of = await house()
  await of.flows.register(visit(), { email: ANN, password: PASSWORD })
  const token = (await of.mailTo(ANN))?.token ?? ''
  const all = await Promise.all(
    Array.from({ length: 50 }, () => of.flows.verifyEmail(visit(), { token })),
  )
  assert.equal(all.filter(one => one.ok).length, 1)
  for (const one of all) assert.ok(one.ok || one.refusal.says === 'link.invalid')
})

test('a link ends after a day', async () => {
  const of = await house()
  await of.flows.register(visit(), { email: ANN, password: PASSWORD })
  const token = (await of.mailTo(ANN))?.token ?? ''
  of.clock.advance(86_400_000)
  const late = await of.flows.verifyEmail(visit(), { token })
  assert.ok(!late.ok && late.refusal.says === 'link.invalid')
})

test('the whole link may be pasted where script is off', async () => {
  const of = await house()
  await of.flows.register(visit(), { email: ANN, password: PASSWORD })
  const token = (await of.mailTo(ANN))?.token ?? ''
  const pasted = ` https://shop.example/verify-email#token=${token}\n`
  assert.ok((await of.flows.verifyEmail(visit(), { token: pasted })).ok)
})

test('a known address gets a notice, and nothing changes', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const before = await of.stores.accounts.byId(id)
  const again = await of.flows.register(visit(), { email: ANN, password: OTHER, name: 'Mallory' })
  assert.ok(again.ok)
  assert.match((await of.mailTo(ANN))?.subject ?? '', /already have an account/)
  assert.deepEqual(await of.stores.accounts.byId(id), before)
  assert.ok((await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
})

test('who registers the address of somebody else first gains nothing when they register', async () => {
  const of = await house()
  await of.flows.register(visit(), { email: ANN, password: OTHER, name: 'Mallory' })
  await of.flows.register(visit(), { email: ANN, password: PASSWORD, name: 'Ann' })
  const token = (await of.mailTo(ANN))?.token ?? ''
  await of.flows.register(visit(), { email: ANN, password: OTHER, name: 'Mallory' })
  assert.ok((await of.flows.verifyEmail(visit(), { token })).ok)
  assert.ok(!(await of.flows.login(visit(), { email: ANN, password: OTHER })).ok)
  assert.ok((await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
  const later = (await of.mailTo(ANN))?.token ?? ''
  assert.ok(!(await of.flows.verifyEmail(visit(), { token: later })).ok)
})

test('a link is sent once more to who needs one, at most three times an hour', async () => {
  const of = await house()
  await of.flows.register(visit(), { email: ANN, password: PASSWORD })
  await of.mail.runOnce()
  for (let asked = 0; asked < 6; asked++) {
    assert.ok((await of.flows.resendVerification(visit(), { email: ANN })).ok)
  }
  const token = (await of.mailTo(ANN))?.token ?? ''
  assert.equal(of.outbox.mails().length, 1 + 3)
  assert.ok((await of.flows.verifyEmail(visit(), { token })).ok)
  assert.ok((await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
  of.clock.advance(3_600_000)
  assert.ok((await of.flows.resendVerification(visit(), { email: ANN })).ok)
  assert.ok((await of.flows.resendVerification(visit(), { email: 'nobody@example.com' })).ok)
  await of.mail.runOnce()
  assert.equal(of.outbox.mails().length, 4)
})

test('the right password on an unverified account sends the link again', async () => {
  const of = await house()
  await of.flows.register(visit(), { email: ANN, password: PASSWORD })
  await of.mail.runOnce()
  assert.ok(!(await of.flows.login(visit(), { email: ANN, password: 'wrong' })).ok)
  await of.mail.runOnce()
  assert.equal(of.outbox.mails().length, 1)
  assert.ok(!(await of.flows.login(visit(), { email: ANN, password: PASSWORD })).ok)
  await of.mail.runOnce()
  assert.equal(of.outbox.mails().length, 2)
})

const bad: readonly [
  what: string,
  input: { email: string; password: string; name?: string },
  code: string,
  pointer: string,
][] = [
  ['no address', { email: 'ann', password: PASSWORD }, 'register.not_an_address', '/email'],
  [
    'two addresses',
    { email: 'a@x.example,b@x.example', password: PASSWORD },
    'register.not_an_address',
    '/email',
  ],
  ['a short password', { email: ANN, password: 'short' }, 'password.too_short', '/password'],
  [
    'a password of the address',
    { email: ANN, password: 'ann@example.com1' },
    'password.context',
    '/password',
  ],
  [
    'a password of the name',
    { email: ANN, password: 'Annabel-Archer-99', name: 'Annabel Archer' },
    'password.context',
    '/password',
  ],
  [
    'a name with a line break',
    { email: ANN, password: PASSWORD, name: 'Ann\r\nBcc: x' },
    'register.name_malformed',
    '/name',
  ],
  [
    'a name like a book',
    { email: ANN, password: PASSWORD, name: 'x'.repeat(101) },
    'register.name_too_long',
    '/name',
  ],
]
for (const [what, input, code, pointer] of bad) {
  test(`refuses ${what} and says where, known address or not`, async () => {
    const of = await house()
    const unknown = await of.flows.register(visit(), input)
    await of.member(ANN)
    const known = await of.flows.register(visit(), input)
    assert.ok(!unknown.ok)
    assert.deepEqual([unknown.refusal.says, unknown.refusal.status], [code, 422])
    assert.equal(unknown.refusal.errors?.[0]?.pointer, pointer)
    assert.deepEqual(unknown, known)
  })
}

test('one address cannot make us write to hundreds of mailboxes', async () => {
  const of = await house()
  const from = visit({ address: '192.0.2.9' })
  const all = []
  for (let at = 0; at < 22; at++) {
    all.push(await of.flows.register(from, { email: `u${at}@example.com`, password: PASSWORD }))
  }
  assert.equal(all.filter(one => one.ok).length, 20)
  const last = all.at(-1)
  assert.ok(last && !last.ok)
  assert.deepEqual([last.refusal.status, last.refusal.retryAfterSeconds], [429, 300])
})
