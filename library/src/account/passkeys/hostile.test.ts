import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import Fastify from 'fastify'
import { bulwark } from '../../adapters/fastify/fastify.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import { testAuthenticator } from '../../testing/authenticator.ts'

// What nobody's authenticator sends: CBOR, attestations and client data from a seed, so that a find can
// be had again. BULWARK_FUZZ_SEED=… repeats another a run.
const CASES = process.env['THOROUGH'] === '1' ? 100_000 : 3_000
const SEED = Number(process.env['BULWARK_FUZZ_SEED'] ?? 20_260_101)
const ORIGIN = 'http://localhost:3000'
const NOW = Date.UTC(2026, 0, 1)

type Json = Record<string, unknown>
interface Credential extends Json {
  readonly response: Json
}

/** mulberry32: small, even, and the same everywhere. */
function dice(seed: number) {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  const one = <T>(list: readonly [T, ...T[]]): T => list[below(list.length)] ?? list[0]
  const bytes = (count: number): Buffer =>
    Buffer.from(Array.from({ length: count }, () => below(256)))
  return { below, one, bytes }
}
const { below, one, bytes } = dice(SEED)

const b64 = (data: Buffer): string => data.toString('base64url')
const unb64 = (text: unknown): Buffer => Buffer.from(String(text), 'base64url')

function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value])
  if (value < 256) return Buffer.from([(major << 5) | 24, value])
  const long = Buffer.alloc(5)
  long.writeUInt8((major << 5) | 26)
  long.writeUInt32BE(value, 1)
  return long
}
const cborText = (text: string): Buffer =>
  Buffer.concat([head(3, Buffer.byteLength(text)), Buffer.from(text)])
const cborBytes = (data: Buffer): Buffer => Buffer.concat([head(2, data.length), data])

/** CBOR that may be anything: lies about lengths, endless lists, tags on tags, floats that are no number. */
function cbor(depth = 0): Buffer {
  if (depth > 6) return Buffer.from([0xf6])
  const inner = (count: number): Buffer =>
    Buffer.concat(Array.from({ length: count }, () => cbor(depth + 1)))
  const count = below(5)
  return one([
    () => head(0, below(2 ** 31)),
    () => head(1, below(2 ** 31)),
    () => cborBytes(bytes(below(40))),
    () =>
      cborText(one(['fmt', 'attStmt', 'authData', 'x5c', 'sig', 'alg', '__proto__', 'é\u0000'])),
    () => Buffer.concat([head(4, count), inner(count)]),
    () => Buffer.concat([head(5, count), inner(count * 2)]),
    () => Buffer.concat([head(6, below(70_000)), inner(1)]),
    () => head(one([2, 3, 4, 5]), one([0xffff_ffff, 0x7fff_ffff, 65_536])),
    () => Buffer.concat([Buffer.from([one([0x5f, 0x7f, 0x9f, 0xbf])]), inner(count)]),
    () => Buffer.from([0xfb, ...bytes(8)]),
    () => Buffer.from([0x1b, ...bytes(8)]),
    () => Buffer.from([0xe0 + below(32)]),
    () => bytes(below(20)),
    () => Buffer.alloc(below(400), one([0x81, 0xa1, 0xc1, 0x9f, 0xd8])),
  ])()
}

/** The same bytes, with something wrong in them. Never the same bytes. */
function spoilt(data: Buffer): Buffer {
  const at = below(Math.max(1, data.length))
  const made = one([
    () => {
      const copy = Buffer.from(data)
      if (copy.length > 0) copy.writeUInt8(copy.readUInt8(at) ^ (1 << below(8)), at)
      return copy
    },
    () => data.subarray(0, at),
    () => Buffer.concat([data.subarray(0, at), bytes(1 + below(8)), data.subarray(at)]),
    () => Buffer.concat([data.subarray(0, at), data.subarray(at + 1 + below(8))]),
    () => Buffer.concat([data, bytes(1 + below(64))]),
    () => Buffer.concat([data, data]),
    () => bytes(below(300)),
    () => Buffer.alloc(below(300), below(256)),
    () => cbor(),
  ])()
  return made.equals(data) ? Buffer.concat([data, Buffer.from([0])]) : made
}

/** Client data that is not what a browser wrote for this ceremony. */
function clientData(original: Buffer): Buffer {
  const data = JSON.parse(original.toString()) as Json
  const with_ = (change: Json): Buffer => Buffer.from(JSON.stringify({ ...data, ...change }))
  const odd = (): unknown =>
    one<unknown>([null, 0, -1, '', [], {}, true, 'null', [[]], { toString: 1 }, '\u0000', 1e308])
  return one([
    () =>
      with_({
        origin: one(['https://evil.example', `${ORIGIN}.evil.example`, `${ORIGIN}/`, 'null']),
      }),
    () => with_({ origin: odd() }),
    () => with_({ type: one(['webauthn.create ', 'webauthn.GET', 'payment.get', '']) }),
    () => with_({ type: odd() }),
    () => with_({ challenge: b64(bytes(32)) }),
    () => with_({ challenge: odd() }),
    () => with_({ challenge: `${String(data['challenge'])}=` }),
    () => with_({ challenge: [data['challenge']] }),
    () => with_({ tokenBinding: odd() ?? 0, origin: 'https://evil.example' }),
    () => Buffer.from(`${'['.repeat(2_000)}${']'.repeat(2_000)}`),
    () => Buffer.from(`\ufeff${original.toString()}`),
    () => Buffer.from(original.toString('utf16le')),
    () => Buffer.from(JSON.stringify(odd())),
    () => spoilt(original),
  ])()
}

const FORMATS = [
  'none',
  'packed',
  'tpm',
  'android-key',
  'apple',
  'fido-u2f',
  'android-safetynet',
] as const

/** An attestation that breaks at least one rule of WebAuthn §7.1 which we hold to. */
function attestation(authData: Buffer): Buffer {
  const object = (fmt: Buffer, statement: Buffer, data: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from([0xa3]),
      ...[cborText('fmt'), fmt, cborText('attStmt'), statement, cborText('authData'), data],
    ])
  const empty = Buffer.from([0xa0])
  const none = cborText('none')
  const edited = (edit: (copy: Buffer) => void): Buffer => {
    const copy = Buffer.from(authData)
    edit(copy)
    return object(none, empty, cborBytes(copy))
  }
  return one([
    () => edited(copy => copy.writeUInt8(copy.readUInt8(7) ^ (1 + below(255)), 7)),
    () => edited(copy => copy.writeUInt8(one([0x00, 0x01, 0x04, 0x40, 0x41, 0x44]), 32)),
    () => edited(copy => copy.writeUInt8(0x45 | 0x10, 32)),
    () => edited(copy => copy.writeUInt8(0x45 | 0x80, 32)),
    () => edited(copy => copy.writeUInt16BE(one([0, 31, 33, 1_023, 1_024, 65_535]), 53)),
    () => object(none, empty, cborBytes(authData.subarray(0, below(authData.length)))),
    () => object(none, empty, cborBytes(Buffer.concat([authData, bytes(1 + below(50))]))),
    () => object(none, Buffer.concat([head(5, 1), cborText('x'), cbor()]), cborBytes(authData)),
    () => object(cborText(one(FORMATS.slice(1) as [string])), statement(), cborBytes(authData)),
    () =>
      object(cborText(one(['NONE', '', 'constructor', '__proto__'])), empty, cborBytes(authData)),
    () => object(cbor(), cbor(), cbor()),
    () => object(none, empty, cbor()),
    () => object(none, empty, cborBytes(Buffer.concat([authData.subarray(0, 87), cbor()]))),
    () => cbor(),
    () => bytes(below(500)),
    () => Buffer.alloc(0),
  ])()
}

function statement(): Buffer {
  const members = one([
    ['x5c'],
    ['sig', 'alg', 'x5c'],
    ['ver', 'sig', 'certInfo', 'pubArea'],
    ['response'],
  ])
  const values = members.map(name => Buffer.concat([cborText(name), cbor()]))
  return Buffer.concat([head(5, members.length), ...values])
}

/** Members of the wrong kind, or none. */
function misshapen(credential: Credential): unknown {
  const odd = (): unknown =>
    one<unknown>([null, 0, [], {}, true, 'x', '%%%', 'A'.repeat(70_000), ['A'], { length: 1 }])
  const members = Object.keys(credential.response)
  const name = members[below(members.length)] ?? ''
  return one<() => unknown>([
    () => ({ ...credential, response: { ...credential.response, [name]: odd() } }),
    () => {
      const { clientDataJSON: _, ...rest } = credential.response
      return { ...credential, response: rest }
    },
    () => ({ ...credential, response: odd() }),
    () => ({ ...credential, id: odd() }),
    () => ({ ...credential, rawId: odd() }),
    () => ({ ...credential, id: b64(bytes(below(1_100))), rawId: b64(bytes(4)) }),
    () => ({ ...credential, type: odd() }),
    () => odd(),
  ])()
}

const stores = memoryStores()
const app = Fastify()
await app.register(bulwark, {
  mode: 'development',
  origin: ORIGIN,
  stores,
  rootKey: randomBytes(32),
  clock: () => NOW,
  limits: { shed: false },
  account: { service: 'Fuzz' },
} as never)
await app.ready()
after(() => app.close())
const { account, passkeys } = app.bulwark
assert.ok(account !== undefined && passkeys !== undefined)
const request = { id: 'r', method: 'POST', route: '/', address: '127.0.0.1', device: 'x' }
const visit = { request, cookies: undefined }
const PASSWORD = 'four unlikely words here'
await account.createAccount(
  { visit, actorId: undefined },
  { email: 'ann@example.com', password: PASSWORD, verified: true },
)

const host = { host: 'localhost:3000' }
const jar: Record<string, string> = {}
const keep = (set: unknown): void => {
  for (const text of [set ?? []].flat() as string[]) {
    const [pair = ''] = text.split(';')
    jar[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1)
  }
}
const cookies = (): string =>
  Object.entries(jar)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
const post = async (url: string, payload: unknown, more: Record<string, string> = {}) => {
  const headers = { ...host, 'content-type': 'application/json', ...more }
  return app.inject({ method: 'POST', url, headers, payload: JSON.stringify(payload) ?? '' })
}

const entered = await post('/auth/login', { email: 'ann@example.com', password: PASSWORD })
assert.equal(entered.statusCode, 200, entered.body)
keep(entered.headers['set-cookie'])
const key = testAuthenticator(ORIGIN)
const session = async () => {
  const found = await app.bulwark.sessions?.load(cookies())
  assert.ok(found !== undefined)
  return found
}
const registerOptions = async (): Promise<unknown> => {
  const options = await passkeys.registerOptions(visit, await session())
  assert.ok(options.ok)
  return options.value
}
const withToken = async (): Promise<Record<string, string>> => {
  const { csrfToken } = (
    await app.inject({ method: 'GET', url: '/csrf-token', headers: { ...host, cookie: cookies() } })
  ).json<{ csrfToken: string }>()
  return { cookie: cookies(), 'x-csrf-token': csrfToken }
}
const made = await post(
  '/auth/passkeys/register/verify',
  key.create(await registerOptions()),
  await withToken(),
)
assert.equal(made.statusCode, 201, made.body)
keep(made.headers['set-cookie'])
let headers = await withToken()

const REFUSED = new Set([400, 401, 403, 404, 409, 413, 422])

function judged(what: string, answer: { statusCode: number; body: string }, sent: unknown): void {
  if (REFUSED.has(answer.statusCode)) return
  const told = JSON.stringify(sent)?.slice(0, 2_000)
  assert.fail(`${what}: ${answer.statusCode} ${answer.body}\nseed ${SEED}: ${told}`)
}

test(`${CASES} hostile registrations and sign-ins are refused, and none is a fault`, async () => {
  const statuses = new Map<number, number>()
  for (let at = 0; at < CASES; at++) {
    const registers = at % 2 === 0
    let body: unknown
    if (registers) {
      const fresh = testAuthenticatorOf(await registerOptions())
      const { response } = fresh
      const turn = below(8)
      if (turn === 0) body = misshapen(fresh)
      else if (turn <= 2) {
        const data = b64(clientData(unb64(response['clientDataJSON'])))
        body = { ...fresh, response: { ...response, clientDataJSON: data } }
      } else {
        const object = b64(attestation(unb64(response['authenticatorData'])))
        body = { ...fresh, response: { ...response, attestationObject: object } }
      }
    } else {
      const { options } = await passkeys.loginOptions(visit, { transport: 'token' })
      const answer = key.get(options) as Credential
      const { response } = answer
      const member = one(['clientDataJSON', 'authenticatorData', 'signature', 'shape'] as const)
      if (member === 'shape') body = misshapen(answer)
      else {
        const original = unb64(response[member])
        const changed = member === 'clientDataJSON' ? clientData(original) : spoilt(original)
        body = { ...answer, response: { ...response, [member]: b64(changed) } }
      }
      if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
        body = { ...body, transport: 'token' }
      }
    }
    const path = registers ? '/auth/passkeys/register/verify' : '/auth/passkeys/login/verify'
    const answer = await post(path, body, registers ? headers : {})
    // Only what is not looked at may be odd and yet pass: the answer's own copies and hints.
    if (!isBeyondUs(body, answer.statusCode)) judged(path, answer, body)
    if (answer.statusCode === 201) {
      // It was let in for good reason: a key like others. Out again, and on with the new session.
      keep(answer.headers['set-cookie'])
      const { id } = answer.json<{ id: string }>()
      await stores.credentials.remove((await session()).accountId, id)
      headers = await withToken()
    }
    statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1)
  }
  assert.ok((statuses.get(401) ?? 0) > CASES / 3, JSON.stringify([...statuses]))
  assert.equal([...statuses.keys()].filter(status => status >= 500).length, 0)
  const audit = await app.bulwark.audit?.read({ limit: 1, code: 'system.faulted' })
  assert.deepEqual(audit, [])
})

function testAuthenticatorOf(options: unknown): Credential {
  return testAuthenticator(ORIGIN).create(options) as Credential
}

/** Members of a good answer that WebAuthn tells nobody to verify. */
function isBeyondUs(body: unknown, status: number): boolean {
  if (status !== 201 && status !== 200) return false
  const { response } = (body ?? {}) as { response?: Json }
  return response !== undefined && HINTS.some(name => isOdd(name, response[name]))
}
const HINTS = ['transports', 'publicKey', 'publicKeyAlgorithm', 'authenticatorData', 'userHandle']
function isOdd(name: string, value: unknown): boolean {
  if (name === 'transports') return !Array.isArray(value) || value[0] !== 'internal'
  if (name === 'publicKeyAlgorithm') return value !== -7
  return typeof value !== 'string' || value.length < 30 || value.length > 60_000
}
