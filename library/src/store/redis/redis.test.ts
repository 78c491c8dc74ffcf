import { randomUUID } from 'node:crypto'
import { after } from 'node:test'
import { storesConform } from '../conformance/conformance.ts'
import { leftOut } from '../conformance/engines.ts'
import { NOW } from '../conformance/examples.ts'
import {
  connect,
  connectCluster,
  testRedis,
  testRedisCluster,
} from '../conformance/redis-servers.ts'
import { memoryStores } from '../memory/memory.ts'
import { sqliteStores } from '../sqlite/sqlite.ts'
import { redisStores } from './redis.ts'

const shared = { clock: () => NOW, deadlineMs: 20_000, sweepEveryMs: 0 }
const prefix = (): string => `test-${randomUUID()}`

const single = await testRedis()
if ('absent' in single) leftOut('redis', single)
else {
  const client = await connect(single.url)
  after(async () => {
    client.destroy()
    await single.stop()
  })
  storesConform('redis', async () =>
    redisStores({
      ...shared,
      client,
      durable: sqliteStores({ path: ':memory:' }),
      prefix: prefix(),
    }),
  )
}

const cluster = await testRedisCluster()
if ('absent' in cluster) leftOut('redis cluster', cluster)
else {
  const client = await connectCluster(cluster.urls)
  after(async () => {
    client.destroy()
    await cluster.stop()
  })
  storesConform('redis cluster', async () =>
    redisStores({ ...shared, client, durable: memoryStores(), prefix: prefix() }),
  )
}
