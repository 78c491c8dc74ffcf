import type { Pool } from 'pg'
import { ConfigFault } from '../../kernel/fault.ts'
import { whole } from '../options.ts'
import type { Stores } from '../port/stores.ts'
import { gatherAppends } from '../sql/gathered.ts'
import { type Migrations, refuseOlder } from '../sql/migrations.ts'
import { sqlStores } from '../sql/stores.ts'
import { postgresCounters } from './counters.ts'
import { postgresEngine } from './engine.ts'
import { migrationsOf } from './migrations.ts'
import { type SealedCounts, sealedIn } from './sealed.ts'

export type { Migrations } from '../sql/migrations.ts'
export type { SealedCount, SealedCounts } from './sealed.ts'

export interface PostgresOptions {
  /** Your own pool (`pg` 8.16 or newer, PostgreSQL 15 or newer); you close it. */
  readonly pool?: Pool
  /** Or an address, `postgres://…`: the pool is then made and closed here. */
  readonly connectionString?: string
  /** Connections of a pool made here. */
  readonly maxConnections?: number
  /** `refuse` (default) throws when the schema is older; `apply` brings it up to date first. */
  readonly migrate?: 'apply' | 'refuse'
  /** How long a verb may take before it fails with StoreFault; 3 seconds unless told. */
  readonly deadlineMs?: number
  /** Verbs that may wait for a connection at once; more fail at once. */
  readonly maxPending?: number
  /** False behind a pooler that cannot carry named statements (PgBouncer before 1.21). */
  readonly prepare?: boolean
}

/**
 * Stores in PostgreSQL, for any number of nodes.
 *
 * @throws {ConfigFault} when neither or both of pool and address are given, or the schema is not
 * one this version knows
 * @throws {StoreFault} when the database cannot be reached
 */
export async function postgresStores(options: PostgresOptions): Promise<Stores> {
  const { prepare = true } = options
  const deadlineMs = whole('postgres.deadlineMs', options.deadlineMs ?? 3_000)
  const maxPending = whole('postgres.maxPending', options.maxPending ?? 1_000)
  const { pool, close } = await poolOf(options)
  try {
    const migrations = migrationsOf(pool)
    if (options.migrate === 'apply') await migrations.apply()
    else refuseOlder('postgres', await migrations.plan())
  } catch (error) {
    await close()
    throw error
  }
  const engine = postgresEngine(pool, { deadlineMs, maxPending, prepare })
  const stores = sqlStores('postgres', engine, postgresCounters(engine))
  const append = gatherAppends(stores.auditLog.append)
  return { ...stores, auditLog: { ...stores.auditLog, append }, close }
}

/** The schema of one PostgreSQL database, for `bulwark migrate`. */
export async function postgresMigrations(
  options: Pick<PostgresOptions, 'pool' | 'connectionString'>,
): Promise<Migrations & { close(): Promise<void> }> {
  const { pool, close } = await poolOf(options)
  return { ...migrationsOf(pool), close }
}

/**
 * How many sealed values stand under each key, in every table of the database, for `bulwark keys report`.
 *
 * @throws {StoreFault} when the database cannot be reached
 */
export async function postgresSealed(
  options: Pick<PostgresOptions, 'pool' | 'connectionString'>,
): Promise<SealedCounts> {
  const { pool, close } = await poolOf(options)
  try {
    return await sealedIn(pool)
  } finally {
    await close()
  }
}

interface OpenPool {
  readonly pool: Pool
  close(): Promise<void>
}

async function poolOf(options: PostgresOptions): Promise<OpenPool> {
  const { pool, connectionString, maxConnections = 10, deadlineMs = 3_000 } = options
  if ((pool === undefined) === (connectionString === undefined)) {
    throw new ConfigFault('postgres', 'needs either `pool` or `connectionString`')
  }
  if (pool !== undefined) {
    keepQuiet(pool)
    return { pool, close: async () => {} }
  }
  const { Pool: PoolOfPg } = await import('pg').catch(() => {
    throw new ConfigFault('postgres', 'needs the package `pg`; write `npm install pg`')
  })
  const made = new PoolOfPg({
    connectionString,
    max: maxConnections,
    connectionTimeoutMillis: deadlineMs,
    keepAlive: true,
    application_name: 'bulwark',
  })
  keepQuiet(made)
  let closing: Promise<void> | undefined
  return {
    pool: made,
    close: () => {
      closing ??= made.end()
      return closing
    },
  }
}

/** An idle connection that breaks tells the pool; without a listener it would end the process. */
function keepQuiet(pool: Pool): void {
  if (pool.listenerCount('error') === 0) pool.on('error', () => {})
}
