import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestClock, testClock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { deriveKeys } from '../../kernel/keys.ts'
import { systemRandom } from '../../kernel/random.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import type { OAuthAnswer } from './answers.ts'
import { clients } from './clients.ts'
import type { OAuthGround } from './ground.ts'
import { type OAuthOptions, oauthSettings } from './options.ts'
import { registration } from './registration.ts'

const ISSUER = 'https://shop.example'
const METADATA = {
  redirect_uris: ['https://app.example/cb'],
  client_name: 'App',
  token_endpoint_auth_method: 'none',
}

interface Of {
  readonly clock: TestClock
  register(metadata?: unknown, address?: string, authorization?: string): Promise<OAuthAnswer>
}

function made(options: OAuthOptions): Of {
  const clock = testClock()
  const stores = memoryStores()
  const settings = oauthSettings(options, ISSUER)
  const keys = deriveKeys(Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + 3)))
  const parts = { stores, clock, keys, olderKeys: () => [], random: systemRandom() }
  const known = clients([], { ...parts, ...stores, scopes: Object.keys(settings.scopes) })
  // Of the ground it needs no more than this.
  const ground = { ...parts, settings, issuer: ISSUER, record: () => {} }
  const register = registration(ground as unknown as OAuthGround, known)
  return {
    clock,
    register: (metadata = METADATA, address = '192.0.2.1', authorization = undefined) =>
      register(metadata, authorization, {
        id: 'r',
        method: 'POST',
        route: '/oauth/register',
        address,
        device: 'test',
      }),
  }
}

const statusOf = (answer: OAuthAnswer): number => (answer.ok ? 201 : answer.error.status)

test('one address registers so many an hour, however many at once', async () => {
  const of = made({ registration: 'open', registrationsHourly: 3 })
  const all = await Promise.all(Array.from({ length: 10 }, () => of.register()))
  assert.equal(all.filter(({ ok }) => ok).length, 3)
  const refused = all.find(({ ok }) => !ok)
  assert.ok(refused?.ok === false && (refused.error.retryAfterSeconds ?? 0) > 0)
  assert.equal(statusOf(await of.register(METADATA, '192.0.2.2')), 201)
  of.clock.advance(3_600_000)
  assert.equal(statusOf(await of.register()), 201)
})

test('all addresses together register so many a day', async () => {
  const of = made({ registration: 'open', registrationsDaily: 5 })
  const from = (at: number) => of.register(METADATA, `192.0.2.${at}`)
  for (let at = 1; at <= 5; at++) assert.equal(statusOf(await from(at)), 201)
  assert.equal(statusOf(await from(6)), 429)
  of.clock.advance(86_400_000)
  assert.equal(statusOf(await from(6)), 201)
})

test('nobody registers where it is off, and only who has the token where there is one', async () => {
  assert.equal(statusOf(await made({}).register()), 401)
  const of = made({ registration: { token: 'let me in' } })
  assert.equal(statusOf(await of.register()), 401)
  assert.equal(statusOf(await of.register(METADATA, undefined, 'Bearer let me out')), 401)
  assert.equal(statusOf(await of.register(METADATA, undefined, 'Bearer let me in')), 201)
})

const wrongs: [string, unknown, string][] = [
  ['a list', [METADATA], 'invalid_client_metadata'],
  ['a text', 'x', 'invalid_client_metadata'],
  ['nothing', null, 'invalid_client_metadata'],
  ['no redirect URI', { client_name: 'x' }, 'invalid_redirect_uri'],
  [
    'eleven redirect URIs',
    {
      ...METADATA,
      redirect_uris: Array.from({ length: 11 }, (_, at) => `https://a.example/${at}`),
    },
    'invalid_client_metadata',
  ],
  ['an implicit client', { ...METADATA, response_types: ['token'] }, 'invalid_client_metadata'],
  [
    'a client for itself',
    { ...METADATA, grant_types: ['client_credentials'] },
    'invalid_client_metadata',
  ],
  [
    'another way of authentication',
    { ...METADATA, token_endpoint_auth_method: 'tls_client_auth' },
    'invalid_client_metadata',
  ],
  [
    'a key client without keys',
    { ...METADATA, token_endpoint_auth_method: 'private_key_jwt' },
    'invalid_client_metadata',
  ],
]
for (const [what, metadata, error] of wrongs) {
  test(`${what} is not registered`, async () => {
    const answer = await made({ registration: 'open' }).register(metadata)
    assert.ok(!answer.ok && answer.error.error === error, JSON.stringify(answer))
  })
}

test('a limit that is none stops the start', () => {
  for (const options of [{ registrationsHourly: 0 }, { registrationsDaily: 0.5 }]) {
    assert.throws(() => oauthSettings(options, ISSUER), ConfigFault)
  }
})
