import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import pg from 'pg'
import { createClient } from 'redis'
import { Client } from './testing/browserless.ts'
import { appCode } from './testing/factor.ts'
import { type ServiceProcess, startedProcess } from './testing/process.ts'
import { authorized, CALLBACK, pkce } from './testing/relying.ts'
import { PASSWORD } from './testing/running.ts'

interface Engine {
  readonly url: string
  stop(): Promise<void>
}
interface Absent {
  readonly absent: string
}
interface Engines {
  leftOut(what: string, why: Absent): void
  testPostgres(own: 'own'): Promise<Engine | Absent>
  testRedis(own: 'own'): Promise<Engine | Absent>
}

/** The library's own test engines; no published face of it, so they are not imported by a name. */
const conformance = async (file: string): Promise<Engines> =>
  import(new URL(`../../library/src/store/conformance/${file}`, import.meta.url).href)

const { leftOut, testPostgres } = await conformance('engines.ts')
const { testRedis } = await conformance('redis-servers.ts')

const ANN = 'ann@example.com'
const NEXT = 'green pears in the rain'
const CLIENT_SECRET = 'cs-4f1c9a60e2b74d1da2b5c03b5f6d7e88-9a1c'
const folder = mkdtempSync(join(tmpdir(), 'bulwark-dump-'))
const started: ServiceProcess[] = []

after(() => {
  for (const { child } of started) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** A running service with one registered program, and a folder of its own. */
async function serving(name: string, environment: Record<string, string> = {}) {
  const data = mkdtempSync(join(folder, name))
  const seed = join(data, 'seed.json')
  const client = {
    clientId: 'app',
    name: 'App',
    redirectUris: [CALLBACK],
    scopes: ['orders:read'],
    clientSecret: CLIENT_SECRET,
  }
  writeFileSync(seed, JSON.stringify({ oauthClients: [client] }))
  const service = await startedProcess(data, { BULWARK_SEED: seed, ...environment })
  started.push(service)
  rmSync(seed)
  return { data, origin: service.origin }
}

/** The life of one person with all that is ever handed out; answers every secret by what it is. */
async function live(origin: string): Promise<ReadonlyMap<string, string>> {
  const secrets = new Map([
    ['password', PASSWORD],
    ['next password', NEXT],
    ['client secret', CLIENT_SECRET],
  ])
  const keep = (what: string, value: string): string => {
    assert.ok(value.length >= 16, `${what}: ${value}`)
    secrets.set(`${what} ${secrets.size}`, value)
    return value
  }
  const cookies = (of: Client): void => {
    for (const pair of of.cookies.split('; ')) keep('cookie', pair.slice(pair.indexOf('=') + 1))
  }
  const used = new Set<string>()
  const link = async (): Promise<string> => {
    for (let turn = 0; turn < 500; turn++) {
      const mails = (await new Client(origin).get('/dev/outbox')).json as { text: string }[]
      for (const { text } of mails) {
        const token = /#token=([\w-]+)/.exec(text)?.[1]
        if (token === undefined || used.has(token)) continue
        used.add(token)
        return keep('link', token)
      }
    }
    throw new Error('no mail with a new link')
  }
  const person = new Client(origin)
  await person.post('/auth/register', { email: ANN, password: PASSWORD })
  await person.post('/auth/verify-email', { token: await link() })
  assert.equal((await person.post('/auth/login', { email: ANN, password: PASSWORD })).status, 200)
  cookies(person)

  const tokens = await new Client(origin).post('/auth/login', {
    email: ANN,
    password: PASSWORD,
    transport: 'token',
  })
  keep('access token', tokens.json.accessToken)
  const spent = keep('refresh token', tokens.json.refreshToken)
  const renewed = await new Client(origin).post('/auth/refresh', { refreshToken: spent })
  keep('refresh token', renewed.json.refreshToken)

  const { verifier, challenge } = pkce()
  const asked = new URLSearchParams({
    client_id: 'app',
    redirect_uri: CALLBACK,
    response_type: 'code',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    scope: 'orders:read',
    state: 'st',
  })
  const code = async (): Promise<string> => {
    const back = await authorized(person, `/oauth/authorize?${asked}`)
    return keep('code', back.searchParams.get('code') ?? '')
  }
  const redeemed = await new Client(origin).send(
    'POST',
    '/oauth/token',
    new URLSearchParams({
      grant_type: 'authorization_code',
      code: await code(),
      redirect_uri: CALLBACK,
      code_verifier: verifier,
      client_id: 'app',
      client_secret: CLIENT_SECRET,
    }).toString(),
    { 'content-type': 'application/x-www-form-urlencoded' },
  )
  assert.equal(redeemed.status, 200, redeemed.text)
  keep('access token', redeemed.json.access_token)
  await code() // and one that nobody redeems

  const { secret } = (await person.post('/auth/mfa/setup')).json
  keep('authenticator secret', secret)
  const set = await person.post('/auth/mfa/verify-setup', {
    code: appCode(secret, Date.now() - 30_000),
  })
  assert.equal(set.status, 200, set.text)
  for (const one of set.json.backupCodes as string[]) keep('backup code', one)
  cookies(person)

  await new Client(origin).post('/auth/forgot-password', { email: ANN })
  const reset = await link()
  const body = { token: reset, password: NEXT }
  assert.equal((await new Client(origin).post('/auth/reset-password', body)).status, 204)
  await new Client(origin).post('/auth/forgot-password', { email: ANN })
  await link() // and one that nobody follows
  return secrets
}

/** As it was handed out, decoded, and in hexadecimal: however a column may hold it. */
function spellings(secret: string): readonly string[] {
  const bare = secret.replaceAll('-', '')
  return [secret, bare, bare.toLowerCase(), Buffer.from(secret).toString('hex')]
}

function assertNothingOf(secrets: ReadonlyMap<string, string>, values: readonly string[]): void {
  assert.ok(values.length > 100, `only ${values.length} values`)
  const whole = values.join('\n')
  for (const [what, secret] of secrets) {
    for (const spelling of spellings(secret)) {
      assert.ok(!whole.includes(spelling), `${what} stands in the store`)
    }
  }
}

/** Tries every long word of the dump as what a thief would use it for. */
async function assertNothingWorks(origin: string, values: readonly string[]): Promise<void> {
  const words = new Set(values.flatMap(value => value.match(/[\w+/=-]{20,200}/g) ?? []))
  assert.ok(words.size > 50)
  for (const word of words) {
    const seen = await Promise.all([
      fetch(`${origin}/auth/me`, { headers: { cookie: `__Host-session=${word}` } }),
      fetch(`${origin}/auth/me`, { headers: { authorization: `Bearer ${word}` } }),
    ])
    for (const { status, body } of seen) {
      await body?.cancel()
      assert.ok([400, 401].includes(status), `${word} answered ${status}`)
    }
  }
}

test('a dump of SQLite holds nothing that works as a session, link, code, key, password or second factor', async () => {
  const { data, origin } = await serving('sqlite')
  const secrets = await live(origin)
  const values: string[] = []
  for (const file of readdirSync(data).filter(name => name.endsWith('.db'))) {
    const db = new DatabaseSync(join(data, file), { readOnly: true })
    for (const { name } of db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()) {
      for (const row of db.prepare(`SELECT * FROM "${String(name)}"`).all()) {
        for (const value of Object.values(row)) {
          values.push(
            value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value),
          )
        }
      }
    }
    db.close()
  }
  assertNothingOf(secrets, values)
  await assertNothingWorks(origin, values)
})

const postgres = await testPostgres('own')
const redis = await testRedis('own')
after(async () => {
  if ('stop' in postgres) await postgres.stop()
  if ('stop' in redis) await redis.stop()
})
if ('absent' in postgres) leftOut('a dump of PostgreSQL and Redis', postgres)
else if ('absent' in redis) leftOut('a dump of PostgreSQL and Redis', redis)
else {
  test('nor does one of PostgreSQL, nor one of Redis', async () => {
    const { origin } = await serving('postgres', {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
    })
    const secrets = await live(origin)
    const values = [...(await rowsOf(postgres.url)), ...(await keysOf(redis.url))]
    assertNothingOf(secrets, values)
    await assertNothingWorks(origin, values)
  })
}

async function rowsOf(connectionString: string): Promise<string[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  const { rows: tables } = await client.query(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
  )
  const values: string[] = []
  for (const { table_name: table } of tables) {
    for (const row of (await client.query(`SELECT * FROM "${table}"`)).rows) {
      for (const value of Object.values(row)) {
        if (Buffer.isBuffer(value)) values.push(value.toString('latin1'))
        else values.push(typeof value === 'object' ? JSON.stringify(value) : String(value))
      }
    }
  }
  await client.end()
  return values
}

async function keysOf(url: string): Promise<string[]> {
  const client = createClient({ url })
  await client.connect()
  const values: string[] = []
  for (const key of await client.keys('*')) {
    values.push(key)
    const type = await client.type(key)
    if (type === 'string') values.push((await client.get(key)) ?? '')
    else if (type === 'hash') values.push(...Object.entries(await client.hGetAll(key)).flat())
    else if (type === 'set') values.push(...(await client.sMembers(key)))
    else if (type === 'zset') values.push(...(await client.zRange(key, 0, -1)))
    else assert.fail(`a ${type}, which this test does not read`)
  }
  client.destroy()
  assert.ok(values.length > 0, 'Redis holds something')
  return values
}
