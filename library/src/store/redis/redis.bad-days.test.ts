import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { type TestClock, testClock } from '../../kernel/clock.ts'
import { StoreFault } from '../../kernel/fault.ts'
import { raceProcesses } from '../conformance/children.ts'
import { leftOut } from '../conformance/engines.ts'
import { account, entry, HOUR, NOW, session, together } from '../conformance/examples.ts'
import { connect, REDIS_KINDS, testRedis } from '../conformance/redis-servers.ts'
import { memoryStores } from '../memory/memory.ts'
import type { Stores } from '../port/stores.ts'
import { type RedisStores, redisStores } from './redis.ts'
import type { RedisSingle } from './wire.ts'

const DEADLINE_MS = 500
const BACKOFF = { free: 5, baseMs: 1_000, capMs: HOUR, forgetMs: HOUR }

for (const kind of REDIS_KINDS) {
  const engine = await testRedis('own', [], { kind })
  if ('absent' in engine || engine.server === undefined) {
    leftOut(`${kind}, bad days`, 'absent' in engine ? engine : { absent: 'no server of our own' })
    continue
  }
  const { server, url } = engine
  const client = await connect(url)
  after(async () => {
    client.destroy()
    await engine.stop()
  })

  interface Node {
    readonly stores: RedisStores
    readonly clock: TestClock
    readonly sent: string[]
    /** Called before each command; throws to cut the node off. */
    before: (args: readonly string[]) => void
  }

  const node = (durable: Stores = memoryStores(), prefix: string = randomUUID()): Node => {
    const clock = testClock(NOW)
    const sent: string[] = []
    const made: { before: (args: readonly string[]) => void } = { before: () => {} }
    const counted: RedisSingle = {
      get isReady() {
        return client.isReady
      },
      async sendCommand(args) {
        made.before(args)
        sent.push(args[0] ?? '')
        return client.sendCommand(args)
      },
    }
    const options = { client: counted, durable, prefix, clock, deadlineMs: DEADLINE_MS }
    return Object.assign(made, {
      stores: redisStores({ ...options, sweepEveryMs: 0, maxPending: 50, outage: 'fail' }),
      clock,
      sent,
    })
  }

  const inTime = async (work: () => Promise<unknown>): Promise<void> => {
    const since = performance.now()
    await assert.rejects(work(), StoreFault)
    assert.ok(performance.now() - since < DEADLINE_MS * 5)
  }
  const recovers = async (stores: Stores): Promise<void> => {
    const end = performance.now() + 10_000
    while (
      !(await stores.ping().then(
        () => true,
        () => false,
      ))
    ) {
      assert.ok(performance.now() < end, 'it did not recover')
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  test(`${kind}: a session check is one command, and a login-limit check of three keys is one command`, async () => {
    const { stores, sent } = node()
    const record = session()
    await stores.sessions.create(record)
    const keys = ['account', 'address', 'device'].map(key => ({ key, backoff: BACKOFF }))
    const hits = keys.map(({ key }) => ({ key, rate: { limit: 9, windowMs: HOUR } }))
    const commandsSeen = async (): Promise<number> => {
      const info = String(await client.sendCommand(['INFO', 'stats']))
      return Number(/total_commands_processed:(\d+)/.exec(info)?.[1])
    }
    for (const check of [
      () => stores.sessions.find(record.idHash),
      () => stores.counters.reserve(keys, NOW),
      () => stores.counters.hit(hits, NOW),
      () => stores.counters.peek(keys, NOW),
    ]) {
      await check()
      sent.length = 0
      await check()
      assert.equal(sent.length, 1)
    }
    // The server's own count agrees: one INFO, one check (a script's inner calls are not commands).
    const before = await commandsSeen()
    await stores.sessions.find(record.idHash)
    assert.equal(await commandsSeen(), before + 2)
  })

  test(`${kind}: a server that forgot its scripts is taught them again on the way`, async () => {
    const { stores, sent } = node()
    const reservations = [{ key: 'ann', backoff: BACKOFF }]
    await stores.counters.reserve(reservations, NOW)
    await client.sendCommand(['SCRIPT', 'FLUSH'])
    const answers = await together(20, () => stores.counters.reserve(reservations, NOW))
    assert.equal(answers.filter(([answer]) => answer?.allowed).length, 4)
    sent.length = 0
    await stores.counters.reserve(reservations, NOW)
    assert.deepEqual(sent, ['EVALSHA'])
  })

  test(`${kind}: of four processes on one server, each thing goes to one`, async () => {
    const prefix = randomUUID()
    const { stores } = node(memoryStores(), prefix)
    await raceProcesses(stores, { kind: 'redis', url, prefix })
  })

  test(`${kind}: a server that hangs fails checks in time and lets nobody in; accounts go on`, async () => {
    const { stores } = node()
    const record = session()
    await stores.sessions.create(record)
    const made = account()
    await stores.accounts.create(made)
    server.signal('SIGSTOP')
    await inTime(async () => stores.sessions.find(record.idHash))
    await inTime(() => stores.counters.reserve([{ key: 'ann', backoff: BACKOFF }], NOW))
    await inTime(() => stores.ping())
    assert.deepEqual(await stores.accounts.byId(made.id), made)
    const stricter = redisStores({ client, durable: memoryStores(), deadlineMs: DEADLINE_MS })
    const guesses = await together(20, () =>
      stricter.counters.reserve([{ key: 'ann', backoff: BACKOFF }], NOW),
    )
    await stricter.close()
    assert.equal(guesses.filter(([answer]) => answer?.allowed).length, 1)
    server.signal('SIGCONT')
    await recovers(stores)
    assert.deepEqual(await stores.sessions.find(record.idHash), record)
  })

  test(`${kind}: when too many wait for a server that hangs, the rest fail at once`, async () => {
    const { stores } = node()
    server.signal('SIGSTOP')
    let atOnce = 0
    const since = performance.now()
    await together(120, () =>
      Promise.resolve(stores.sessions.find('x')).catch(() => {
        if (performance.now() - since < DEADLINE_MS / 2) atOnce += 1
      }),
    )
    server.signal('SIGCONT')
    assert.equal(atOnce, 70)
    await recovers(stores)
  })

  test(`${kind}: a server that was killed fails at once, and serves again after its restart`, async () => {
    const { stores } = node()
    server.signal('SIGKILL')
    await server.stopped()
    await inTime(async () => stores.sessions.find('x'))
    await inTime(() => stores.sessions.create(session()))
    await server.start()
    await recovers(stores)
    const record = session()
    await stores.sessions.create(record)
    assert.deepEqual(await stores.sessions.find(record.idHash), record)
    assert.equal((await stores.counters.reserve([{ key: 'x', backoff: BACKOFF }], NOW)).length, 1)
  })

  test(`${kind}: a node that dies between the password and the sessions leaves no session alive`, async () => {
    const durable = memoryStores()
    const dying = node(durable, 'crash')
    const other = node(durable, 'crash')
    const made = account()
    const { id: accountId } = made
    await dying.stores.accounts.create(made)
    const thief = session({ accountId })
    await dying.stores.sessions.create(thief)
    dying.before = () => {
      throw new Error('the node is dead')
    }
    const change = dying.stores.accounts.update(
      accountId,
      1,
      { passwordHash: 'new' },
      { endSessions: 'all' },
    )
    await assert.rejects(change, StoreFault)
    assert.equal((await durable.accounts.byId(accountId))?.passwordHash, 'new')
    other.clock.advance(2_000)
    assert.equal(await other.stores.sweep(), 1)
    assert.equal(await other.stores.sessions.find(thief.idHash), undefined)
    assert.equal(await other.stores.sweep(), 0)
  })

  test(`${kind}: a node that dies half-way through ending sessions is finished by another`, async () => {
    const durable = memoryStores()
    const dying = node(durable, 'half')
    const other = node(durable, 'half')
    const made = account()
    const { id: accountId } = made
    await dying.stores.accounts.create(made)
    const records = Array.from({ length: 5 }, () => session({ accountId }))
    for (const record of records) await dying.stores.sessions.create(record)
    let deleted = 0
    dying.before = args => {
      if (args[0] === 'DEL') deleted += 1
      if (deleted > 2) throw new Error('the node is dead')
    }
    await assert.rejects(dying.stores.accounts.remove(accountId, 1), StoreFault)
    other.clock.advance(2_000)
    await other.stores.sweep()
    const found = await Promise.all(records.map(one => other.stores.sessions.find(one.idHash)))
    assert.deepEqual(
      found,
      Array.from({ length: 5 }, () => undefined),
    )
  })

  test(`${kind}: who signs in right after a reset is not signed out by the sweep that finds it done`, async () => {
    const { stores, clock } = node()
    const made = account()
    const { id: accountId } = made
    await stores.accounts.create(made)
    await stores.sessions.create(session({ accountId }))
    const [mine, next] = [session({ accountId }), session({ accountId })]
    const along = { endSessions: 'all' as const, startSession: mine }
    assert.equal(await stores.accounts.update(accountId, 1, {}, along), 'done')
    await stores.sessions.create(next)
    clock.advance(2_000)
    assert.equal(await stores.sweep(), 1)
    const alive = await stores.sessions.ofAccount(accountId, NOW)
    assert.deepEqual(
      alive.map(one => one.idHash).toSorted(),
      [mine, next].map(one => one.idHash).toSorted(),
    )
  })

  test(`${kind}: a login that is overtaken by a reset does not get its session`, async () => {
    const durable = memoryStores()
    const slow = node(durable, 'overtaken')
    const reset = node(durable, 'overtaken')
    const made = account()
    const { id: accountId } = made
    await durable.accounts.create(made)
    const begun = session({ accountId })
    let overtaken: Promise<unknown> | undefined
    const { update } = durable.accounts
    const overtaking: Stores = {
      ...durable,
      accounts: {
        ...durable.accounts,
        async update(...args) {
          const answer = await update(...args)
          // The login is durable, its session not yet begun: now the reset comes through.
          overtaken = reset.stores.accounts.update(accountId, 2, {}, { endSessions: 'all' })
          await overtaken
          return answer
        },
      },
    }
    const login = node(overtaking, 'overtaken')
    assert.equal(
      await login.stores.accounts.update(accountId, 1, {}, { startSession: begun }),
      'done',
    )
    assert.equal(await overtaken, 'done')
    assert.equal(await slow.stores.sessions.find(begun.idHash), undefined)
    assert.deepEqual(await slow.stores.sessions.ofAccount(accountId, NOW), [])
    assert.equal(await slow.stores.sessions.count(NOW), 0)
  })

  test(`${kind}: while Redis is away an account changes, and its sessions end when Redis is back`, async () => {
    const { stores, clock } = node()
    const made = account()
    const { id: accountId } = made
    await stores.accounts.create(made)
    const record = session({ accountId })
    await stores.sessions.create(record)
    server.signal('SIGSTOP')
    const events = [entry({ targetId: accountId })]
    await inTime(() => stores.accounts.update(accountId, 1, {}, { endSessions: 'all', events }))
    clock.advance(2_000)
    await inTime(() => stores.sweep())
    server.signal('SIGCONT')
    await recovers(stores)
    clock.advance(30_000)
    await stores.sweep()
    assert.equal(await stores.sessions.find(record.idHash), undefined)
    assert.equal((await stores.auditLog.read({ limit: 9, targetId: accountId })).length, 1)
  })

  test(`${kind}: with sessions left in the durable store they go on when Redis hangs`, async () => {
    const durable = memoryStores()
    const stores = redisStores({ client, durable, sessions: 'durable', deadlineMs: DEADLINE_MS })
    const record = session()
    await stores.sessions.create(record)
    server.signal('SIGSTOP')
    assert.deepEqual(await stores.sessions.find(record.idHash), record)
    server.signal('SIGCONT')
    await recovers(stores)
    await stores.close()
  })

  test(`${kind}: the sweep runs by itself, and stops when the store is closed`, async () => {
    const durable = memoryStores()
    const options = { client, durable, prefix: randomUUID(), deadlineMs: DEADLINE_MS }
    const stores = redisStores({ ...options, clock: () => NOW, sweepEveryMs: 5 })
    const made = account()
    await stores.accounts.create(made)
    await stores.accounts.update(made.id, 1, {}, { endSessions: 'all' })
    const late = redisStores({ ...options, clock: () => NOW + 5_000, sweepEveryMs: 5 })
    const end = performance.now() + 5_000
    while ((await durable.jobs.backlog('bulwark.end-sessions')).waiting > 0) {
      assert.ok(performance.now() < end)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    await Promise.all([stores.close(), late.close()])
  })

  test(`${kind}: with a cache a session check costs nothing, and a revocation elsewhere is seen within a second`, async () => {
    const clock = testClock(NOW)
    const options = {
      client,
      durable: memoryStores(),
      prefix: randomUUID(),
      sweepEveryMs: 0,
      clock,
    }
    const [near, far] = [redisStores({ ...options, cacheMs: 1_000 }), redisStores(options)]
    const record = session()
    await far.sessions.create(record)
    assert.ok(await near.sessions.find(record.idHash))
    await far.sessions.revoke(record.idHash)
    assert.ok(await near.sessions.find(record.idHash))
    clock.advance(1_000)
    assert.equal(await near.sessions.find(record.idHash), undefined)
    assert.throws(() => redisStores({ ...options, cacheMs: 2_000 }), { name: 'ConfigFault' })
  })

  test(`${kind}: a prefix that would move keys to other slots is refused`, () => {
    const durable = memoryStores()
    assert.throws(() => redisStores({ client, durable, prefix: 'a{b}' }), { name: 'ConfigFault' })
    assert.throws(() => redisStores({ client, durable, deadlineMs: 0 }), { name: 'ConfigFault' })
  })
}
