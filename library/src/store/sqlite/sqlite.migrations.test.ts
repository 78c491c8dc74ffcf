import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { account, NOW } from '../conformance/examples.ts'
import type { Migration } from '../sql/schema.ts'
import { Connection } from './connection.ts'
import { applySqlite, planSqlite } from './migrations.ts'
import { sqliteSchema } from './schema.ts'
import { sqliteMigrations, sqliteStores } from './sqlite.ts'

const directory = mkdtempSync(join(tmpdir(), 'bulwark-migrations-'))
after(() => rmSync(directory, { recursive: true, force: true }))
let files = 0
const file = (): string => {
  files += 1
  return join(directory, `${files}`, 'bulwark.db')
}

const connectTo = (path: string): Connection => {
  mkdirSync(dirname(path), { recursive: true })
  return new Connection(path, 10)
}

const NEXT: Migration = {
  number: sqliteSchema.length + 1,
  name: 'nickname',
  sql: 'ALTER TABLE bulwark_accounts ADD COLUMN nickname TEXT',
}

test('the operator sees what would be applied, applies it, and then there is nothing left', async () => {
  const migrations = sqliteMigrations({ path: file() })
  const names = sqliteSchema.map(({ name }) => name)
  assert.deepEqual(
    (await migrations.plan()).pending.map(({ name }) => name),
    names,
  )
  assert.deepEqual(
    (await migrations.apply()).map(({ name }) => name),
    names,
  )
  assert.deepEqual(await migrations.apply(), [])
  const { applied, pending } = await migrations.plan()
  assert.deepEqual(
    applied.map(({ name }) => name),
    names,
  )
  assert.deepEqual(pending, [])
})

test('a service that may not migrate refuses an older schema with what to do', () => {
  assert.throws(() => sqliteStores({ path: file(), migrate: 'refuse' }), {
    name: 'ConfigFault',
    message: /at schema 0 and this version of Bulwark needs 1; run `bulwark migrate apply`/,
  })
})

test('a new step is applied to a filled database, and the rows are still there', async () => {
  const path = file()
  const stores = sqliteStores({ path })
  const made = account()
  await stores.accounts.create(made)
  await stores.close()
  const connection = new Connection(path, 10)
  assert.deepEqual(applySqlite(connection, NOW, [...sqliteSchema, NEXT]), [NEXT])
  const rows = connection.rows('SELECT email, nickname FROM bulwark_accounts', [])
  assert.deepEqual(rows, [[made.email, null]])
  connection.close()
})

test('a step that fails leaves the schema as it was', () => {
  const connection = connectTo(file())
  applySqlite(connection, NOW)
  const broken = { ...NEXT, sql: `${NEXT.sql}; SELECT nonsense` }
  assert.throws(() => applySqlite(connection, NOW, [...sqliteSchema, broken]))
  assert.deepEqual(applySqlite(connection, NOW, [...sqliteSchema, NEXT]), [NEXT])
  connection.close()
})

test('a schema newer than this version knows is refused', () => {
  const path = file()
  const connection = connectTo(path)
  applySqlite(connection, NOW, [...sqliteSchema, NEXT])
  connection.close()
  assert.throws(() => sqliteStores({ path }), {
    name: 'ConfigFault',
    message: /at schema 2 and this version of Bulwark knows 1; install the version that wrote it/,
  })
})

test('a schema whose step was changed is refused', () => {
  const connection = connectTo(file())
  applySqlite(connection, NOW)
  connection.exec("UPDATE bulwark_migrations SET checksum = 'other'")
  assert.throws(() => planSqlite(connection), /schema step 1 \(begin\) .* is not the one of this/)
  connection.close()
})

test('the file, its journals and its directory are for their owner only', async () => {
  const path = file()
  const stores = sqliteStores({ path })
  await stores.accounts.create(account())
  for (const name of [path, `${path}-wal`, `${path}-shm`]) {
    assert.equal(statSync(name).mode & 0o077, 0, name)
  }
  assert.equal(statSync(join(path, '..')).mode & 0o077, 0)
  await stores.close()
})

test('a path that cannot be opened is told with the option to mend', async () => {
  const path = join(directory, 'taken')
  await sqliteStores({ path }).close()
  assert.throws(() => sqliteStores({ path: join(path, 'below.db') }), {
    name: 'ConfigFault',
    option: 'sqlite.path',
  })
  assert.throws(() => sqliteStores({ path: file(), deadlineMs: 0.5 }), {
    option: 'sqlite.deadlineMs',
    message: /is 0.5; write a whole number of at least 1/,
  })
  assert.throws(() => sqliteStores({ path: '' }), /is empty; write a file or `:memory:`/)
})
