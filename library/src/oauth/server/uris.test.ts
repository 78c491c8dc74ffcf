import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testClock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { deriveKeys, type Keys } from '../../kernel/keys.ts'
import { systemRandom } from '../../kernel/random.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import { type Clients, clients } from './clients.ts'
import { canonicalResource, isNative, isRegistered, redirectComplaint } from './uris.ts'

const REGISTERED = ['https://app.example/cb', 'http://127.0.0.1/cb', 'http://[::1]/cb']

const matches: [string, boolean][] = [
  ['https://app.example/cb', true],
  ['http://127.0.0.1:1/cb', true],
  ['http://127.0.0.1:65535/cb', true],
  ['http://[::1]:5000/cb', true],
  ['https://app.example:443/cb', false],
  ['https://app.example/cb/', false],
  ['https://app.example/cb?x', false],
  ['https://app.example/cb#x', false],
  ['https://APP.example/cb', false],
  ['https://app.example.evil.example/cb', false],
  ['https://app.example@evil.example/cb', false],
  ['https://app.example/%63b', false],
  ['https://app.example/x/../cb', false],
  ['http://127.0.0.1:1/other', false],
  ['http://127.0.0.1:1@evil.example/cb', false],
  ['http://127.0.0.1:123456/cb', false],
  ['http://127.0.0.1:65536/cb', false],
  ['http://127.0.0.1.evil.example/cb', false],
  ['http://localhost:1/cb', false],
  ['https://127.0.0.1:1/cb', false],
  ['http://127.0.0.2/cb', false],
  ['', false],
]
for (const [uri, verdict] of matches) {
  test(`${verdict ? 'takes' : 'refuses'} ${JSON.stringify(uri)}`, () =>
    assert.equal(isRegistered(uri, REGISTERED), verdict))
}

test('nothing but the registered text and a loopback port ever passes', () => {
  const near = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom(...REGISTERED), fc.string()).map(([uri, more]) => uri + more),
    fc.integer({ min: 0, max: 70_000 }).map(port => `http://127.0.0.1:${port}/cb`),
  )
  fc.assert(
    fc.property(near, uri => {
      if (!isRegistered(uri, REGISTERED)) return
      assert.ok(URL.canParse(uri))
      assert.ok(
        REGISTERED.includes(uri) || /^http:\/\/(127\.0\.0\.1|\[::1\]):\d{1,5}\/cb$/.test(uri),
      )
    }),
  )
})

const registrable: [string, boolean][] = [
  ['https://app.example/cb?tenant=7', true],
  ['https://app.example/cb?state=mine', false],
  ['https://app.example/cb?x=1&code=2', false],
  ['https://app.example/c b', false],
  ['https://app.example/\ncb', false],
  ['https://app.example/c\u0117', false],
  ['https://app.example/cb', true],
  ['http://127.0.0.1/cb', true],
  ['http://localhost:3000/cb', true],
  ['com.example.app:/cb', true],
  ['http://app.example/cb', false],
  ['https://app.example/cb#', false],
  ['https://user@app.example/cb', false],
  ['https://*.example/cb', false],
  ['javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['myapp:/cb', false],
  ['/cb', false],
  [`https://app.example/${'x'.repeat(2000)}`, false],
]
for (const [uri, verdict] of registrable) {
  test(`${verdict ? 'registers' : 'does not register'} ${uri.slice(0, 40)}`, () =>
    assert.equal(redirectComplaint(uri) === undefined, verdict))
}

test('an answer that ends on the machine is native, one on the web is not', () => {
  assert.deepEqual(
    [
      'com.example.app:/cb',
      'http://127.0.0.1/cb',
      'https://localhost/cb',
      'https://app.example/',
    ].map(isNative),
    [true, true, true, false],
  )
})

test('one resource has one spelling', () => {
  assert.equal(canonicalResource('https://api.example/'), 'https://api.example')
  assert.equal(canonicalResource('HTTPS://API.example:443'), 'https://api.example')
  assert.equal(canonicalResource('https://api.example/mcp'), 'https://api.example/mcp')
  for (const bad of ['api', 'https://api.example/#x', 'urn:x', '']) {
    assert.equal(canonicalResource(bad), undefined)
  }
})

const KEYS = deriveKeys(Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + 3)))
const NEXT_KEYS = deriveKeys(Buffer.from(Array.from({ length: 32 }, (_, at) => at * 11 + 5)))

function known(
  credentials = memoryStores().credentials,
  keys = KEYS,
  olderKeys: () => readonly Keys[] = () => [],
): Clients {
  return clients([], {
    credentials,
    keys,
    olderKeys,
    random: systemRandom(),
    clock: testClock(),
    scopes: ['openid'],
  })
}
const app = { clientId: 'app', name: 'App', redirectUris: ['https://app.example/cb'] }

test('a client may not look like a person', async () => {
  for (const clientId of ['0b9f3b1e-8d5c-4c1f-9a65-0a3c4f6f5a01', 'own', '', 'a b']) {
    await assert.rejects(async () => known().add({ ...app, clientId }), ConfigFault)
  }
})

test('a client keeps the secret that it was registered with, and we do not keep it', async () => {
  const of = known()
  assert.equal(await of.add({ ...app, clientSecret: 'one' }), 'done')
  assert.equal(await of.add({ ...app, clientSecret: 'two' }), 'taken')
  const found = await of.find('app')
  assert.ok(found)
  assert.equal(await of.provesSecret(found, 'one'), true)
  assert.equal(await of.provesSecret(found, 'two'), false)
  assert.ok(!JSON.stringify(found).includes('"one"'))
})

test('a client’s secret outlives a change of the root key when it comes until its date', async () => {
  const { credentials } = memoryStores()
  const before = known(credentials)
  await before.add({ ...app, clientSecret: 'one' })
  await before.add({ ...app, clientId: 'late', clientSecret: 'two' })
  const during = known(credentials, NEXT_KEYS, () => [KEYS])
  const proves = async (of: Clients, clientId: string, secret: string): Promise<boolean> => {
    const found = await of.find(clientId)
    return found !== undefined && of.provesSecret(found, secret)
  }
  assert.equal(await proves(during, 'app', 'two'), false)
  assert.equal(await proves(during, 'app', 'one'), true)
  const after = known(credentials, NEXT_KEYS)
  assert.equal(await proves(after, 'app', 'one'), true)
  assert.equal(await proves(after, 'late', 'two'), false)
})
