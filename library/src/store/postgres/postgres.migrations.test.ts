import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { leftOut, testPostgres } from '../conformance/engines.ts'
import { account } from '../conformance/examples.ts'
import type { Migration } from '../sql/schema.ts'
import { migrationsOf } from './migrations.ts'
import { postgresMigrations, postgresStores } from './postgres.ts'
import { postgresSchema } from './schema.ts'

const NEXT: Migration = {
  number: postgresSchema.length + 1,
  name: 'nickname',
  sql: 'ALTER TABLE bulwark_accounts ADD COLUMN nickname text',
}

const engine = await testPostgres()
if ('absent' in engine) leftOut('postgres migrations', engine)
else {
  const { url: connectionString } = engine
  const pool = new pg.Pool({ connectionString })
  after(async () => {
    await pool.end()
    await engine.stop()
  })

  test('a service that may not migrate refuses an older schema with what to do', async () => {
    await assert.rejects(postgresStores({ pool }), {
      name: 'ConfigFault',
      message: /at schema 0 and this version of Bulwark needs 1; run `bulwark migrate apply`/,
    })
  })

  test('of ten nodes that start at once, one migrates and all serve', async () => {
    const applied = await Promise.all(Array.from({ length: 10 }, () => migrationsOf(pool).apply()))
    assert.deepEqual(applied.flat(), postgresSchema)
    const nodes = await Promise.all(
      Array.from({ length: 5 }, () => postgresStores({ pool, migrate: 'apply' })),
    )
    await Promise.all(nodes.map(node => node.ping()))
  })

  test('the operator sees that nothing is left to do', async () => {
    const migrations = await postgresMigrations({ connectionString })
    const { applied, pending } = await migrations.plan()
    assert.deepEqual(
      applied.map(({ name }) => name),
      postgresSchema.map(({ name }) => name),
    )
    assert.deepEqual(pending, [])
    await migrations.close()
  })

  test('a step that fails leaves the schema and the rows as they were', async () => {
    const stores = await postgresStores({ pool })
    const made = account()
    await stores.accounts.create(made)
    const broken = { ...NEXT, sql: `${NEXT.sql}; SELECT nonsense` }
    await assert.rejects(migrationsOf(pool, [...postgresSchema, broken]).apply(), {
      name: 'StoreFault',
    })
    assert.deepEqual(await stores.accounts.byId(made.id), made)
    assert.equal((await migrationsOf(pool).plan()).pending.length, 0)
  })

  test('a newer schema is applied to filled tables, and then this version refuses to start', async () => {
    assert.deepEqual(await migrationsOf(pool, [...postgresSchema, NEXT]).apply(), [NEXT])
    await assert.rejects(postgresStores({ pool, migrate: 'apply' }), {
      name: 'ConfigFault',
      message: /at schema 2 and this version of Bulwark knows 1; install the version that wrote it/,
    })
  })

  test('neither a pool nor an address, or both, is told at the start', async () => {
    await assert.rejects(postgresStores({}), { name: 'ConfigFault', option: 'postgres' })
    await assert.rejects(postgresStores({ pool, connectionString }), { name: 'ConfigFault' })
    await assert.rejects(postgresStores({ pool, deadlineMs: Number.NaN }), { name: 'ConfigFault' })
  })
}
