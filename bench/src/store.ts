import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { memoryStores } from 'bulwark/memory'
import { postgresStores } from 'bulwark/postgres'
import { type RedisClient, redisStores } from 'bulwark/redis'
import { sqliteStores } from 'bulwark/sqlite'
import type { Stores } from 'bulwark/stores'
import { freePort } from './contender.ts'
import { installedPeers } from './peers.ts'
import { shown, spread } from './statistics.ts'

/** One call of what is measured. */
type Call = (index: number) => unknown
type Session = Parameters<Stores['sessions']['create']>[0]

interface Of {
  readonly redis: Redis
  readonly rounds: number
}

interface Redis {
  /** Microseconds of CPU that the server's main thread has used so far. */
  cpu(): Promise<number>
  readonly client: RedisClient & {
    sendCommand(args: string[]): Promise<unknown>
    destroy(): void
  }
  /** A package that stands beside the client: the peers, if they are installed there. */
  load(name: string): Promise<Record<string, unknown> | undefined>
  stop(): Promise<void>
}

const NOW = Date.now()
const CALLS = 20_000
const HOUR = 3_600_000
const RATE = { limit: 1e9, windowMs: 900_000 }
const BACKOFF = { free: 1e9, baseMs: 1_000, capMs: HOUR, forgetMs: HOUR }

function nameOf(index: number): string {
  return `session-${index}`.padEnd(43, 'x')
}

function session(index: number): Session {
  return {
    idHash: nameOf(index),
    id: randomUUID(),
    accountId: randomUUID(),
    role: 'user',
    createdAt: NOW,
    authenticatedAt: NOW,
    factors: [{ factor: 'pwd', at: NOW }],
    lastSeenAt: NOW,
    idleExpiresAt: NOW + HOUR,
    expiresAt: NOW + 12 * HOUR,
    address: '192.0.2.1',
    device: 'Firefox, Linux',
  }
}

/** Microseconds a call, with so many in flight. */
async function timed(call: Call, calls: number, inFlight: number): Promise<number> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < calls) await call(next++)
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: inFlight }, lane))
  return ((performance.now() - start) * 1000) / calls
}

/** Microseconds of CPU a call, of this process and of the server. */
async function burnt(call: Call, calls: number, redis: Redis): Promise<readonly [number, number]> {
  const [before, here] = [await redis.cpu(), process.threadCpuUsage()]
  await timed(call, calls, 64)
  const { user, system } = process.threadCpuUsage(here)
  return [(user + system) / calls, ((await redis.cpu()) - before) / calls]
}

/**
 * Ours against a peer in turns; above one means that ours can do more. What can be done a second is
 * decided by the busier side, client or server, when each has a core: so a loaded machine shows the
 * same ratio as a quiet one.
 */
async function against(what: string, ours: Call, peer: Call, of: Of): Promise<void> {
  const costs: (readonly [number, number])[] = []
  const ratios: number[] = []
  for (let round = 0; round <= of.rounds; round++) {
    const first = round % 2 === 0
    const before = first ? undefined : await burnt(peer, CALLS, of.redis)
    const mine = await burnt(ours, CALLS, of.redis)
    const theirs = before ?? (await burnt(peer, CALLS, of.redis))
    // The first round warms both up.
    if (round === 0) continue
    costs.push(mine)
    ratios.push(Math.max(...theirs) / Math.max(...mine))
  }
  const client = spread(costs.map(cost => cost[0])).median.toFixed(1)
  const server = spread(costs.map(cost => cost[1])).median.toFixed(1)
  const cost = `${client} us client, ${server} us server`
  console.log(what.padEnd(50), cost.padEnd(32), shown(spread(ratios)))
}

async function redisBench(of: Of): Promise<void> {
  const { redis } = of
  const { client } = redis
  const durable = memoryStores()
  const stores = redisStores({ client, durable, sweepEveryMs: 0, deadlineMs: 60_000 })
  const sessions = Array.from({ length: 1_000 }, (_, index) => session(index))
  for (const record of sessions) await stores.sessions.create(record)
  const find: Call = index => stores.sessions.find(sessions[index % 1_000]?.idHash ?? '')
  const key = (word: string, index: number): string => `${word}:${index % 1_000}`

  const peerSessions = await redis.load('connect-redis')
  if (peerSessions === undefined) console.log('connect-redis is not installed: left out')
  else {
    const Store = peerSessions['RedisStore'] as new (
      options: object,
    ) => {
      get(id: string): Promise<unknown>
      set(id: string, value: object): Promise<void>
    }
    const store = new Store({ client })
    for (const record of sessions) await store.set(record.idHash, { cookie: {}, ...record })
    const get: Call = index => store.get(sessions[index % 1_000]?.idHash ?? '')
    await against('session check against connect-redis', find, get, of)
  }

  const peerLimits = await redis.load('rate-limiter-flexible')
  if (peerLimits === undefined) console.log('rate-limiter-flexible is not installed: left out')
  else {
    const Limiter = peerLimits['RateLimiterRedis'] as new (
      options: object,
    ) => {
      consume(key: string): Promise<unknown>
    }
    const options = { storeClient: client, useRedisPackage: true, points: 1e9, duration: 900 }
    const [byAccount, byAddress] = [
      new Limiter({ ...options, keyPrefix: 'account' }),
      new Limiter({ ...options, keyPrefix: 'address' }),
    ]
    await against(
      'one limit against rate-limiter-flexible',
      index => stores.counters.hit([{ key: key('account', index), rate: RATE }], NOW),
      index => byAccount.consume(key('account', index)),
      of,
    )
    const both: Call = index =>
      Promise.all([byAccount.consume(key('a', index)), byAddress.consume(key('b', index))])
    await against(
      'login limit (account, address) against two of its limiters',
      index =>
        stores.counters.reserve(
          [
            { key: key('account', index), backoff: BACKOFF },
            { key: key('address', index), backoff: BACKOFF },
          ],
          NOW,
        ),
      both,
      of,
    )
  }
  await stores.close()
}

/** A store with a thousand sessions beside one with many, and how they came there. */
interface Grown {
  readonly kind: string
  readonly few: Stores
  readonly many: Stores
  /** Microseconds a check takes; of the wall clock unless told. */
  cost?(call: Call, of: 'few' | 'many'): Promise<number>
}

const FEW = 1_000
/** Hash and name are the same in every store, so that what is asked is the same. */
async function filled(stores: Stores, count: number): Promise<Stores> {
  for (let from = 0; from < count; from += 500) {
    const group = Array.from({ length: 500 }, (_, index) => session(from + index))
    await Promise.all(group.map(record => stores.sessions.create(record)))
  }
  return stores
}

/**
 * Time per check among many sessions over that among a thousand, the two asked in turns. Asked are
 * any of the many, each as likely as the next (nothing of it is in a processor's cache, which is the
 * worst case), or always the same thousand (what people who are active now do).
 */
async function growth(grown: Grown, most: number, rounds: number): Promise<void> {
  const { kind, few, many, cost = (call: Call) => timed(call, CALLS, 16) } = grown
  const asking = (stores: Stores, among: number): Call => {
    // The names are made before, or making them would be measured.
    const names = Array.from({ length: CALLS }, (_, index) => nameOf((index * 7_919) % among))
    return index => stores.sessions.find(names[index] ?? '')
  }
  const small = asking(few, FEW)
  for (const [what, among] of [
    ['any of them', most],
    ['a thousand active', FEW],
  ] as const) {
    const big = asking(many, among)
    const [times, ratios]: [number[], number[]] = [[], []]
    for (let round = 0; round <= rounds; round++) {
      const turns = round % 2 === 0 ? [small, big] : [big, small]
      const took = new Map<Call, number>()
      for (const call of turns) took.set(call, await cost(call, call === big ? 'many' : 'few'))
      // The first round warms both up.
      if (round === 0) continue
      times.push(took.get(big) ?? 0)
      ratios.push((took.get(big) ?? 0) / (took.get(small) ?? 1))
    }
    console.log(
      `${kind}, ${most.toLocaleString('en')} sessions, ${what}`.padEnd(50),
      `${spread(times).median.toFixed(2)} us a check`.padEnd(24),
      shown(spread(ratios)),
    )
  }
}

/** Makes the sessions of `nameOf` out of one that stands in Redis already, on the server itself. */
const COPY = `
local value, life = redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])
local head, tail = ARGV[3], ARGV[4]
for i = ARGV[1], ARGV[2] do
  local name = 'session-' .. string.format('%.0f', i)
  redis.call('SET', head .. name .. string.rep('x', 43 - #name) .. tail, value, 'PX', life)
end`

async function filledRedis(redis: Redis, count: number): Promise<Stores> {
  const patient = { durable: memoryStores(), sweepEveryMs: 0, deadlineMs: 60_000 }
  const stores = redisStores({ ...patient, client: redis.client, prefix: 'growth' })
  await stores.sessions.create(session(0))
  const [key = ''] = ((await redis.client.sendCommand(['KEYS', `*${nameOf(0)}*`])) as string[])
    .map(String)
    .filter(name => name.includes(':s:'))
  const [head = '', tail = ''] = key.split(nameOf(0))
  for (let from = 1; from < count; from += 10_000) {
    const to = Math.min(count, from + 10_000) - 1
    await redis.client.sendCommand(['EVAL', COPY, '1', key, `${from}`, `${to}`, head, tail])
  }
  return stores
}

interface Servers {
  query(url: string, sql: string): Promise<void>
  testPostgres(
    own: 'own',
    more: readonly string[],
  ): Promise<{ readonly url?: string; stop?(): Promise<void> }>
}

/** PostgreSQL of its own, with memory for what it holds, as the page on production advises. */
async function postgresGrowth(most: number, rounds: number): Promise<void> {
  const { query, testPostgres }: Servers = await import(
    new URL('../../library/src/store/conformance/engines.ts', import.meta.url).href
  )
  const server = await testPostgres('own', ['-c', 'shared_buffers=512MB'])
  const { url } = server
  if (url === undefined) {
    console.log('postgres is not installed: left out')
    return
  }
  const made: Stores[] = []
  for (const [name, count] of [
    ['few', FEW],
    ['many', most],
  ] as const) {
    await query(url, `CREATE DATABASE ${name}`)
    const own = new URL(url)
    own.pathname = `/${name}`
    const stores = await postgresStores({ connectionString: own.href, migrate: 'apply' })
    const columns =
      'id, account_id, role, created_at, authenticated_at, factors, last_seen_at, ' +
      'idle_expires_at, expires_at, address, device, ends_at'
    await stores.sessions.create(session(0))
    await query(
      own.href,
      `INSERT INTO bulwark_sessions (id_hash, ${columns}) ` +
        `SELECT rpad('session-' || n, 43, 'x'), ${columns} ` +
        `FROM bulwark_sessions, generate_series(1, ${count - 1}) n`,
    )
    await query(own.href, 'VACUUM ANALYZE bulwark_sessions')
    made.push(stores)
  }
  const [few, many] = made
  if (few !== undefined && many !== undefined) {
    await growth({ kind: 'postgres', few, many }, most, rounds)
  }
  for (const stores of made) await stores.close()
  await server.stop?.()
}

async function startRedis(peers: string): Promise<Redis | undefined> {
  const require = createRequire(join(peers, 'package.json'))
  const load = async (name: string): Promise<Record<string, unknown> | undefined> => {
    try {
      return await import(require.resolve(name))
    } catch {
      return undefined
    }
  }
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-redis-'))
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const server = spawn('redis-server', settings, { stdio: 'ignore' })
  process.once('exit', () => server.kill('SIGKILL'))
  const failed = once(server, 'error').then(() => true)
  const redis = await load('redis')
  if (redis === undefined || (await Promise.race([failed, once(server, 'spawn')])) === true) {
    server.kill()
    return undefined
  }
  const createClient = redis['createClient'] as (options: object) => Redis['client'] & {
    on(event: string, listener: () => void): void
    connect(): Promise<unknown>
  }
  const client = createClient({
    url: `redis://127.0.0.1:${port}`,
    socket: { reconnectStrategy: 50 },
  })
  client.on('error', () => {})
  await client.connect()
  return {
    client,
    load,
    async cpu() {
      const info = String(await client.sendCommand(['INFO', 'cpu']))
      const of = (kind: string): number =>
        Number(new RegExp(`used_cpu_${kind}_main_thread:([0-9.]+)`).exec(info)?.[1])
      return (of('user') + of('sys')) * 1e6
    },
    async stop() {
      const gone = once(server, 'exit')
      client.destroy()
      server.kill('SIGKILL')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What the stores cost: a session check and a login limit on Redis beside the peers, and growth. */
export async function storeBench(options: {
  readonly rounds: number
  readonly most: number
  /** A folder in whose `node_modules` the peers and their client are found. */
  readonly peers: string
}): Promise<void> {
  const { rounds, most, peers } = options
  const redis = await startRedis(peers)
  if (redis === undefined)
    console.log('redis-server or the package redis is not installed: left out')
  else await redisBench({ redis, rounds })
  await redis?.stop()
  console.log('\nTime per check, among many sessions over among a thousand')

  const few = await filled(memoryStores(), FEW)
  await growth({ kind: 'memory', few, many: await filled(memoryStores(), most) }, most, rounds)

  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-store-'))
  const files = [sqliteStores({ path: join(folder, 'few.db') })]
  files.push(sqliteStores({ path: join(folder, 'many.db') }))
  const [one, other] = files
  if (one !== undefined && other !== undefined) {
    await filled(one, FEW)
    await filled(other, most)
    await growth({ kind: 'sqlite', few: one, many: other }, most, rounds)
  }
  for (const file of files) await file.close()
  rmSync(folder, { recursive: true, force: true })

  const [small, large] = [await startRedis(peers), await startRedis(peers)]
  if (small !== undefined && large !== undefined) {
    const [thousand, many] = [await filledRedis(small, FEW), await filledRedis(large, most)]
    // The CPU of both sides, since other work on the machine decides about the wall clock.
    const cost = async (call: Call, of: 'few' | 'many'): Promise<number> => {
      const [client, server] = await burnt(call, CALLS, of === 'few' ? small : large)
      return client + server
    }
    await growth({ kind: 'redis', few: thousand, many, cost }, most, rounds)
    const single = (call: Call): Promise<number> => timed(call, CALLS, 1)
    const alone = { kind: 'redis alone', few: thousand, many, cost: single }
    await growth(alone, most, rounds)
  }
  await Promise.all([small?.stop(), large?.stop()])
  await postgresGrowth(most, rounds)
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      most: { type: 'string', default: '1000000' },
    },
  })
  const peers = installedPeers()
  await storeBench({ rounds: Number(values.rounds), most: Number(values.most), peers })
  process.exit(0)
}
