import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { browser, noChromium } from './testing/chromium.ts'
import { PASSWORD, type Running, running } from './testing/running.ts'

const skip = noChromium
let at: Running
let chromium: Browser
/** How far the service's clock has been turned. */
let later = 0

before(async () => {
  if (skip !== false) return
  at = await running('sqlite', {}, () => Date.now() + later)
  chromium = await browser()
})
after(async () => {
  await chromium?.close()
  await at?.stop()
})

interface Person {
  readonly page: Page
  readonly devtools: CDPSession
  readonly authenticator: string
}

/** A browser with an authenticator of its own, on a page of the service. */
async function person(path = '/login'): Promise<Person> {
  const context = await chromium.newContext()
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await page.goto(at.origin + path)
  return { page, devtools, authenticator: authenticatorId }
}

/** An answer as the page saw it. */
interface Seen {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any
}

/** Runs in the page: asks our routes as the page's own script would. */
function ask(page: Page, method: string, path: string, body?: unknown): Promise<Seen> {
  return page.evaluate(`(async () => {
    const { csrfToken } = await (await fetch('/csrf-token')).json()
    const body = ${JSON.stringify(JSON.stringify(body ?? null))}
    const response = await fetch(${JSON.stringify(path)}, {
      method: '${method}',
      headers: {
        'x-csrf-token': csrfToken,
        ...(body !== 'null' && { 'content-type': 'application/json' }),
      },
      ...(body !== 'null' && { body }),
    })
    const text = await response.text()
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) }
  })()`)
}

function post(page: Page, path: string, body?: unknown): Promise<Seen> {
  return ask(page, 'POST', path, body)
}

/** Has the browser make or use a passkey by its own JSON methods. */
function ceremony(page: Page, verb: 'create' | 'get', options: unknown): Promise<Seen['json']> {
  const parse = verb === 'create' ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON'
  return page.evaluate(`(async () => {
    const publicKey = PublicKeyCredential.${parse}(${JSON.stringify(options)})
    return (await navigator.credentials.${verb}({ publicKey })).toJSON()
  })()`)
}

async function signInByPassword(page: Page, email: string): Promise<void> {
  const { status } = await post(page, '/auth/login', { email, password: PASSWORD })
  assert.equal(status, 200)
}

async function created(page: Page): Promise<unknown> {
  return ceremony(page, 'create', (await post(page, '/auth/passkeys/register/options')).json)
}

async function asserted(page: Page): Promise<Seen['json']> {
  return ceremony(page, 'get', (await post(page, '/auth/passkeys/login/options')).json)
}

async function enrolled(email: string): Promise<Person> {
  await at.signedIn(email)
  const who = await person()
  await signInByPassword(who.page, email)
  const made = await post(who.page, '/auth/passkeys/register/verify', {
    credential: await created(who.page),
    name: 'this laptop',
  })
  assert.equal(made.status, 201, JSON.stringify(made.json))
  assert.equal(made.json.name, 'this laptop')
  assert.equal((await post(who.page, '/auth/logout')).status, 204)
  return who
}

test('a passkey signs in without a name or a password, with both factors proven', {
  skip,
}, async () => {
  const { page } = await enrolled('ann@example.com')
  const answer = await post(page, '/auth/passkeys/login/verify', await asserted(page))
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  assert.equal(answer.json.user.email, 'ann@example.com')
  const me = (await ask(page, 'GET', '/auth/me')).json
  assert.deepEqual(me.session.amr, ['hwk', 'user'])
  const list = (await ask(page, 'GET', '/auth/passkeys')).json
  assert.equal(list.length, 1)
})

test('an answer is good once, and not for long', { skip }, async () => {
  const { page } = await enrolled('bob@example.com')
  const answer = await asserted(page)
  assert.equal((await post(page, '/auth/passkeys/login/verify', answer)).status, 200)
  assert.equal((await post(page, '/auth/passkeys/login/verify', answer)).status, 401, 'replayed')
})

test('an answer that was asked for in one browser signs in no other', { skip }, async () => {
  const { page } = await enrolled('bea@example.com')
  const answer = await asserted(page)
  const thief = at.client()
  assert.equal((await thief.post('/auth/passkeys/login/verify', answer)).status, 401)
  await thief.post('/auth/passkeys/login/options')
  assert.equal((await thief.post('/auth/passkeys/login/verify', answer)).status, 401)
  const asTokens = { credential: answer, transport: 'token' }
  assert.equal((await thief.post('/auth/passkeys/login/verify', asTokens)).status, 401)
  assert.equal((await post(page, '/auth/passkeys/login/verify', answer)).status, 200)
})

test('an app without cookies asks for tokens, and gets nothing else', { skip }, async () => {
  const { page } = await enrolled('amy@example.com')
  const asked = await post(page, '/auth/passkeys/login/options', { transport: 'token' })
  const credential = await ceremony(page, 'get', asked.json)
  assert.equal((await post(page, '/auth/passkeys/login/verify', { credential })).status, 401)
  const app = at.client()
  const answer = await app.post('/auth/passkeys/login/verify', { credential, transport: 'token' })
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  assert.equal(answer.json.tokenType, 'Bearer')
})

test('an answer for another origin, or with a changed signature, is refused', {
  skip,
}, async () => {
  const { page } = await enrolled('cat@example.com')
  const answer = await asserted(page)
  const data = JSON.parse(Buffer.from(answer.response.clientDataJSON, 'base64url').toString())
  const moved = Buffer.from(JSON.stringify({ ...data, origin: 'https://evil.example' }))
  const elsewhere = {
    ...answer,
    response: { ...answer.response, clientDataJSON: moved.toString('base64url') },
  }
  assert.equal((await post(page, '/auth/passkeys/login/verify', elsewhere)).status, 401)
  const again = await asserted(page)
  const signature = Buffer.from(again.response.signature, 'base64url')
  signature.writeUInt8(signature.readUInt8(signature.length - 1) ^ 1, signature.length - 1)
  again.response.signature = signature.toString('base64url')
  assert.equal((await post(page, '/auth/passkeys/login/verify', again)).status, 401)
})

test('a copy of the authenticator is found out by its counter', { skip }, async () => {
  const { page, devtools, authenticator } = await enrolled('dan@example.com')
  assert.equal((await post(page, '/auth/passkeys/login/verify', await asserted(page))).status, 200)
  const { credentials } = await devtools.send('WebAuthn.getCredentials', {
    authenticatorId: authenticator,
  })
  const [credential] = credentials
  assert.ok(credential)
  await devtools.send('WebAuthn.clearCredentials', { authenticatorId: authenticator })
  await devtools.send('WebAuthn.addCredential', {
    authenticatorId: authenticator,
    credential: { ...credential, signCount: 0 },
  })
  const answer = await post(page, '/auth/passkeys/login/verify', await asserted(page))
  assert.equal(answer.status, 401)
  await at.app.bulwark.audit?.flush()
  const [event] = (await at.app.bulwark.audit?.read({ limit: 1, code: 'passkey.cloned' })) ?? []
  assert.equal(event?.reason, 'passkey.counter_went_back')
})

test('a removed passkey is unknown, and says so that the browser may forget it', {
  skip,
}, async () => {
  const { page } = await enrolled('eve@example.com')
  await post(page, '/auth/passkeys/login/verify', await asserted(page))
  const [mine] = (await ask(page, 'GET', '/auth/passkeys')).json
  const removed = await ask(page, 'DELETE', `/auth/passkeys/${mine.id}`)
  assert.equal(removed.status, 204)
  await post(page, '/auth/logout')
  const answer = await post(page, '/auth/passkeys/login/verify', await asserted(page))
  assert.equal(answer.json.code, 'passkey.unknown')
})

/** What a sign-in that waits for its second factor is answered with by the browser's passkey. */
async function assertedFactor(page: Page): Promise<Seen['json']> {
  return ceremony(page, 'get', (await post(page, '/auth/mfa/passkey/options')).json)
}

test('who has a passkey is asked for it after the password, and is let in by it', {
  skip,
}, async () => {
  const { page } = await enrolled('gus@example.com')
  const first = await post(page, '/auth/login', { email: 'gus@example.com', password: PASSWORD })
  assert.deepEqual(first.json, { mfaRequired: true, factors: ['passkey'] })
  assert.equal((await ask(page, 'GET', '/auth/me')).status, 401)
  const answer = await assertedFactor(page)
  const { status, json } = await post(page, '/auth/mfa/passkey/verify', answer)
  assert.equal(status, 200, JSON.stringify(json))
  const { session } = (await ask(page, 'GET', '/auth/me')).json
  assert.deepEqual(session.amr, ['pwd', 'hwk', 'user'])
  assert.equal(session.aal, 'aal2')
  const again = await post(page, '/auth/mfa/passkey/verify', answer)
  assert.equal(again.json.code, 'factor.flow_over')
})

test('the passkey of one account is no second factor of another', { skip }, async () => {
  const { page } = await enrolled('hal@example.com')
  const other = await enrolled('ida@example.com')
  await post(page, '/auth/login', { email: 'ida@example.com', password: PASSWORD })
  await post(other.page, '/auth/login', { email: 'ida@example.com', password: PASSWORD })
  const { json: options } = await post(page, '/auth/mfa/passkey/options')
  // A browser would not offer it; an attacker's would.
  const foreign = await ceremony(page, 'get', { ...options, allowCredentials: [] })
  assert.equal((await post(page, '/auth/mfa/passkey/verify', foreign)).status, 401)
  // And what was asked for one sign-in finishes no other, though it is the same account's.
  const stolen = await assertedFactor(other.page)
  assert.equal((await post(page, '/auth/mfa/passkey/verify', stolen)).status, 401)
})

test('a passkey proves the identity behind a session again, the password alone does not', {
  skip,
}, async () => {
  const { page } = await enrolled('fay@example.com')
  await post(page, '/auth/passkeys/login/verify', await asserted(page))
  const before = (await ask(page, 'GET', '/auth/me')).json.session
  later += 10 * 60_000
  assert.equal((await ask(page, 'GET', '/auth/export')).json.code, 'access.step_up')
  const byPassword = await post(page, '/auth/step-up', { password: PASSWORD })
  assert.equal(byPassword.status, 403)
  assert.equal(byPassword.json.code, 'factor.needed')
  const stepped = await post(page, '/auth/passkeys/step-up', await asserted(page))
  assert.equal(stepped.status, 204, JSON.stringify(stepped.json))
  const { session } = (await ask(page, 'GET', '/auth/me')).json
  assert.deepEqual(session.amr, ['hwk', 'user'])
  assert.notEqual(session.authenticatedAt, before.authenticatedAt)
  assert.equal((await ask(page, 'GET', '/auth/export')).status, 200)
})

test('an answer that comes after its five minutes is refused', { skip }, async () => {
  const { page } = await enrolled('jon@example.com')
  const answer = await asserted(page)
  later += 5 * 60_000 + 1
  const { status, json } = await post(page, '/auth/passkeys/login/verify', answer)
  assert.equal(status, 401, JSON.stringify(json))
})

test('the sign-in page offers the passkey by itself, before anything is typed', {
  skip,
}, async () => {
  const { page } = await enrolled('kim@example.com')
  await page.goto(`${at.origin}/login`)
  await page.waitForURL(`${at.origin}/orders`)
  const { user, session } = (await ask(page, 'GET', '/auth/me')).json
  assert.equal(user.email, 'kim@example.com')
  assert.deepEqual(session.amr, ['hwk', 'user'])
})

test('after the password the page asks for the passkey, and spares the browser if told', {
  skip,
}, async () => {
  const { page, devtools, authenticator } = await enrolled('lea@example.com')
  const present = (enabled: boolean) =>
    devtools.send('WebAuthn.setAutomaticPresenceSimulation', {
      authenticatorId: authenticator,
      enabled,
    })
  const typePassword = async () => {
    await page.goto(`${at.origin}/login`)
    await page.getByLabel('E-mail').fill('lea@example.com')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  }
  // Nobody touches the key while the password is typed.
  await present(false)
  await typePassword()
  await page.getByRole('heading', { name: 'One more step' }).waitFor()
  await present(true)
  await page.getByLabel(/Not again on this device/).check()
  await page.getByRole('button', { name: 'Use your passkey' }).click()
  await page.waitForURL(`${at.origin}/orders`)
  const proven = (await ask(page, 'GET', '/auth/me')).json.session
  assert.deepEqual([proven.amr, proven.aal], [['pwd', 'hwk', 'user'], 'aal2'])
  await post(page, '/auth/logout')
  await present(false)
  await typePassword()
  await page.waitForURL(`${at.origin}/orders`)
  const spared = (await ask(page, 'GET', '/auth/me')).json.session
  assert.deepEqual([spared.amr, spared.aal], [['pwd', 'device'], 'aal1'])
})

test('a browser is told of a removed passkey, and forgets it', { skip }, async () => {
  const { page, devtools, authenticator } = await enrolled('max@example.com')
  const kept = async () =>
    (await devtools.send('WebAuthn.getCredentials', { authenticatorId: authenticator })).credentials
  await post(page, '/auth/passkeys/login/verify', await asserted(page))
  assert.equal((await kept()).length, 1)
  const [mine] = (await ask(page, 'GET', '/auth/passkeys')).json
  assert.equal((await ask(page, 'DELETE', `/auth/passkeys/${mine.id}`)).status, 204)
  const told = page.waitForResponse(`${at.origin}/auth/passkeys/signals`)
  await page.goto(`${at.origin}/account`)
  const signals = await (await told).json()
  assert.deepEqual(signals.allAcceptedCredentialIds, [])
  assert.equal(signals.rpId, 'localhost')
  await page.waitForFunction(
    "typeof PublicKeyCredential.signalAllAcceptedCredentials !== 'function' || document.readyState === 'complete'",
  )
  for (let look = 0; look < 200 && (await kept()).length > 0; look++) await page.evaluate('0')
  assert.deepEqual(await kept(), [])
})

test('a name that nobody has is offered a passkey just as well, always the same one', {
  skip,
}, async () => {
  const offered = async (email: string) =>
    (await at.client().post('/auth/passkeys/login/options', { email })).json
  const first = await offered('nobody@example.com')
  const second = await offered('nobody@example.com')
  assert.equal(first.allowCredentials.length, 1)
  assert.deepEqual(first.allowCredentials, second.allowCredentials)
  assert.notEqual(first.challenge, second.challenge)
  assert.notDeepEqual((await offered('other@example.com')).allowCredentials, first.allowCredentials)
})

test('hostile answers are refused, never a fault', { skip }, async () => {
  const client = at.client()
  const data = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { challenge } = (await client.post('/auth/passkeys/login/options')).json
  for (const body of [
    {},
    { id: 1, response: {} },
    { id: 'x', response: null },
    { id: 'x', response: { clientDataJSON: '%%%' } },
    { id: 'x', response: { clientDataJSON: data(null) } },
    { id: 'x', response: { clientDataJSON: data({ challenge: 7 }) } },
    { id: 'x', response: { clientDataJSON: data({ challenge: 'A'.repeat(43) }) } },
    { id: 'x', rawId: 'y', type: 'public-key', response: { clientDataJSON: data({ challenge }) } },
  ]) {
    const { status, text } = await client.post('/auth/passkeys/login/verify', body)
    assert.ok([400, 401, 422].includes(status), `${status} ${text}`)
  }
})
