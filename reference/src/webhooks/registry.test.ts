import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import type { WebhookEndpoint, WebhookRegistry } from 'bulwark/webhooks'
import pg from 'pg'
import { type Database, postgresDatabase, sqliteDatabase } from '../data/database.ts'
import { webhookRegistry } from './registry.ts'

type Engines = typeof import('../../../library/src/store/conformance/engines.ts')
/** The library's own test engines; no published face of it, so they are not imported by a name. */
const { leftOut, testPostgres }: Engines = await import(
  new URL('../../../library/src/store/conformance/engines.ts', import.meta.url).href
)

const postgres = await testPostgres('own')
const databases: (readonly [string, Database])[] = [['SQLite', sqliteDatabase(':memory:')]]
let pool: pg.Pool | undefined
/** The server is stopped when the last connection has said goodbye. */
const gone: Promise<unknown>[] = []
if ('absent' in postgres) leftOut('the registry of webhooks on PostgreSQL', postgres)
else {
  pool = new pg.Pool({ connectionString: postgres.url, max: 16 })
  pool.on('connect', client => gone.push(once(client, 'end')))
  databases.push(['PostgreSQL', postgresDatabase(pool)])
}
after(async () => {
  for (const [, database] of databases) await database.close()
  await pool?.end()
  await Promise.all(gone)
  if ('stop' in postgres) await postgres.stop()
})

const endpoint = (owner: string): WebhookEndpoint => ({
  id: crypto.randomUUID(),
  owner,
  url: 'https://example.com/hook',
  events: ['order.created'],
  secrets: ['first'],
  previousUntil: undefined,
  createdAt: 1,
  failures: 0,
  disabledAt: undefined,
})

const registries: (readonly [string, WebhookRegistry])[] = []
for (const [name, database] of databases) registries.push([name, await webhookRegistry(database)])

for (const [name, registry] of registries) {
  test(`${name}: an endpoint comes back as it went in, and only so many of one owner go in`, async () => {
    const mine = endpoint('ann')
    assert.equal(await registry.add(mine, 2), true)
    assert.deepEqual(await registry.find(mine.id), mine)
    assert.equal(await registry.add(endpoint('ann'), 2), true)
    assert.equal(await registry.add(endpoint('ann'), 2), false)
    assert.equal(await registry.add(endpoint('bob'), 2), true)
    assert.equal((await registry.ofOwner('ann')).length, 2)
  })

  test(`${name}: of fifty additions at once as many succeed as one owner may have`, async () => {
    const added = await Promise.all(
      Array.from({ length: 50 }, () => registry.add(endpoint('eve'), 5)),
    )
    assert.equal(added.filter(Boolean).length, 5)
    assert.equal((await registry.ofOwner('eve')).length, 5)
    assert.equal(await registry.add(endpoint('eve'), 5), false)
  })

  test(`${name}: of fifty rotations from the same secrets one wins`, async () => {
    const one = endpoint('cleo')
    await registry.add(one, 20)
    const won = await Promise.all(
      Array.from({ length: 50 }, (_, i) => registry.rotate(one.id, ['first'], [`n${i}`], 9)),
    )
    assert.equal(won.filter(Boolean).length, 1)
    const now = await registry.find(one.id)
    assert.deepEqual([now?.secrets, now?.previousUntil], [[`n${won.indexOf(true)}`], 9])
  })

  test(`${name}: fifty that give up at once are all counted, and the first moment of disabling stays`, async () => {
    const one = endpoint('dora')
    await registry.add(one, 20)
    const disabled = await Promise.all(
      Array.from({ length: 50 }, (_, i) => registry.gaveUp(one.id, 5, 100 + i)),
    )
    assert.equal(disabled.filter(is => !is).length, 4)
    const now = await registry.find(one.id)
    assert.equal(now?.failures, 50)
    const moment = now?.disabledAt
    await registry.gaveUp(one.id, 5, 999)
    assert.equal((await registry.find(one.id))?.disabledAt, moment)
    await registry.change(one.id, { failures: 0, disabledAt: undefined })
    assert.equal(await registry.gaveUp(one.id, 1, 7), true)
    assert.equal(await registry.gaveUp(crypto.randomUUID(), 1, 7), false)
  })
}
