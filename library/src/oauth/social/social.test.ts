import assert from 'node:assert/strict'
import { after, afterEach, before, mock, test } from 'node:test'
import { type TestClock, testClock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { deriveKeys } from '../../kernel/keys.ts'
import { systemRandom } from '../../kernel/random.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import { judgedProvider } from './options.ts'
import { type PresetName, presets } from './presets.ts'
import { type FakeProvider, fakeProvider } from './provider.test.kit.ts'
import { type Arrival, type ProviderOptions, type Social, social } from './social.ts'

const KEYS = deriveKeys(Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + 3)))
const NEXT_KEYS = deriveKeys(Buffer.from(Array.from({ length: 32 }, (_, at) => at * 11 + 5)))
const ORIGIN = 'https://shop.example'
const ERRAND = { mode: 'login', next: '/account', accountId: undefined } as const
const US = { clientId: 'us', clientSecret: 'between us' }
const TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad'

let provider: FakeProvider
before(async () => {
  provider = await fakeProvider()
})
afterEach(() => {
  provider.broken.clear()
  provider.asked.clear()
  provider.idClaims = {}
  provider.emails = []
  provider.user = { id: 7, login: 'ann', name: 'Ann' }
})
after(() => provider.stop())

const openid = (): ProviderOptions => ({ id: 'idp', issuer: provider.origin, ...US })
/** The GitHub preset, with its addresses turned to loopback. */
const github = (): ProviderOptions => ({
  ...US,
  id: 'hub',
  issuer: presets.github.issuer,
  scopes: presets.github.scopes,
  authoritativeFor: presets.github.authoritativeFor,
  endpoints: {
    ...presets.github.endpoints,
    subject: 'id',
    authorization: `${provider.origin}/authorize`,
    token: `${provider.origin}/token`,
    user: `${provider.origin}/user`,
    emails: `${provider.origin}/user/emails`,
  },
})

interface Of {
  readonly signIn: Social
  readonly clock: TestClock
  readonly tokens: ReturnType<typeof memoryStores>['oneTimeTokens']
}

function made(given: ProviderOptions, before?: Of): Of {
  const tokens = before?.tokens ?? memoryStores().oneTimeTokens
  const clock = before?.clock ?? testClock()
  const signIn = social(
    { providers: [given] },
    {
      origin: ORIGIN,
      mode: 'development',
      tokens,
      keys: before === undefined ? KEYS : NEXT_KEYS,
      ...(before !== undefined && { olderKeys: () => [KEYS] }),
      clock,
      random: systemRandom(),
    },
  )
  return { signIn, clock, tokens }
}

async function begun({ signIn }: Of): Promise<{ readonly location: string; cookie: string }> {
  const started = await signIn.start(signIn.providers[0]?.id ?? '', ERRAND)
  assert.ok(started.ok)
  const { location, cookie } = started.value
  return { location, cookie: cookie.split(';')[0] ?? '' }
}

async function through(of: Of, more: Record<string, string> = {}, at: Of = of) {
  const { location, cookie } = await begun(of)
  const [{ id = '' } = {}] = of.signIn.providers
  return at.signIn.arrive(id, provider.visit(location, more), cookie)
}

function identityOf(arrived: Awaited<ReturnType<typeof through>>): Arrival['identity'] {
  assert.ok(arrived.ok, JSON.stringify(arrived))
  return arrived.value.identity
}

test('a provider without id tokens is asked by its API, and known by the number it gives', async () => {
  provider.emails = [
    { email: 'old@users.noreply.github.com', primary: false, verified: true },
    { email: 'ann@users.noreply.github.com', primary: true, verified: true },
  ]
  const of = made(github())
  const found = identityOf(await through(of))
  assert.deepEqual(found, {
    provider: 'hub',
    issuer: 'https://github.com/login/oauth',
    subject: '7',
    email: 'ann@users.noreply.github.com',
    emailTrusted: true,
    emailVerified: true,
    name: 'Ann',
    tokens: { access: 'gho_secret', refresh: 'ghr_x' },
  })
  assert.equal(provider.form.get('grant_type'), 'authorization_code')
  assert.match(provider.form.get('code_verifier') ?? '', /^[\w-]{43}$/)
  const { searchParams } = new URL((await begun(of)).location)
  assert.equal(searchParams.get('code_challenge_method'), 'S256')
  assert.equal(searchParams.get('scope'), 'read:user user:email')
  assert.equal(searchParams.get('nonce'), null)
})

test('an address of a provider without id tokens counts only as far as its API vouches for it', async () => {
  const rows: [unknown, string | undefined, boolean, boolean][] = [
    [
      [{ email: 'ann@else.example', primary: true, verified: true }],
      'ann@else.example',
      true,
      false,
    ],
    [
      [{ email: 'x@users.noreply.github.com', primary: true, verified: false }],
      'x@users.noreply.github.com',
      false,
      false,
    ],
    [
      [{ email: 'x@users.noreply.github.com', primary: false, verified: true }],
      undefined,
      false,
      false,
    ],
    [[], undefined, false, false],
    [{ message: 'no list' }, undefined, false, false],
  ]
  for (const [emails, email, verified, trusted] of rows) {
    provider.emails = emails
    const found = identityOf(await through(made(github())))
    assert.deepEqual(
      [found.email, found.emailVerified, found.emailTrusted],
      [email, verified, trusted],
    )
  }
})

test('a provider without id tokens that names nobody lets nobody in', async () => {
  for (const user of [{}, { id: '' }, { id: null }, { id: { x: 1 } }, { login: 'ann' }]) {
    provider.user = user
    const arrived = await through(made(github()))
    assert.ok(!arrived.ok && arrived.refusal.code === 'social.bad_answer', JSON.stringify(user))
  }
})

test('a provider that calls itself by its issuer in the answer is believed, and no other is', async () => {
  const right = await through(made(github()), { iss: 'https://github.com/login/oauth' })
  assert.equal(identityOf(right).subject, '7')
  const wrong = await through(made(github()), { iss: 'https://evil.example' })
  assert.ok(!wrong.ok && wrong.refusal.code === 'social.bad_answer')
})

test('an error that comes with 200 is an error', async () => {
  const of = made(github())
  const { location, cookie } = await begun(of)
  const arrived = await of.signIn.arrive('hub', provider.visit(location, { code: 'none' }), cookie)
  assert.ok(!arrived.ok && arrived.refusal.code === 'social.bad_answer')
})

for (const [path, status] of [
  ['/token', 503],
  ['/token', 429],
  ['/user', 502],
  ['/user/emails', 500],
] as const) {
  test(`a provider whose ${path} answers ${status} is down, not wrong`, async () => {
    const of = made(github())
    provider.broken.set(path, status)
    const arrived = await through(of)
    assert.ok(!arrived.ok && arrived.refusal.code === 'social.provider_down')
  })
}

test('a provider whose discovery or keys cannot be had is down, and up again afterwards', async () => {
  const of = made(openid())
  provider.broken.set('/.well-known/openid-configuration', 503)
  const refused = await of.signIn.start('idp', ERRAND)
  assert.ok(!refused.ok && refused.refusal.code === 'social.provider_down')
  provider.broken.clear()
  provider.broken.set('/jwks', 503)
  const arrived = await through(of)
  assert.ok(!arrived.ok && arrived.refusal.code === 'social.provider_down')
  provider.broken.clear()
  assert.equal(identityOf(await through(of)).subject, 'p1')
})

test('discovery and keys are fetched once, by many at once too, and again after their time', async () => {
  const of = made(openid())
  await Promise.all(Array.from({ length: 10 }, () => begun(of)))
  for (let time = 0; time < 3; time++) await through(of)
  assert.equal(provider.asked.get('/.well-known/openid-configuration'), 1)
  assert.equal(provider.asked.get('/jwks'), 1)
  of.clock.advance(3_600_001)
  await through(of)
  assert.equal(provider.asked.get('/.well-known/openid-configuration'), 2)
})

test('a provider that turns its key over is followed', async () => {
  const of = made(openid())
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  try {
    assert.equal(identityOf(await through(of)).subject, 'p1')
    provider.turnKey()
    mock.timers.tick(61_000)
    assert.equal(identityOf(await through(of)).subject, 'p1')
    assert.equal(provider.asked.get('/jwks'), 2)
  } finally {
    mock.timers.reset()
  }
})

test('after a change of the root key an errand that was begun goes on, and a held proof is good', async () => {
  const old = made(github())
  const { location, cookie } = await begun(old)
  const held = await old.signIn.hold(identityOf(await through(old)))
  const now = made(github(), old)
  const arrived = await now.signIn.arrive('hub', provider.visit(location), cookie)
  assert.equal(identityOf(arrived).subject, '7')
  const waiting = await now.signIn.held(held.split(';')[0])
  assert.equal(waiting?.subject, '7')
  assert.equal(await now.signIn.held(held.split(';')[0]), undefined)
})

test('the store holds neither state nor verifier nor a provider’s token', async () => {
  const of = made(github())
  const kept: string[] = []
  const issue = of.tokens.issue.bind(of.tokens)
  mock.method(of.tokens, 'issue', (hash: string, token: { readonly data: string }) => {
    kept.push(hash, token.data)
    return issue(hash, token as Parameters<typeof issue>[1])
  })
  const { location, cookie } = await begun(of)
  const identity = identityOf(await of.signIn.arrive('hub', provider.visit(location), cookie))
  await of.signIn.hold(identity)
  const verifier = provider.form.get('code_verifier') ?? ''
  for (const secret of [verifier, cookie.split('=')[1] ?? '', 'gho_secret', 'ghr_x']) {
    assert.ok(secret !== '' && !kept.join('\n').includes(secret), secret)
  }
})

test('every preset is data that a provider can be made of, on https, and trusts only its own addresses', () => {
  const names = Object.keys(presets) as PresetName[]
  assert.deepEqual(names.toSorted(), [
    'apple',
    'discord',
    'github',
    'gitlab',
    'google',
    'microsoft',
  ])
  for (const id of names) {
    const made = judgedProvider({ id, ...US, ...(id === 'microsoft' && { tenant: TENANT }) }, false)
    const { kind, issuer, scopes, authoritativeFor, endpoints } = made
    assert.equal(issuer.protocol, 'https:')
    assert.equal(kind, endpoints === undefined ? 'oidc' : 'oauth2')
    assert.ok(kind === 'oauth2' || scopes.includes('openid'), id)
    assert.ok(!authoritativeFor.includes(''), id)
  }
  const { microsoft, apple } = presets
  assert.deepEqual(microsoft.authoritativeFor, [])
  assert.deepEqual(apple.scopes, ['openid'])
})

const wrongs: [string, ProviderOptions][] = [
  ['an unknown name without an issuer', { id: 'nobody', ...US }],
  ['a name that is a path', { id: '../x', ...US }],
  ['the directory of everybody', { id: 'microsoft', tenant: 'common', ...US }],
  ['a directory by its domain', { id: 'microsoft', tenant: 'corp.example', ...US }],
  ['no directory', { id: 'microsoft', ...US }],
  ['a plain http issuer', { id: 'idp', issuer: 'http://idp.example', ...US }],
  [
    'a plain http API',
    {
      id: 'idp',
      ...US,
      endpoints: {
        authorization: 'https://idp.example/a',
        token: 'https://idp.example/t',
        user: 'http://idp.example/u',
        subject: 'id',
      },
    },
  ],
]
for (const [what, options] of wrongs) {
  test(`a provider with ${what} stops the start`, () => {
    assert.throws(() => judgedProvider(options, false), ConfigFault)
  })
}
