import { randomUUID } from 'node:crypto'
import { after } from 'node:test'
import { storesConform } from '../conformance/conformance.ts'
import { leftOut } from '../conformance/engines.ts'
import { NOW } from '../conformance/examples.ts'
import {
  connect,
  connectCluster,
  REDIS_KINDS,
  testRedis,
  testRedisCluster,
} from '../conformance/redis-servers.ts'
import { memoryStores } from '../memory/memory.ts'
import type { Stores } from '../port/stores.ts'
import { sqliteStores } from '../sqlite/sqlite.ts'
import { redisStores } from './redis.ts'

const shared = { clock: () => NOW, deadlineMs: 20_000, sweepEveryMs: 0 }
const prefix = (): string => `test-${randomUUID()}`

for (const kind of REDIS_KINDS) {
  const single = await testRedis(undefined, [], { kind })
  if ('absent' in single) leftOut(kind, single)
  else {
    const client = await connect(single.url)
    after(async () => {
      client.destroy()
      await single.stop()
    })
    const open = async (): Promise<Stores> => {
      const durable = sqliteStores({ path: ':memory:' })
      return redisStores({ ...shared, client, durable, prefix: prefix() })
    }
    storesConform(kind, open, single.engine)
  }

  const cluster = await testRedisCluster(kind)
  if ('absent' in cluster) leftOut(`${kind} cluster`, cluster)
  else {
    const client = await connectCluster(cluster.urls)
    after(async () => {
      client.destroy()
      await cluster.stop()
    })
    const open = async (): Promise<Stores> =>
      redisStores({ ...shared, client, durable: memoryStores(), prefix: prefix() })
    storesConform(`${kind} cluster`, open, cluster.engine)
  }
}
