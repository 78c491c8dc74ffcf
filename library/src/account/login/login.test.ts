import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreFault } from '../../kernel/fault.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import { cookieHeader, type House, house, PASSWORD, visit } from '../house.test.kit.ts'
import { refusals as lockoutRefusals } from '../lockout/lockout.ts'
import { refusals as gateRefusals } from './gate.ts'
import { refusals } from './login.ts'

const ANN = 'ann@example.com'

async function signIn(of: House, email: string, password: string, from = visit()) {
  return of.flows.login(from, { email, password })
}

async function signedIn(of: House, email = ANN, from = visit()) {
  const outcome = await signIn(of, email, PASSWORD, from)
  assert.ok(outcome.ok && outcome.value.kind === 'session')
  const cookies = cookieHeader(outcome.value.cookies)
  const session = await of.sessions.load(cookies)
  assert.ok(session)
  return { ...outcome.value, header: cookies, session }
}

async function reasons(of: House, code: string): Promise<(string | undefined)[]> {
  await of.logged()
  const rows = await of.stores.auditLog.read({ limit: 100, oldestFirst: true, code })
  return rows.map(row => JSON.parse(row.text).reason)
}

test('every way to fail at signing in says the same', () => {
  const { unknownAccount, ...others } = {
    ...refusals,
    ...gateRefusals,
    locked: lockoutRefusals.account,
  }
  for (const other of Object.values(others)) {
    assert.equal(other.says, unknownAccount.says, other.code)
    assert.equal(other.status, unknownAccount.status, other.code)
  }
  const codes = [unknownAccount, ...Object.values(others)].map(one => one.code)
  assert.equal(new Set(codes).size, codes.length)
})

test('the right password signs in, and the session knows how', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const { session, account } = await signedIn(of, '  ANN@Example.COM'.trim())
  assert.equal(session.accountId, id)
  assert.equal(account.id, id)
  assert.deepEqual(session.factors, [{ factor: 'pwd', at: of.clock() }])
  assert.equal(session.device, 'Firefox on Linux')
})

test('the log tells unknown, wrong, disabled and unverified apart, the client cannot', async () => {
  const of = await house()
  const bob = await of.member('bob@example.com')
  await of.member(ANN)
  await of.flows.disable({ visit: visit(), actorId: undefined }, bob)
  await of.flows.register(visit(), { email: 'new@example.com', password: PASSWORD })
  const answers = [
    await signIn(of, 'nobody@example.com', PASSWORD),
    await signIn(of, 'not an address', PASSWORD),
    await signIn(of, ANN, 'wrong'),
    await signIn(of, 'bob@example.com', PASSWORD),
    await signIn(of, 'new@example.com', PASSWORD),
  ]
  for (const answer of answers) {
    assert.ok(!answer.ok)
    assert.equal(answer.refusal.says, 'login.failed')
    assert.deepEqual(Object.keys(answer.refusal).sort(), ['code', 'says', 'status'])
  }
  assert.deepEqual(await reasons(of, 'login.refused'), [
    'login.unknown_account',
    'login.unknown_account',
    'login.wrong_password',
    'login.disabled',
    'login.unverified',
  ])
})

test('a failure is answered when its time is up, a success at once', async () => {
  const of = await house()
  await of.member(ANN)
  of.waits.length = 0
  let let_in: (() => void) | undefined
  const gate = new Promise<void>(resolve => {
    let_in = resolve
  })
  const slow = await house({}, { stores: of.stores, wait: () => gate })
  slow.clock.set(of.clock())
  assert.ok((await signIn(slow, ANN, PASSWORD)).ok)
  let answered = false
  const failing = signIn(slow, ANN, 'wrong').then(outcome => {
    answered = true
    return outcome
  })
  await new Promise(resolve => setTimeout(resolve, 150))
  assert.equal(answered, false)
  let_in?.()
  assert.equal((await failing).ok, false)
})

test('G05: ten wrong passwords from ten addresses lock the account, and the owner’s known device still gets in', async () => {
  const of = await house()
  await of.member(ANN)
  const first = await signedIn(of)
  for (let guess = 0; guess < 10; guess++) await signIn(of, ANN, `guess ${guess}`)
  const stranger = await signIn(of, ANN, PASSWORD)
  assert.ok(!stranger.ok)
  assert.equal(stranger.refusal.code, 'login.locked')
  const owner = await signIn(of, ANN, PASSWORD, visit({}, first.header))
  assert.ok(owner.ok)
})

test('an owner on a strange machine gets in by the link of the mail about the guessing', async () => {
  const of = await house()
  await of.member(ANN)
  for (let guess = 0; guess < 10; guess++) await signIn(of, ANN, `guess ${guess}`)
  assert.ok(!(await signIn(of, ANN, PASSWORD)).ok)
  const mail = await of.mailTo(ANN)
  assert.match(mail?.subject ?? '', /guessing/)
  assert.ok((await of.flows.unlockByLink(visit(), { token: mail?.token ?? '' })).ok)
  assert.ok((await signIn(of, ANN, PASSWORD)).ok)
  const again = await of.flows.unlockByLink(visit(), { token: mail?.token ?? '' })
  assert.ok(!again.ok && again.refusal.says === 'link.invalid')
})

test('the device cookie of one account is nothing to another', async () => {
  const of = await house()
  await of.member(ANN)
  await of.member('bob@example.com')
  const bob = await signedIn(of, 'bob@example.com')
  for (let guess = 0; guess < 6; guess++) await signIn(of, ANN, 'guess', visit({}, bob.header))
  const tried = await signIn(of, ANN, PASSWORD, visit({}, bob.header))
  assert.ok(!tried.ok && tried.refusal.code === 'login.locked')
})

test('one browser may be known to two accounts, and neither cookie tells of the other', async () => {
  const of = await house()
  await of.member(ANN)
  await of.member('bob@example.com')
  const ann = await signedIn(of)
  const bob = await signedIn(of, 'bob@example.com', visit({}, ann.header))
  for (let guess = 0; guess < 6; guess++) await signIn(of, ANN, 'guess')
  for (let guess = 0; guess < 6; guess++) await signIn(of, 'bob@example.com', 'guess')
  await signedIn(of, ANN, visit({}, bob.header))
  await signedIn(of, 'bob@example.com', visit({}, bob.header))
})

test('a browser that was away for a year is new again, and told to the owner', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const first = await signedIn(of)
  of.clock.advance(365 * 86_400_000)
  const later = await signedIn(of, ANN, visit({}, first.header))
  assert.match((await of.mailTo(ANN))?.subject ?? '', /New sign-in/)
  assert.equal((await of.flows.devices(id)).length, 2)
  const before = of.outbox.mails().length
  await signedIn(of, ANN, visit({}, later.header))
  await of.mail.runOnce()
  assert.equal(of.outbox.mails().length, before)
})

test('a new device is told to the owner by mail, a known one is not', async () => {
  const of = await house()
  await of.member(ANN)
  const first = await signedIn(of)
  assert.doesNotMatch((await of.mailTo(ANN))?.subject ?? '', /New sign-in/)
  await signedIn(of, ANN, visit({ device: 'Safari on iPhone', address: '203.0.113.9' }))
  const mail = await of.mailTo(ANN)
  assert.match(mail?.subject ?? '', /New sign-in/)
  assert.match(mail?.text ?? '', /Safari on iPhone/)
  assert.match(mail?.text ?? '', /203\.0\.113\.9/)
  const before = of.outbox.mails().length
  await signedIn(of, ANN, visit({}, first.header))
  await of.mail.runOnce()
  assert.equal(of.outbox.mails().length, before)
  const devices = await of.flows.devices(first.session.accountId)
  assert.deepEqual(devices.map(one => one.device).sort(), ['Firefox on Linux', 'Safari on iPhone'])
  const forgotten = devices.find(one => one.device === 'Safari on iPhone')?.id ?? ''
  assert.ok((await of.flows.forgetDevice(visit(), first.session, forgotten)).ok)
  assert.ok(!(await of.flows.forgetDevice(visit(), first.session, forgotten)).ok)
})

test('a script that signs in a hundred times without cookies fills no store', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const { passwords } = of.flows.ground
  passwords.verify = async () => ({ ok: true, value: { matches: true, outdated: false } })
  for (let day = 0; day < 100; day++) {
    assert.ok((await signIn(of, ANN, PASSWORD)).ok)
    of.clock.advance(3_600_000)
  }
  const devices = await of.flows.devices(id)
  assert.equal(devices.length, 20)
  assert.ok(devices.every(one => of.clock() - one.lastUsedAt <= 20 * 3_600_000))
})

test('a sign-in renews an outdated hash, and a parallel one does not undo it', async () => {
  const of = await house()
  const id = await of.member(ANN, 'U*U is a fine password')
  const account = await of.stores.accounts.byId(id)
  assert.ok(account)
  const bcrypt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  await of.stores.accounts.update(id, account.version, { passwordHash: bcrypt })
  const both = await Promise.all([signIn(of, ANN, 'U*U'), signIn(of, ANN, 'U*U')])
  assert.deepEqual(
    both.map(one => one.ok),
    [true, true],
  )
  const renewed = (await of.stores.accounts.byId(id))?.passwordHash
  assert.match(renewed ?? '', /^\$argon2id\$/)
  assert.ok((await signIn(of, ANN, 'U*U')).ok)
})

test('a password changed while somebody signs in with the old one wins', async () => {
  const of = await house()
  const id = await of.member(ANN)
  const { passwords } = of.flows.ground
  const verify = passwords.verify.bind(passwords)
  passwords.verify = async (password, stored) => {
    const verdict = await verify(password, stored)
    const account = await of.stores.accounts.byId(id)
    if (account) {
      await of.stores.accounts.update(
        id,
        account.version,
        { passwordChangedAt: of.clock() + 1 },
        { endSessions: 'all' },
      )
    }
    return verdict
  }
  const late = await signIn(of, ANN, PASSWORD)
  assert.ok(!late.ok && late.refusal.code === 'login.overtaken')
  assert.deepEqual(await of.sessions.list(id), [])
})

test('who owes a second factor gets a flow, and no session', async () => {
  const of = await house({}, { secondFactors: async () => ['totp'] })
  const id = await of.member(ANN)
  const outcome = await signIn(of, ANN, PASSWORD)
  assert.ok(outcome.ok && outcome.value.kind === 'factor')
  assert.deepEqual(outcome.value.factors, ['totp'])
  assert.match(
    outcome.value.cookies.join(),
    /^__Host-flow=[\w-]{43}; Max-Age=300;.*SameSite=Strict$/,
  )
  assert.equal(await of.sessions.load(cookieHeader(outcome.value.cookies)), undefined)
  assert.deepEqual(await of.sessions.list(id), [])
})

test('a client that takes tokens gets no cookie but the device’s', async () => {
  const of = await house()
  await of.member(ANN)
  const outcome = await of.flows.login(visit(), {
    email: ANN,
    password: PASSWORD,
    transport: 'token',
  })
  assert.ok(outcome.ok && outcome.value.kind === 'proven')
  assert.deepEqual(
    outcome.value.cookies.map(one => one.split('=')[0]),
    ['__Host-device'],
  )
})

test('signing out ends this session, everywhere ends all', async () => {
  const of = await house()
  await of.member(ANN)
  const [one, two, three] = [await signedIn(of), await signedIn(of), await signedIn(of)]
  const cookies = await of.flows.logout(visit(), one.session)
  assert.match(cookies.join(), /^__Host-session=; Max-Age=0/)
  assert.equal(await of.sessions.load(one.header), undefined)
  assert.ok(await of.sessions.load(two.header))
  assert.ok((await of.flows.revokeSession(visit(), two.session, three.session.id)).ok)
  assert.equal(await of.sessions.load(three.header), undefined)
  const foreign = await of.flows.revokeSession(visit(), two.session, three.session.id)
  assert.ok(!foreign.ok && foreign.refusal.status === 404)
  await of.flows.logoutAll(visit(), two.session)
  assert.equal(await of.sessions.load(two.header), undefined)
})

test('a full hashing queue is told as such, and costs nobody an attempt', async () => {
  const full = {
    ok: false,
    refusal: { code: 'admission.full', says: 'limits.busy', status: 503 },
  } as const
  const of = await house()
  await of.member(ANN)
  const { passwords } = of.flows.ground
  const verify = passwords.verify
  passwords.verify = async () => full
  for (let tried = 0; tried < 20; tried++) {
    const answer = await signIn(of, ANN, PASSWORD, visit({ address: '192.0.2.1' }))
    assert.ok(!answer.ok && answer.refusal.status === 503)
  }
  passwords.verify = verify
  assert.ok((await signIn(of, ANN, PASSWORD)).ok)
})

test('G08: with the counters out of reach the limit goes on, nobody meets a 500, and the log knows', async () => {
  const stores = memoryStores()
  const down = async (): Promise<never> => {
    throw new StoreFault('counters.reserve', new Error('connection refused'))
  }
  const { counters } = stores
  const broken = { ...counters, hit: down, reserve: down, forgive: down, peek: down }
  const of = await house({}, { stores: { ...stores, counters: broken } })
  const made = await of.flows.createAccount(
    { visit: visit(), actorId: undefined },
    { email: ANN, password: PASSWORD, verified: true },
  )
  assert.ok(made.ok)
  assert.ok((await signIn(of, ANN, PASSWORD)).ok)
  const { passwords } = of.flows.ground
  const verify = passwords.verify.bind(passwords)
  let hashed = 0
  passwords.verify = (password, stored) => {
    hashed++
    return verify(password, stored)
  }
  const all = await Promise.all(Array.from({ length: 50 }, (_, at) => signIn(of, ANN, `${at}`)))
  assert.ok(all.every(one => !one.ok && one.refusal.status === 401))
  assert.equal(hashed, 5)
  assert.deepEqual(await reasons(of, 'system.faulted'), ['lockout.local'])
})
