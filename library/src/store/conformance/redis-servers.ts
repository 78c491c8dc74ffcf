import { createClient, createCluster } from 'redis'
import type { RedisCluster, RedisSingle } from '../redis/wire.ts'
import type { Absent } from './engines.ts'
import { findProgram, freePort, HERE, type Place, startServer, type TestServer } from './servers.ts'

/** One Redis or Valkey server of a test. */
export interface TestRedis {
  readonly url: string
  /** The server, when the test started it and may do as it likes with it. */
  readonly server: TestServer | undefined
  stop(): Promise<void>
}

/** Three masters that share the slots. */
export interface TestRedisCluster {
  readonly urls: readonly string[]
  readonly servers: readonly TestServer[]
  stop(): Promise<void>
}

/** Clients are closed by who made them. */
export interface Closable {
  close(): Promise<void>
  destroy(): void
}

const PROGRAMS = ['redis-server', 'valkey-server']
const ABSENT: Absent = { absent: 'no `redis-server` or `valkey-server` on this machine' }

/**
 * The server of BULWARK_TEST_REDIS_URL, or one of the test's own; with `own` only the latter, and
 * `more` then follows its own arguments.
 */
export async function testRedis(
  own?: 'own',
  more: readonly string[] = [],
  place?: Place,
): Promise<TestRedis | Absent> {
  const given = process.env['BULWARK_TEST_REDIS_URL']
  if (given !== undefined && given !== '' && own === undefined) {
    return { url: given, server: undefined, stop: async () => {} }
  }
  const server = await start(more, place)
  if ('absent' in server) return server
  return { url: urlOf(server, place), server, stop: () => server.stop() }
}

export async function testRedisCluster(): Promise<TestRedisCluster | Absent> {
  const servers: TestServer[] = []
  for (let node = 0; node < 3; node += 1) {
    const bus = await freePort()
    const server = await start(['--cluster-enabled', 'yes', '--cluster-port', `${bus}`])
    if ('absent' in server) return server
    servers.push(server)
    await introduce(server, bus, node, servers)
  }
  await Promise.all(servers.map(untilWhole))
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(server => server.stop()))
  }
  return { urls: servers.map(server => urlOf(server)), servers, stop }
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

function start(more: readonly string[], place?: Place): Promise<TestServer | Absent> {
  const program = findProgram(PROGRAMS)
  if (program === undefined) return Promise.resolve(ABSENT)
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
