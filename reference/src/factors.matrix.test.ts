import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Answer, Client } from './testing/browserless.ts'
import { appCode } from './testing/factor.ts'
import { type IdentityProvider, identityProvider } from './testing/identity-provider.ts'
import { freePort, PASSWORD, type Running, running } from './testing/running.ts'

interface Key {
  create(options: unknown): object
  get(options: unknown): object
}
/** The library's own software passkey; no published face of it, so it is not imported by a name. */
const { testAuthenticator } = (await import(
  new URL('../../library/src/testing/authenticator.ts', import.meta.url).href
)) as { testAuthenticator: (origin: string) => Key }

// Every way in, in every state of second factors. The rule over all: a session says what was proven in
// it and no more, and where a factor is owed there is no session.

type State = 'none' | 'totp' | 'passkey' | 'both' | 'backup-only' | 'grace' | 'overdue'
const STATES: readonly State[] = [
  'none',
  'totp',
  'passkey',
  'both',
  'backup-only',
  'grace',
  'overdue',
]
const OWED: Readonly<Record<State, readonly string[]>> = {
  none: [],
  totp: ['totp', 'backup-code'],
  passkey: ['passkey'],
  both: ['passkey', 'totp', 'backup-code'],
  'backup-only': ['backup-code'],
  grace: [],
  overdue: [],
}
const DAY = 86_400_000
/** What RFC 8176's words come to, said once more and apart from the library. */
function levelOf(amr: readonly string[]): string {
  const first = amr.includes('pwd') || amr.includes('fed')
  const second = amr.some(word => ['otp', 'hwk', 'recovery'].includes(word))
  return (first && second) || (amr.includes('hwk') && amr.includes('user')) ? 'aal2' : 'aal1'
}

interface Person {
  readonly email: string
  readonly id: string
  secret: string
  codes: string[]
  key: Key | undefined
}

describe('every way in, in every state of second factors', () => {
  let of: Running
  let provider: IdentityProvider
  let now = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-matrix-'))
  const people = new Map<State, Person>()

  before(async () => {
    const port = await freePort()
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', use: 'sig' }
    provider = await identityProvider(`http://localhost:${port}/auth/social/idp/callback`, jwk)
    const file = join(folder, 'social.json')
    const client = { clientId: 'bulwark', clientSecret: 'a secret between us two' }
    writeFileSync(file, JSON.stringify([{ ...client, id: 'idp', issuer: provider.issuer }]))
    const settings = { PORT: String(port), BULWARK_SOCIAL: file }
    of = await running('memory', settings, () => now)
    // Who is overdue began the grace long ago.
    for (const state of [...STATES].reverse()) {
      people.set(state, await inState(state))
      if (state === 'overdue') now += 15 * DAY
    }
  })
  after(async () => {
    await of.stop()
    await provider.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const throughProvider = async (person: Client, location: string): Promise<Answer> => {
    const back = await provider.visit(location)
    return person.get(back.pathname + back.search)
  }

  async function inState(state: State): Promise<Person> {
    const email = `${state}@example.com`
    const browser = await of.signedIn(email)
    const { user } = (await browser.get('/auth/me')).json
    const made: Person = { email, id: user.id, secret: '', codes: [], key: undefined }
    provider.person = { sub: state }
    const { json } = await browser.post('/auth/social/idp/link')
    assert.equal((await throughProvider(browser, json.location)).status, 303)
    if (state === 'totp' || state === 'both' || state === 'backup-only') {
      made.secret = (await browser.post('/auth/mfa/setup')).json.secret
      const code = appCode(made.secret, now)
      const set = await browser.post('/auth/mfa/verify-setup', { code })
      assert.equal(set.status, 200, set.text)
      made.codes = set.json.backupCodes
      now += 30_000
    }
    if (state === 'passkey' || state === 'both') {
      made.key = testAuthenticator(of.origin)
      const options = (await browser.post('/auth/passkeys/register/options')).json
      const kept = await browser.post('/auth/passkeys/register/verify', made.key.create(options))
      assert.equal(kept.status, 201, kept.text)
    }
    if (state === 'backup-only') {
      // Nobody gets here by the front door; a restored backup or an import may.
      await of.app.bulwark.stores.credentials.removeKind(made.id, 'totp')
    }
    if (state === 'grace' || state === 'overdue') {
      const by = { visit: { request: SOMEBODY, cookies: undefined }, actorId: undefined }
      assert.ok((await of.app.bulwark.account?.setRole(by, made.id, 'admin'))?.ok)
      await of.client().post('/auth/login', { email, password: PASSWORD })
    }
    return made
  }

  const person = (state: State): Person => {
    const found = people.get(state)
    assert.ok(found !== undefined)
    return found
  }

  /** A session that proved `amr` and nothing else, as far as the state lets it go. */
  async function assertProved(browser: Client, amr: readonly string[], state: State) {
    const me = await browser.get('/auth/me')
    assert.equal(me.status, 200, me.text)
    assertFactors(me.json.session, amr)
    const orders = await browser.get('/api/orders')
    if (state === 'overdue' && !amr.includes('hwk') && !amr.includes('otp')) {
      assert.equal(orders.status, 403)
      assert.equal(orders.json.code, 'factor.enrolment_required')
      assert.equal(me.json.session.enrolment.overdue, true)
    } else assert.equal(orders.status, 200, orders.text)
    if (state === 'grace') assert.equal(me.json.session.enrolment.overdue, false)
  }

  function assertFactors(session: { amr: string[]; aal: string }, amr: readonly string[]) {
    assert.deepEqual(session.amr, amr)
    assert.equal(session.aal, levelOf(amr))
  }

  async function assertNobody(browser: Client) {
    assert.equal((await browser.get('/auth/me')).status, 401)
    assert.equal((await browser.get('/api/orders')).status, 401)
  }

  /** After a first factor: nobody yet where one is owed, and then what both proved together. */
  async function assertFirst(
    browser: Client,
    state: State,
    amr: readonly string[],
    asked: readonly string[] | undefined,
  ) {
    if (OWED[state].length === 0) return assertProved(browser, amr, state)
    if (asked !== undefined) assert.deepEqual(asked, OWED[state])
    await assertNobody(browser)
    for (const factor of ['totp', 'backup-code'] as const) {
      const code = factor === 'totp' ? '000000' : 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA'
      const wrong = await browser.post('/auth/mfa/verify', { factor, code })
      assert.equal(wrong.status, 401, wrong.text)
    }
    await assertNobody(browser)
    const word = await second(browser, person(state))
    return assertProved(browser, [...amr, ...word], state)
  }

  /** Finishes a sign-in by the best factor of its person. */
  async function second(browser: Client, who: Person): Promise<readonly string[]> {
    if (who.key !== undefined) {
      const options = await browser.post('/auth/mfa/passkey/options')
      const done = await browser.post('/auth/mfa/passkey/verify', who.key.get(options.json))
      assert.equal(done.status, 200, done.text)
      return ['hwk', 'user']
    }
    now += 30_000
    const app = who.secret !== '' && OWED.totp.length > 0 && !who.email.startsWith('backup')
    const proof = app
      ? { factor: 'totp', code: appCode(who.secret, now) }
      : { factor: 'backup-code', code: who.codes.pop() ?? '' }
    const done = await browser.post('/auth/mfa/verify', proof)
    assert.equal(done.status, 200, done.text)
    return [app ? 'otp' : 'recovery']
  }

  async function bearerSession(accessToken: string) {
    const headers = { authorization: `Bearer ${accessToken}` }
    return of.client().send('GET', '/auth/me', undefined, headers)
  }

  /** Signs in for tokens, with whatever is owed. */
  async function tokensOf(who: Person): Promise<{ first: Answer; pair: Answer | undefined }> {
    const browser = of.client()
    const body = { email: who.email, password: PASSWORD, transport: 'token' }
    const first = await browser.post('/auth/login', body)
    if (first.json.mfaRequired !== true) return { first, pair: first }
    const { mfaToken } = first.json
    if (who.key !== undefined) {
      const { json: options } = await browser.post('/auth/mfa/passkey/options', { mfaToken })
      const answer = { credential: who.key.get(options), mfaToken }
      return { first, pair: await browser.post('/auth/mfa/passkey/verify', answer) }
    }
    now += 30_000
    const proof = who.email.startsWith('totp')
      ? { factor: 'totp', code: appCode(who.secret, now) }
      : { factor: 'backup-code', code: who.codes.pop() ?? '' }
    return { first, pair: await browser.post('/auth/mfa/verify', { ...proof, mfaToken }) }
  }

  const amrOf = (state: State): readonly string[] => {
    if (state === 'passkey' || state === 'both') return ['pwd', 'hwk', 'user']
    if (state === 'totp') return ['pwd', 'otp']
    return state === 'backup-only' ? ['pwd', 'recovery'] : ['pwd']
  }

  for (const state of STATES) {
    test(`by password, with ${state}`, async () => {
      const browser = of.client()
      const { json } = await browser.post('/auth/login', {
        email: person(state).email,
        password: PASSWORD,
      })
      await assertFirst(browser, state, ['pwd'], json.factors)
    })

    test(`by an identity provider, with ${state}`, async () => {
      const browser = of.client()
      provider.person = { sub: state }
      const { headers } = await browser.get('/auth/social/idp/start')
      const back = await throughProvider(browser, headers.get('location') ?? '')
      assert.equal(back.status, 303)
      await assertFirst(browser, state, ['fed'], undefined)
    })

    test(`by a passkey alone, with ${state}`, async () => {
      const browser = of.client()
      const { json: options } = await browser.post('/auth/passkeys/login/options')
      const { key } = person(state)
      const answer = (key ?? testAuthenticator(of.origin)).get(options)
      const { status } = await browser.post('/auth/passkeys/login/verify', answer)
      assert.equal(status, key === undefined ? 401 : 200)
      if (key === undefined) await assertNobody(browser)
      else await assertProved(browser, ['hwk', 'user'], state)
    })

    test(`by tokens, and by refreshing them, with ${state}`, async () => {
      const { first, pair } = await tokensOf(person(state))
      if (state === 'overdue') {
        assert.equal(first.status, 403)
        assert.equal(first.json.code, 'factor.enrolment_required')
        return
      }
      assert.deepEqual(first.json.factors ?? [], OWED[state])
      assert.equal(first.json.accessToken === undefined, OWED[state].length > 0)
      let { json } = pair as Answer
      for (let round = 0; round < 2; round++) {
        const me = await bearerSession(json.accessToken)
        assert.equal(me.status, 200, me.text)
        assertFactors(me.json.session, amrOf(state))
        const { refreshToken } = json
        json = (await of.client().post('/auth/refresh', { refreshToken })).json
      }
    })

    test(`by a change of address, with ${state}`, async () => {
      const who = person(state)
      const browser = of.client()
      await browser.post('/auth/login', { email: who.email, password: PASSWORD })
      if (OWED[state].length > 0) await second(browser, who)
      const moved = `moved-${who.email}`
      const asked = await browser.post('/auth/change-email', { email: moved })
      assert.equal(asked.status, state === 'overdue' ? 403 : 202, asked.text)
      if (state === 'overdue') return
      const stranger = of.client()
      const token = await of.mailedToken(moved)
      assert.equal((await stranger.post('/auth/confirm-email', { token })).status, 204)
      assert.equal(stranger.cookies, '')
      await assertProved(browser, amrOf(state), state)
      const again = of.client()
      const login = await again.post('/auth/login', { email: moved, password: PASSWORD })
      assert.deepEqual(login.json.factors ?? [], OWED[state])
      // And back, by the link in the old mailbox: it ends every session and starts none.
      const undo = await of.mailedToken(who.email)
      assert.equal((await stranger.post('/auth/undo-email', { token: undo })).status, 204)
      assert.equal(stranger.cookies, '')
      await assertNobody(browser)
    })

    test(`by a reset, with ${state}`, async () => {
      const { email } = person(state)
      const browser = of.client()
      await browser.post('/auth/forgot-password', { email })
      const token = await of.mailedToken(email)
      const reset = await browser.post('/auth/reset-password', { token, password: PASSWORD })
      assert.equal(reset.status, 204, reset.text)
      assert.equal(browser.cookies, '')
      await assertNobody(browser)
      const login = await browser.post('/auth/login', { email, password: PASSWORD })
      await assertFirst(browser, state, ['pwd'], login.json.factors)
    })
  }

  for (const state of ['totp', 'both'] as const) {
    test(`by a trusted browser, with ${state}`, async () => {
      const who = person(state)
      const browser = of.client()
      await browser.post('/auth/login', { email: who.email, password: PASSWORD })
      now += 30_000
      const code = appCode(who.secret, now)
      const proof = { factor: 'totp', code, rememberDevice: true }
      assert.equal((await browser.post('/auth/mfa/verify', proof)).status, 200)
      await browser.post('/auth/logout')
      await browser.post('/auth/login', { email: who.email, password: PASSWORD })
      await assertProved(browser, ['pwd', 'device'], state)
      for (const [method, path] of [
        ['GET', '/auth/export'],
        ['DELETE', '/auth/mfa/totp'],
        ['POST', '/auth/mfa/backup-codes'],
        ['DELETE', '/auth/account'],
      ] as const) {
        const { json } = await browser.send(method, path)
        assert.equal(json.code, 'access.step_up', path)
      }
      const byPassword = await browser.post('/auth/step-up', { password: PASSWORD })
      assert.equal(byPassword.json.code, 'factor.needed')
    })
  }

  // Last, because afterwards the factors are gone.
  for (const state of STATES) {
    test(`by a recovery, with ${state}`, async () => {
      const { email } = person(state)
      const browser = of.client()
      await browser.post('/auth/login', { email, password: PASSWORD })
      const asked = await browser.post('/auth/mfa/recovery')
      if (OWED[state].length === 0) {
        assert.equal(asked.status, 401, 'where nothing is owed there is nothing to give up')
        return
      }
      assert.equal(asked.status, 202, asked.text)
      await assertNobody(browser)
      now += 72 * 3_600_000
      await of.app.bulwark.factors?.recovery.sweep()
      const token = await recoveryToken(email)
      const stranger = of.client()
      assert.equal((await stranger.post('/auth/mfa/recovery/complete', { token })).status, 204)
      assert.equal(stranger.cookies, '')
      await assertNobody(browser)
      await assertNobody(stranger)
      const again = await stranger.post('/auth/login', { email, password: PASSWORD })
      assert.equal(again.json.mfaRequired, undefined)
      await assertProved(stranger, ['pwd'], 'none')
    })
  }

  async function recoveryToken(email: string): Promise<string> {
    for (let turn = 0; turn < 200; turn++) {
      const mails = (await of.client().get('/dev/outbox')).json as { to: string; text: string }[]
      const mail = mails.findLast(
        ({ to, text }) => to === email && text.includes('/recover#token='),
      )
      const token = mail && /\/recover#token=([\w-]+)/.exec(mail.text)?.[1]
      if (token !== undefined) return token
    }
    throw new Error(`no last link for ${email}`)
  }

  test('there is no way in by a mailed link, and no other than those above', () => {
    const ways = of.app.bulwark.endpoints
      .filter(({ policy, method }) => method === 'POST' && 'public' in (policy.access ?? {}))
      .map(({ path }) => path)
      .filter(path => path.startsWith('/auth/'))
    assert.deepEqual(ways.toSorted(), [
      '/auth/confirm-email',
      '/auth/forgot-password',
      '/auth/keep-account',
      '/auth/login',
      '/auth/mfa/passkey/options',
      '/auth/mfa/passkey/verify',
      '/auth/mfa/recovery',
      '/auth/mfa/recovery/cancel',
      '/auth/mfa/recovery/complete',
      '/auth/mfa/verify',
      '/auth/passkeys/login/options',
      '/auth/passkeys/login/verify',
      '/auth/refresh',
      '/auth/register',
      '/auth/resend-verification',
      '/auth/reset-password',
      '/auth/undo-email',
      '/auth/unlock',
      '/auth/verify-email',
    ])
  })
})

const SOMEBODY = { id: 'r', method: 'POST', route: '/', address: '127.0.0.1', device: 'x' }
