import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { testClock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import { keyRing } from '../../vault/secrets/ring.ts'
import {
  ANN,
  ISSUER,
  made,
  NEXT_ROOT,
  type Of,
  ROOT,
  request,
  THOROUGH,
} from './refresh.test.kit.ts'
import type { RefreshOptions } from './refresh.ts'

const pwd = (of: Of) => ({ factors: [{ factor: 'pwd', at: of.clock() }], request })
const start = (of: Of) => of.tokens.start(ANN, pwd(of))
const who = async (of: Of, token: string) => of.tokens.authenticate(`Bearer ${token}`)

for (const format of ['jwt', 'opaque'] as const) {
  for (const algorithm of ['ES256', 'EdDSA'] as const) {
    test(`${format}, ${algorithm}: an access token says who sends it, until its time is over`, async () => {
      const of = made({ format, algorithm })
      const { accessToken, expiresIn } = await start(of)
      const seen = await who(of, accessToken)
      assert.ok(seen?.ok)
      assert.equal(seen.value.accountId, ANN.id)
      assert.deepEqual(seen.value.audience, [ISSUER])
      assert.equal(seen.value.clientId, undefined)
      of.clock.advance(expiresIn * 1000 + 31_000)
      assert.equal((await who(of, accessToken))?.ok, false)
    })
  }
}

test('a family ends on its day, however often it rotated', async () => {
  const of = made()
  let { refreshToken } = await start(of)
  for (let day = 0; day < 29; day++) {
    of.clock.advance(86_400_000)
    const renewed = await of.tokens.refresh(refreshToken, request)
    assert.ok(renewed.ok, `day ${day}`)
    refreshToken = renewed.value.refreshToken
  }
  of.clock.advance(86_400_000)
  assert.equal((await of.tokens.refresh(refreshToken, request)).ok, false)
})

test('a token that nobody used for two weeks is over', async () => {
  const of = made()
  const { refreshToken } = await start(of)
  of.clock.advance(14 * 86_400_000)
  const late = await of.tokens.refresh(refreshToken, request)
  assert.ok(!late.ok && late.refusal.code === 'refresh.unknown')
})

test('a spent token ends the family and its access tokens, and is told once', async () => {
  const of = made()
  const first = await start(of)
  const second = await of.tokens.refresh(first.refreshToken, request)
  assert.ok(second.ok)
  const again = await of.tokens.refresh(first.refreshToken, request)
  assert.ok(!again.ok && again.refusal.code === 'refresh.reused')
  assert.equal((await who(of, second.value.accessToken))?.ok, false)
  assert.equal((await of.tokens.refresh(second.value.refreshToken, request)).ok, false)
  assert.equal((await of.tokens.refresh(first.refreshToken, request)).ok, false)
  assert.deepEqual(of.told, [ANN.id])
})

test('the store holds no token', async () => {
  const of = made({ format: 'opaque' })
  const { refreshToken, accessToken } = await start(of)
  const kept = JSON.stringify(await of.stores.refreshTokens.ofAccount(ANN.id, of.clock()))
  assert.ok(!kept.includes(refreshToken) && !kept.includes(accessToken))
})

test('a code is no refresh token, and a refresh token no code', async () => {
  const of = made()
  const life = { accountId: ANN.id, clientId: 'app', data: '{}', request }
  const code = await of.tokens.families.begin({ kind: 'code', ...life })
  const how = { clientId: 'app', request } as const
  const wrong = await of.tokens.families.rotate(code.token, { kind: 'refresh', ...how })
  assert.ok(!wrong.ok && wrong.refusal.code === 'refresh.unknown')
  const right = await of.tokens.families.rotate(code.token, { kind: 'code', ...how })
  assert.ok(right.ok)
  assert.ok(!(await of.tokens.families.rotate(right.value.token, { kind: 'code', ...how })).ok)
})

test('after a change of the root key old tokens go on until its date, and the key set shows both', async () => {
  const clock = testClock()
  const stores = memoryStores()
  const before = made({}, { clock, stores })
  const { refreshToken, accessToken } = await start(before)
  const until = clock() + 86_400_000
  const ring = keyRing(NEXT_ROOT, [{ root: ROOT, until }])
  const after = made({}, { clock, stores, ring })
  assert.equal(after.tokens.signer.publicKeys().length, 2)
  assert.equal((await who(after, accessToken))?.ok, true)
  const renewed = await after.tokens.refresh(refreshToken, request)
  assert.ok(renewed.ok)
  clock.set(until)
  assert.equal(after.tokens.signer.publicKeys().length, 1)
  assert.equal((await who(after, accessToken))?.ok, false)
  assert.ok((await after.tokens.refresh(renewed.value.refreshToken, request)).ok)
})

test('after a change of the root key opaque and given-up tokens are what they were', async () => {
  for (const format of ['opaque', 'jwt'] as const) {
    const clock = testClock()
    const stores = memoryStores()
    const before = made({ format }, { clock, stores })
    const { accessToken } = await start(before)
    const itself = {
      subject: 'machine',
      clientId: 'machine',
      scope: ['orders:read'],
      audience: [ISSUER],
      familyId: undefined,
      role: 'client',
      factors: [],
      authenticatedAt: clock(),
    }
    const good = await before.tokens.access.issue(itself)
    const bad = await before.tokens.access.issue(itself)
    const claims = await before.tokens.access.read(bad)
    assert.ok(claims)
    await before.tokens.access.deny(claims)
    const until = clock() + 300_000
    const ring = keyRing(NEXT_ROOT, [{ root: ROOT, until }])
    const after = made({ format }, { clock, stores, ring })
    assert.equal((await who(after, accessToken))?.ok, true, format)
    assert.equal((await who(after, good))?.ok, true, format)
    assert.equal((await who(after, bad))?.ok, false, format)
    clock.set(until)
    assert.equal((await who(after, accessToken))?.ok, false, format)
  }
})

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('refuses a token that is not exactly ours', async () => {
  const of = made()
  const { accessToken } = await start(of)
  const [head = '', body = '', signature = ''] = accessToken.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString())
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
  const [jwk] = of.tokens.signer.publicKeys()
  const pem = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  })
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const forged = (more: object, said: object = claims): string => {
    const text = `${part({ ...header, ...more })}.${part(said)}`
    const key = { key: own.privateKey, dsaEncoding: 'ieee-p1363' } as const
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
  }
  const hs = `${part({ ...header, alg: 'HS256' })}.${body}`
  const bits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = bits.indexOf(signature.at(-1) ?? '')
  const rows: [string, string][] = [
    ['signed by nobody', `${part({ ...header, alg: 'none' })}.${body}.`],
    [
      'with the public key as secret',
      `${hs}.${createHmac('sha256', pem).update(hs).digest('base64url')}`,
    ],
    ['of another key under our name', forged({})],
    ['of another key under its own name', forged({ kid: 'mine' })],
    ['with a key of its own', forged({ jwk: own.publicKey.export({ format: 'jwk' }) })],
    ['with a name that is a path', forged({ kid: '../../dev/null' })],
    ['with other claims', `${head}.${part({ ...claims, sub: 'admin' })}.${signature}`],
    ['with another header', `${part({ ...header, x: 1 })}.${body}.${signature}`],
    ['without signature', `${head}.${body}.`],
    ['with a cut signature', `${head}.${body}.${signature.slice(0, -4)}`],
    [
      'whose signature is spelt otherwise',
      `${head}.${body}.${signature.slice(0, -1)}${bits[last ^ 1]}`,
    ],
    ['with padding', `${accessToken}==`],
    ['with a space', `${head} .${body}.${signature}`],
    ['of another kind', await of.tokens.signer.sign('JWT', claims)],
    [
      'of another issuer',
      await of.tokens.signer.sign('at+jwt', { ...claims, iss: 'https://x.example' }),
    ],
    ['without an account', await of.tokens.signer.sign('at+jwt', { ...claims, sub: undefined })],
    ['of a family that never was', await of.tokens.signer.sign('at+jwt', { ...claims, sid: 'x' })],
    ['that is empty', ''],
    ['that is endless', 'a'.repeat(100_000)],
  ]
  for (const [what, token] of rows) {
    assert.equal((await who(of, token))?.ok, false, what)
  }
  assert.equal((await who(of, accessToken))?.ok, true)
})

test('no text is a token, and none makes it throw', async () => {
  const of = made()
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.base64String()), async text => {
      assert.equal((await who(of, text))?.ok, false)
      assert.equal((await of.tokens.refresh(text, request)).ok, false)
    }),
    { numRuns: THOROUGH ? 2000 : 200 },
  )
})

test('other schemes are none of ours', () => {
  const of = made()
  for (const field of [undefined, '', 'Basic YTpi', 'DPoP x', 'Bearerx y']) {
    assert.equal(of.tokens.authenticate(field), undefined)
  }
})

test('a lifetime that makes no sense stops the start', () => {
  const bad: RefreshOptions[] = [
    { accessSeconds: 59 },
    { accessSeconds: 3601 },
    { absoluteSeconds: 31 * 86_400 },
    { absoluteSeconds: 60, idleSeconds: 61 },
    { idleSeconds: 0.5 },
    { format: 'paseto' as 'jwt' },
    { algorithm: 'RS256' as 'ES256' },
  ]
  for (const options of bad) assert.throws(() => made(options), ConfigFault)
})
