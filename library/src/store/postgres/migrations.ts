import type { Pool, PoolClient } from 'pg'
import { systemClock } from '../../kernel/clock.ts'
import { StoreFault } from '../../kernel/fault.ts'
import { number, text } from '../sql/columns.ts'
import { checksum, comparePlan, type MigrationPlan, type Migrations } from '../sql/migrations.ts'
import type { Migration } from '../sql/schema.ts'
import { held } from './held.ts'
import { postgresSchema } from './schema.ts'
import { asker } from './statements.ts'

/** Any number will do, so long as all nodes know the same. */
const LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('bulwark_migrations', 0))"
const TABLE =
  'CREATE TABLE IF NOT EXISTS bulwark_migrations (number bigint PRIMARY KEY, ' +
  'name text NOT NULL, checksum text NOT NULL, applied_at bigint NOT NULL)'
// Read as a table, not by `to_regclass`: that one may still believe, behind the lock, what it knew before.
const EXISTS =
  "SELECT count(*) FROM pg_catalog.pg_tables WHERE tablename = 'bulwark_migrations' " +
  'AND schemaname = ANY (current_schemas(false))'
const APPLIED = 'SELECT number, name, checksum, applied_at FROM bulwark_migrations ORDER BY number'
const REMEMBER =
  'INSERT INTO bulwark_migrations (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)'

/** A migration may rewrite tables; a request may not take this long. */
const DEADLINE_MS = 600_000

/** The schema of one PostgreSQL database, for `bulwark migrate` and for the start. */
export function migrationsOf(pool: Pool, known: readonly Migration[] = postgresSchema): Migrations {
  const ask = asker(false)

  const plan = async (client: PoolClient): Promise<MigrationPlan> => {
    const exists = await ask(client, { sql: EXISTS, params: [] })
    const applied =
      exists.rows[0]?.[0] === 1 ? (await ask(client, { sql: APPLIED, params: [] })).rows : []
    return comparePlan(
      'postgres',
      known,
      applied.map(row => ({
        number: number(row, 0),
        name: text(row, 1),
        checksum: text(row, 2),
        appliedAt: number(row, 3),
      })),
    )
  }

  /** All pending steps in one transaction, behind one lock: the last node in finds nothing to do. */
  const apply = async (client: PoolClient): Promise<readonly Migration[]> => {
    await client.query('BEGIN')
    try {
      await client.query(LOCK)
      const { pending } = await plan(client)
      if (pending.length > 0) await client.query(TABLE)
      for (const migration of pending) {
        await client.query(migration.sql)
        const { number: step, name } = migration
        const params = [step, name, checksum(migration), systemClock()]
        await ask(client, { sql: REMEMBER, params })
      }
      await client.query('COMMIT')
      return pending
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined)
      throw error
    }
  }

  return {
    plan: () => reported(held(pool, DEADLINE_MS, plan)),
    apply: () => reported(held(pool, DEADLINE_MS, apply)),
  }
}

function reported<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof Error && error.name === 'ConfigFault'
      ? error
      : new StoreFault('migrate', error)
  })
}
