import { createClient, createCluster } from 'redis'
import type { RedisCluster, RedisSingle } from '../redis/wire.ts'
import type { Absent } from './engines.ts'
import { findProgram, freePort, HERE, type Place, startServer, type TestServer } from './servers.ts'

/** The two servers that speak this protocol: what is promised of one is tested on both. */
export type RedisKind = 'redis' | 'valkey'
export const REDIS_KINDS: readonly RedisKind[] = ['redis', 'valkey']

/** One server of a test. */
export interface TestRedis {
  readonly url: string
  /** What answers there: `Redis 7.0.15`, `Valkey 8.0.1`. */
  readonly engine: string
  /** The server, when the test started it and may do as it likes with it. */
  readonly server: TestServer | undefined
  stop(): Promise<void>
}

/** Three masters that share the slots. */
export interface TestRedisCluster {
  readonly urls: readonly string[]
  readonly engine: string
  readonly servers: readonly TestServer[]
  stop(): Promise<void>
}

/** Clients are closed by who made them. */
export interface Closable {
  close(): Promise<void>
  destroy(): void
}

/** Which server it is to be (either, unless told), and where it stands. */
export interface Wanted {
  readonly kind?: RedisKind
  readonly place?: Place
}

const FOUND = {
  redis: { program: 'redis-server', given: 'BULWARK_TEST_REDIS_URL' },
  valkey: { program: 'valkey-server', given: 'BULWARK_TEST_VALKEY_URL' },
} as const

/**
 * The server of BULWARK_TEST_REDIS_URL or BULWARK_TEST_VALKEY_URL, or one of the test's own; with
 * `own` only the latter, and `more` then follows its own arguments.
 */
export async function testRedis(
  own?: 'own',
  more: readonly string[] = [],
  wanted: Wanted = {},
): Promise<TestRedis | Absent> {
  const given = own === undefined ? givenUrl(wanted) : undefined
  if (given !== undefined) {
    const engine = await engineAt(given)
    if (wanted.kind !== undefined && !engine.toLowerCase().startsWith(`${wanted.kind} `)) {
      throw new Error(`${FOUND[wanted.kind].given} names ${engine}`)
    }
    return { url: given, engine, server: undefined, stop: async () => {} }
  }
  const server = await start(more, wanted)
  if ('absent' in server) return server
  const url = urlOf(server, wanted.place)
  return { url, engine: await engineAt(url), server, stop: () => server.stop() }
}

export async function testRedisCluster(kind?: RedisKind): Promise<TestRedisCluster | Absent> {
  const servers: TestServer[] = []
  const wanted = kind === undefined ? {} : { kind }
  for (let node = 0; node < 3; node += 1) {
    const bus = await freePort()
    const server = await start(['--cluster-enabled', 'yes', '--cluster-port', `${bus}`], wanted)
    if ('absent' in server) return server
    servers.push(server)
    await introduce(server, bus, node, servers)
  }
  await Promise.all(servers.map(untilWhole))
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(server => server.stop()))
  }
  const urls = servers.map(server => urlOf(server))
  return { urls, engine: await engineAt(urls[0] ?? ''), servers, stop }
}

function givenUrl({ kind }: Wanted): string | undefined {
  const kinds = kind === undefined ? REDIS_KINDS : [kind]
  return kinds
    .map(one => process.env[FOUND[one].given])
    .find(url => url !== undefined && url !== '')
}

/** Valkey calls itself `redis_version:7.2.4` too, the Redis whose commands it keeps. */
async function engineAt(url: string): Promise<string> {
  const client = await connect(url)
  const info = String(await client.sendCommand(['INFO', 'server']))
  await client.close()
  const said = (field: string): string | undefined =>
    new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const valkey = said('valkey_version')
  return valkey === undefined ? `Redis ${said('redis_version')}` : `Valkey ${valkey}`
}

/** A connected client; every error is the caller's to see through its commands. */
export async function connect(url: string): Promise<RedisSingle & Closable> {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: 50 },
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

export async function connectCluster(urls: readonly string[]): Promise<RedisCluster & Closable> {
  const cluster = createCluster({
    rootNodes: urls.map(url => ({ url })),
    defaults: { disableOfflineQueue: true, socket: { reconnectStrategy: 50 } },
  })
  cluster.on('error', () => {})
  await cluster.connect()
  return cluster
}

function start(more: readonly string[], { kind, place }: Wanted): Promise<TestServer | Absent> {
  const programs = (kind === undefined ? REDIS_KINDS : [kind]).map(one => FOUND[one].program)
  const program = findProgram(programs)
  if (program === undefined) {
    return Promise.resolve({ absent: `no \`${programs.join('` or `')}\` on this machine` })
  }
  const { address } = place ?? HERE
  return startServer({
    program,
    place,
    arguments: (port, directory) => [
      ...['--port', `${port}`, '--bind', address, '--protected-mode', 'no'],
      ...['--dir', directory, '--save', ''],
      ...['--appendonly', 'no', '--enable-debug-command', 'yes', ...more],
    ],
    answers: async port => {
      const client = createClient({
        url: `redis://${address}:${port}`,
        socket: { reconnectStrategy: false },
      })
      client.on('error', () => {})
      await client.connect()
      await client.close()
    },
    farewell: 'SIGKILL',
  })
}

/** Gives a new node its third of the slots and lets it meet the first one. */
async function introduce(
  server: TestServer,
  bus: number,
  node: number,
  servers: readonly TestServer[],
): Promise<void> {
  const third = Math.ceil(16_384 / 3)
  const slots = [third * node, Math.min(16_383, third * (node + 1) - 1)].map(String)
  const client = await connect(urlOf(server))
  await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', ...slots])
  await client.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', `${node + 1}`])
  await client.close()
  const [first] = servers
  if (first === undefined || first === server) return
  const elder = await connect(urlOf(first))
  await elder.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', `${server.port}`, `${bus}`])
  await elder.close()
}

async function untilWhole(server: TestServer): Promise<void> {
  const client = await connect(urlOf(server))
  for (;;) {
    const info = String(await client.sendCommand(['CLUSTER', 'INFO']))
    if (info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')) break
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  await client.close()
}

function urlOf(server: TestServer, { address }: Place = HERE): string {
  return `redis://${address}:${server.port}`
}
