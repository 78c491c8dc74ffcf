import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { systemClock } from '../../kernel/clock.ts'
import { ConfigFault, StoreFault } from '../../kernel/fault.ts'
import { whole } from '../options.ts'
import type { Stores } from '../port/stores.ts'
import { type Migrations, refuseOlder } from '../sql/migrations.ts'
import { sqlStores } from '../sql/stores.ts'
import { Connection } from './connection.ts'
import { sqliteCounters } from './counters.ts'
import { sqliteEngine } from './engine.ts'
import { applySqlite, planSqlite } from './migrations.ts'
import { remembered } from './remembered.ts'

/** Processes that start together wait for each other's migrations. */
const OPENING_MS = 10_000

export interface SqliteOptions {
  /** The file, made with its directory (readable by its owner only) when absent; or `:memory:`. */
  readonly path: string
  /** `apply` (default) brings the schema up to date at open; `refuse` throws when it is older. */
  readonly migrate?: 'apply' | 'refuse'
  /** How long one attempt waits for another process's write lock, event loop included. */
  readonly busyMs?: number
  /** How long a verb waits for that lock in all before it fails with StoreFault. */
  readonly deadlineMs?: number
}

/**
 * Stores in one SQLite file: for one process, or a few on one machine.
 *
 * @throws {ConfigFault} when the path cannot be opened, or its schema is not one we know
 */
export function sqliteStores(options: SqliteOptions): Stores {
  const busyMs = whole('sqlite.busyMs', options.busyMs ?? 10, 0)
  const deadlineMs = whole('sqlite.deadlineMs', options.deadlineMs ?? 5_000)
  const connection = open(options)
  try {
    if (options.migrate === 'refuse') refuseOlder('sqlite.path', planSqlite(connection))
    else applySqlite(connection, systemClock())
  } catch (error) {
    connection.close()
    throw error instanceof ConfigFault ? error : new StoreFault('migrate', error)
  }
  connection.waitAtMost(busyMs)
  const engine = sqliteEngine(connection, deadlineMs)
  const stores = sqlStores('sqlite', engine, sqliteCounters(engine))
  return { ...stores, sessions: remembered(stores.sessions, connection) }
}

/** The schema of one SQLite file, for `bulwark migrate`. */
export function sqliteMigrations(options: Pick<SqliteOptions, 'path'>): Migrations {
  const using = async <T>(work: (connection: Connection) => T): Promise<T> => {
    const connection = open(options)
    try {
      return work(connection)
    } finally {
      connection.close()
    }
  }
  return {
    plan: () => using(connection => planSqlite(connection)),
    apply: () => using(connection => applySqlite(connection, systemClock())),
  }
}

/**
 * Writes a whole copy of the file as it is now to `to`, while others go on reading and writing; it
 * can be opened in place of the original. Blocks its own event loop: run it in another process.
 *
 * @throws {ConfigFault} when the copy is there already: backups are never overwritten
 */
export async function sqliteBackup({ path, to }: { path: string; to: string }): Promise<void> {
  if (existsSync(to)) throw new ConfigFault('sqlite.to', `${to} is there; write another name`)
  const connection = open({ path })
  try {
    makeFile(resolve(to))
    connection.run('VACUUM INTO ?', [to])
  } catch (error) {
    throw new StoreFault('backup', error)
  } finally {
    connection.close()
  }
}

function open({ path }: SqliteOptions): Connection {
  if (path === '') throw new ConfigFault('sqlite.path', 'is empty; write a file or `:memory:`')
  try {
    if (path !== ':memory:') makeFile(resolve(path))
    return new Connection(path, OPENING_MS)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigFault('sqlite.path', `cannot be opened (${why}); write a file we may create`)
  }
}

/** SQLite gives its journals the rights of the file, so they are set before it is opened. */
function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}
