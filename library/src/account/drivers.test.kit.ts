import { after } from 'node:test'
import pg from 'pg'
import { testPostgres } from '../store/conformance/engines.ts'
import { memoryStores } from '../store/memory/memory.ts'
import type { Stores } from '../store/port/stores.ts'
import { postgresStores } from '../store/postgres/postgres.ts'
import { sqliteStores } from '../store/sqlite/sqlite.ts'

export type Driver = readonly [name: string, open: () => Stores | Promise<Stores>]

/** Every store of this machine, fresh and empty. What is absent is reported by the store's own suite. */
export async function drivers(): Promise<readonly Driver[]> {
  const local: readonly Driver[] = [
    ['memory', memoryStores],
    ['sqlite', () => sqliteStores({ path: ':memory:' })],
  ]
  const postgres = await testPostgres()
  if ('absent' in postgres) return local
  after(() => postgres.stop())
  const open = async (): Promise<Stores> => {
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    await client.query('drop schema public cascade; create schema public')
    await client.end()
    return postgresStores({ connectionString: postgres.url, migrate: 'apply', deadlineMs: 20_000 })
  }
  return [...local, ['postgres', open]]
}
