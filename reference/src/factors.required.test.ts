import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { require } from 'bulwark/access'
import { bulwark } from 'bulwark/fastify'
import { memoryStores } from 'bulwark/memory'
import Fastify from 'fastify'
import { Client } from './testing/browserless.ts'
import { freePort, PASSWORD } from './testing/running.ts'

// A service of its own, in which second factors are asked of roles.
const DAY = 86_400_000
let now = Date.now()
const port = await freePort()
const origin = `http://localhost:${port}`
const app = Fastify()
await app.register(bulwark, {
  mode: 'development',
  origin,
  stores: memoryStores(),
  clock: () => now,
  account: {
    factors: { required: { roles: ['staff', 'chief'], graceDays: 10 } },
    passkeys: { relatedOrigins: ['https://shop.example.de'] },
  },
  access: { roles: { chief: require({ factor: 'totp', within: '1h' }) } },
})
const mine = { config: { access: { signedIn: true } } } as const
app.get('/mine', mine, async () => ({ ok: true }))
app.get('/hello', { config: { access: { public: true } } }, async request => ({
  signedIn: request.exchange.signedIn,
}))
app.post(
  '/payout',
  { config: { access: require({ factor: 'second', within: '5m' }) } },
  async () => ({ ok: true }),
)
await app.listen({ host: '127.0.0.1', port })
after(() => app.close())
const { account } = app.bulwark
assert.ok(account !== undefined)
const request = { id: 'r', method: 'POST', route: '/', address: '127.0.0.1', device: 'x' }
const by = { visit: { request, cookies: undefined }, actorId: undefined }

async function member(name: string, role: string, password: string | undefined = PASSWORD) {
  const email = `${name}@example.com`
  const made = await account?.createAccount(by, { email, password, role, verified: true } as never)
  assert.ok(made?.ok)
  return { email, id: made.value.id }
}
async function enter(email: string) {
  const person = new Client(origin)
  return { person, answer: await person.post('/auth/login', { email, password: PASSWORD }) }
}
/** Sets an app up; answers its secret. */
async function enrol(person: Client): Promise<string> {
  const { secret } = (await person.post('/auth/mfa/setup')).json
  const code = codeOf(secret)
  const done = await person.post('/auth/mfa/verify-setup', { code })
  assert.equal(done.status, 200, done.text)
  now += 30_000
  return secret
}
const { totpCode } = await import(
  new URL('../../library/src/account/totp/code.ts', import.meta.url).href
)
const { fromBase32 } = await import(
  new URL('../../library/src/account/totp/base32.ts', import.meta.url).href
)
const codeOf = (secret: string): string => totpCode(fromBase32(secret), Math.floor(now / 30_000))

test('in the days of grace people are told, and after them a session is good for enrolling only', async () => {
  const { email } = await member('ann', 'staff')
  const first = await enter(email)
  const by = new Date(now + 10 * DAY).toISOString()
  assert.deepEqual(first.answer.json.enrolment, { by, overdue: false })
  assert.equal((await first.person.get('/mine')).status, 200)
  assert.deepEqual((await first.person.get('/auth/mfa')).json.enrolment, { by, overdue: false })
  now += 9 * DAY
  const again = await enter(email)
  assert.deepEqual(again.answer.json.enrolment, { by, overdue: false }, 'the grace began once')
  now += DAY
  const { person, answer } = await enter(email)
  assert.deepEqual(answer.json.enrolment, { by, overdue: true })
  const tried: (readonly [string, string])[] = [
    ['GET', '/mine'],
    ['POST', '/payout'],
    ...app.bulwark.endpoints
      .filter(({ policy }) => 'signedIn' in (policy.access ?? {}))
      .filter(({ policy }) => policy.access?.enrolling !== true)
      .map(({ method, path }) => [method, path.replace(/:\w+/, person.origin)] as const),
  ]
  assert.ok(tried.length > 12)
  for (const [method, path] of tried) {
    const { status, json } = await person.send(method, path.replace(person.origin, 'x'))
    // What the request itself lacks is said first; nothing is ever done.
    assert.ok([400, 403].includes(status), `${method} ${path} ${status}`)
    if (status === 403) assert.equal(json.code, 'factor.enrolment_required', path)
  }
  assert.deepEqual((await person.get('/hello')).json, { signedIn: false }, 'nobody, where all may')
  assert.equal((await person.get('/auth/me')).status, 200)
  await enrol(person)
  assert.equal((await person.get('/mine')).status, 200, 'and then it is good for everything')
  const { json } = await person.send('DELETE', '/auth/mfa/totp')
  assert.equal(json.code, 'factor.last_required')
})

test('an overdue session may still be left', async () => {
  const { email } = await member('bob', 'staff')
  await enter(email)
  now += 10 * DAY
  const { person } = await enter(email)
  assert.equal((await person.get('/mine')).status, 403)
  assert.equal((await person.post('/auth/logout')).status, 204)
  assert.equal((await person.get('/auth/me')).status, 401)
})

test('a session and tokens that began in the grace are confined when it ends', async () => {
  const { email } = await member('cat', 'staff')
  const { person } = await enter(email)
  const body = { email, password: PASSWORD, transport: 'token' }
  const tokens = (await new Client(origin).post('/auth/login', body)).json
  for (let day = 0; day < 10; day++) {
    now += DAY - 60_000
    tokens.refreshToken = (
      await new Client(origin).post('/auth/refresh', { refreshToken: tokens.refreshToken })
    ).json.refreshToken
  }
  now += 600_000 + 60_000
  const renewed = (
    await new Client(origin).post('/auth/refresh', { refreshToken: tokens.refreshToken })
  ).json
  const headers = { authorization: `Bearer ${renewed.accessToken}` }
  const seen = await new Client(origin).send('GET', '/mine', undefined, headers)
  assert.equal(seen.json.code, 'factor.enrolment_required')
  assert.ok([401, 403].includes((await person.get('/mine')).status))
  assert.equal((await new Client(origin).post('/auth/login', body)).status, 403)
})

test('who has no password sets an app up all the same', async () => {
  const { email, id } = await member('dan', 'staff', undefined)
  const { sessions, stores } = app.bulwark
  const user = await stores.accounts.byId(id)
  assert.ok(user !== undefined && sessions !== undefined)
  const factors = [{ factor: 'fed', at: now }]
  const issued = await sessions.start(user, { factors, address: '', device: '' })
  const person = new Client(origin)
  const cookie = issued.cookie.split(';')[0] ?? ''
  const send = async (method: string, path: string, body?: unknown) => {
    const token = (await person.send('GET', '/csrf-token', undefined, { cookie })).json.csrfToken
    return person.send(method, path, body, { cookie, 'x-csrf-token': token })
  }
  const { secret } = (await send('POST', '/auth/mfa/setup')).json
  const done = await send('POST', '/auth/mfa/verify-setup', { code: codeOf(secret) })
  assert.equal(done.status, 200, done.text)
  assert.equal(done.json.backupCodes.length, 10)
  assert.equal(email, 'dan@example.com')
})

test('a route asks for a factor of the last minutes, and takes it by a step-up', async () => {
  const { email } = await member('eve', 'user')
  const { person, answer } = await enter(email)
  assert.equal(answer.json.enrolment, undefined, 'nothing is asked of this role')
  assert.equal((await person.post('/payout')).json.code, 'access.step_up')
  const secret = await enrol(person)
  assert.equal((await person.post('/payout')).status, 200)
  now += 6 * 60_000
  assert.equal((await person.post('/payout')).json.code, 'access.step_up')
  const byPassword = await person.post('/auth/step-up', { password: PASSWORD })
  assert.equal(byPassword.json.code, 'factor.needed')
  const byCode = await person.post('/auth/step-up', { factor: 'totp', code: codeOf(secret) })
  assert.equal(byCode.status, 204, byCode.text)
  assert.equal((await person.post('/payout')).status, 200)
  const [session] = (await person.get('/auth/sessions')).json
  assert.deepEqual([session.amr, session.aal], [['pwd', 'otp'], 'aal2'])
})

test('what a role must have proven is asked for on every route but those where it is proven', async () => {
  const { email } = await member('fay', 'chief')
  const { person } = await enter(email)
  assert.equal((await person.get('/mine')).json.code, 'access.step_up')
  assert.equal((await person.get('/auth/sessions')).json.code, 'access.step_up')
  assert.equal((await person.get('/auth/me')).status, 200)
  const secret = await enrol(person)
  assert.equal((await person.get('/mine')).status, 200)
  for (let past = 0; past < 4; past++) {
    now += 16 * 60_000
    await person.get('/auth/me')
  }
  assert.equal((await person.get('/mine')).json.code, 'access.step_up')
  const stepped = await person.post('/auth/step-up', { factor: 'totp', code: codeOf(secret) })
  assert.equal(stepped.status, 204, stepped.text)
  assert.equal((await person.get('/mine')).status, 200)
})

test('related origins are listed where browsers look for them', async () => {
  const { status, json, headers } = await new Client(origin).get('/.well-known/webauthn')
  assert.equal(status, 200)
  assert.deepEqual(json, { origins: ['https://shop.example.de'] })
  assert.match(headers.get('content-type') ?? '', /^application\/json/)
})

test('an option that makes no sense stops the start', async () => {
  const wrong: readonly object[] = [
    { factors: { trustDays: 365 } },
    { factors: { recoveryHours: 0 } },
    { factors: { required: { roles: [] } } },
    { factors: { required: { grace: 3 } } },
    { factors: { otherSessions: 'maybe' } },
    { passkeys: { relyingParty: 'elsewhere.example' } },
    { passkeys: { relatedOrigins: ['http://shop.example.de'] } },
    { passkeys: { relatedOrigins: ['https://shop.example.de/path'] } },
  ]
  for (const options of wrong) {
    const other = Fastify()
    const given = { mode: 'development', origin, account: options } as const
    await assert.rejects(
      async () => other.register(bulwark, given as never),
      { name: 'ConfigFault' },
      JSON.stringify(options),
    )
    await other.close().catch(() => undefined)
  }
})
