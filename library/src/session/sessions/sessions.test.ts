import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { testClock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { deriveKeys } from '../../kernel/keys.ts'
import { systemRandom } from '../../kernel/random.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import { sqliteStores } from '../../store/sqlite/sqlite.ts'
import { bindingOf, type Issued, type SessionsOptions, sessions } from './sessions.ts'

const ANN = { id: 'ann', role: 'user' }
const MINUTE = 60_000

function keeping(options: SessionsOptions = {}, store = memoryStores().sessions) {
  const clock = testClock()
  const calls: string[] = []
  const watched = new Proxy(store, {
    get(target, verb: keyof typeof store) {
      return (...args: never[]) => {
        calls.push(verb)
        return (target[verb] as (...args: never[]) => unknown)(...args)
      }
    },
  })
  const keys = deriveKeys(Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + 3)))
  const keeper = sessions(options, { store: watched, keys, clock, random: systemRandom() })
  const proof = {
    factors: [{ factor: 'pwd', at: clock() }],
    address: '192.0.2.1',
    device: 'Firefox',
  }
  const sent = (issued: Issued): string => issued.cookie.split(';')[0] ?? ''
  return { keeper, clock, calls, proof, sent, store, start: () => keeper.start(ANN, proof) }
}

test('a visitor without a cookie costs neither promise nor store', () => {
  const { keeper, calls } = keeping()
  assert.equal(keeper.load(undefined), undefined)
  assert.equal(keeper.load('theme=dark'), undefined)
  assert.equal(keeper.load('__Host-session=short'), undefined)
  assert.deepEqual(calls, [])
})

test('who signed in is known by the cookie, at one read', async () => {
  const { keeper, calls, sent, start } = keeping()
  const issued = await start()
  calls.length = 0
  const session = await keeper.load(`theme=dark; ${sent(issued)}`)
  assert.equal(session?.accountId, 'ann')
  assert.deepEqual(calls, ['find'])
})

test('a dump of the store holds nothing that works as a cookie', async () => {
  const { keeper, sent, start } = keeping()
  const issued = await start()
  const dump = JSON.stringify(issued.record)
  assert.ok(!dump.includes(sent(issued).split('=')[1] ?? 'missing'))
  assert.equal(await keeper.load(`__Host-session=${issued.record.idHash}`), undefined)
})

test('another spelling of the same bytes is no session', async () => {
  const { keeper, sent, start } = keeping()
  const token = sent(await start())
  const last = token.at(-1) ?? ''
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const next = alphabet[alphabet.indexOf(last) ^ 1] ?? ''
  assert.equal(
    Buffer.from(token.slice(15), 'base64url').compare(
      Buffer.from(`${token.slice(15, -1)}${next}`, 'base64url'),
    ),
    0,
  )
  assert.equal(await keeper.load(`${token.slice(0, -1)}${next}`), undefined)
})

test('an unused session ends after half an hour, a used one lives on', async () => {
  const { keeper, clock, sent, start } = keeping()
  const [left, used] = [sent(await start()), sent(await start())]
  for (let minute = 0; minute < 31; minute += 10) {
    clock.advance(10 * MINUTE)
    assert.ok(await keeper.load(used))
  }
  assert.equal(await keeper.load(left), undefined)
})

test('a session ends after twelve hours however busy it is', async () => {
  const { keeper, clock, sent, start } = keeping()
  const cookie = sent(await start())
  for (let minute = 0; minute < 12 * 60 - 20; minute += 20) {
    clock.advance(20 * MINUTE)
    assert.ok(await keeper.load(cookie), `minute ${minute}`)
  }
  clock.advance(20 * MINUTE)
  assert.equal(await keeper.load(cookie), undefined)
})

test('a session that was used a moment before its end has ended all the same', async () => {
  const { keeper, clock, sent, start } = keeping({ idleSeconds: 600, absoluteSeconds: 600 })
  const cookie = sent(await start())
  clock.advance(10 * MINUTE - 5_000)
  assert.ok(await keeper.load(cookie))
  clock.advance(5_000)
  assert.equal(await keeper.load(cookie), undefined)
})

test('a busy session is written once a minute, not at every request', async () => {
  const { keeper, clock, calls, sent, start } = keeping()
  const cookie = sent(await start())
  calls.length = 0
  for (let second = 0; second < 180; second++) {
    clock.advance(1000)
    await keeper.load(cookie)
  }
  assert.equal(calls.filter(verb => verb === 'touch').length, 3)
})

test('a revoked session is refused at the very next request', async () => {
  const { keeper, sent, start } = keeping()
  const issued = await start()
  const session = await keeper.load(sent(issued))
  assert.ok(session)
  assert.equal(await keeper.end(session), true)
  assert.equal(await keeper.load(sent(issued)), undefined)
  assert.equal(await keeper.end(session), false)
})

test('G22: a session revoked on one node is refused on another at the next request', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-nodes-'))
  const path = join(folder, 'nodes.db')
  const [here, there] = [sqliteStores({ path }), sqliteStores({ path })]
  const one = keeping({}, here.sessions)
  const other = keeping({}, there.sessions)
  const cookie = one.sent(await one.start())
  const session = await other.keeper.load(cookie)
  assert.ok(session)
  await one.keeper.end(session)
  assert.equal(await other.keeper.load(cookie), undefined)
  await Promise.all([here.close(), there.close()])
  rmSync(folder, { recursive: true, force: true })
})

test('an id that was planted before sign-in is worth nothing after it', async () => {
  const { keeper, sent, start } = keeping()
  const before = await start()
  const session = await keeper.load(sent(before))
  assert.ok(session)
  const after = await keeper.rotate(session, { authenticatedAt: 1 })
  assert.ok(after)
  assert.equal(await keeper.load(sent(before)), undefined)
  const now = await keeper.load(sent(after))
  assert.equal(now?.id, session.id)
  assert.equal(now?.authenticatedAt, 1)
  assert.equal(now?.expiresAt, session.expiresAt)
  assert.ok(now)
  assert.notEqual(bindingOf(now), bindingOf(session))
})

test('of ten rotations at once one wins and the others get nothing', async () => {
  const { keeper, sent, start } = keeping()
  const session = await keeper.load(sent(await start()))
  assert.ok(session)
  const won = await Promise.all(Array.from({ length: 10 }, () => keeper.rotate(session)))
  assert.equal(won.filter(one => one !== undefined).length, 1)
  assert.equal((await keeper.list('ann')).length, 1)
})

test('a list shows the live sessions of the owner, newest use first', async () => {
  const { keeper, clock, sent, start } = keeping()
  const [first, second] = [await start(), await start()]
  await keeper.start({ id: 'bob', role: 'user' }, { factors: [], address: '', device: '' })
  clock.advance(2 * MINUTE)
  await keeper.load(sent(first))
  assert.deepEqual(
    (await keeper.list('ann')).map(one => one.id),
    [first.record.id, second.record.id],
  )
  assert.equal(await keeper.endById('bob', first.record.id), false)
  assert.equal(await keeper.endById('ann', first.record.id), true)
  assert.equal(await keeper.endAll('ann', second.record), 0)
  assert.equal(await keeper.endAll('ann'), 1)
})

for (const [driver, stores] of [
  ['memory', memoryStores()],
  ['sqlite', sqliteStores({ path: ':memory:' })],
] as const) {
  test(`${driver}: twenty sign-ins at once leave three where three are allowed`, async () => {
    const { keeper, start } = keeping({ maxPerAccount: 3 }, stores.sessions)
    await Promise.all(Array.from({ length: 20 }, start))
    assert.equal((await keeper.list('ann')).length, 3)
    await stores.close()
  })
}

test('over plain http the cookie says so in its name', async () => {
  const { keeper, sent, start } = keeping({ dangerouslyAllowHttp: true })
  const issued = await start()
  assert.match(issued.cookie, /^session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
  assert.ok(await keeper.load(sent(issued)))
  assert.match(keeper.cleared, /^session=; Max-Age=0/)
})

const wrong: readonly [what: string, options: SessionsOptions, option: string][] = [
  ['two hours idle under AAL2', { idleSeconds: 7200 }, 'session.idleSeconds'],
  ['two days under AAL2', { absoluteSeconds: 172_800 }, 'session.absoluteSeconds'],
  ['twenty minutes idle under AAL3', { profile: 'aal3', idleSeconds: 1200 }, 'session.idleSeconds'],
  ['zero seconds', { idleSeconds: 0 }, 'session.idleSeconds'],
  ['no number', { absoluteSeconds: Number.NaN }, 'session.absoluteSeconds'],
  ['an empty reason', { idleSeconds: 7200, dangerouslyLongerBecause: ' ' }, 'session.idleSeconds'],
  ['idle above absolute', { idleSeconds: 1800, absoluteSeconds: 60 }, 'session.idleSeconds'],
  ['no session at all', { maxPerAccount: 0 }, 'session.maxPerAccount'],
]
for (const [what, options, option] of wrong) {
  test(`stops the start for ${what}`, () => {
    assert.throws(
      () => keeping(options),
      (error: unknown) => error instanceof ConfigFault && error.option === option,
    )
  })
}

test('longer than the profile is possible with a reason', () => {
  keeping({
    profile: 'aal1',
    idleSeconds: 90 * 86_400,
    absoluteSeconds: 90 * 86_400,
    dangerouslyLongerBecause: 'a reading app without anything to buy',
  })
})
