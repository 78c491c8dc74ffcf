import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreFault } from 'bulwark/fault'

/** A value that both engines store alike. Moments are milliseconds since the epoch. */
export type Value = string | number | null

export type Row = Readonly<Record<string, Value>>

/** The service's own tables: one SQL text with `?` for SQLite and PostgreSQL. */
export interface Database {
  all(sql: string, values?: readonly Value[]): Promise<readonly Row[]>
  /**
   * The same, but statements of one `turn` come one after the other, on all nodes, and each sees what
   * those before it wrote: for what is counted and added in one.
   */
  inTurn(turn: string, sql: string, values?: readonly Value[]): Promise<readonly Row[]>
  /** Makes a table or an index if it is not there; many nodes may do it at once. */
  define(statements: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Opens (and makes) a SQLite file. Every statement is its own transaction, and durable. */
export function sqliteDatabase(path: string): Database {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(path, { timeout: 2000 })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  const all: Database['all'] = async (sql, values = []) => {
    let statement = prepared.get(sql)
    if (statement === undefined) {
      statement = database.prepare(sql)
      prepared.set(sql, statement)
    }
    return statement.all(...values) as Row[]
  }
  return {
    all,
    // SQLite has one writer: every statement that writes waits for its turn.
    inTurn: (_turn, sql, values) => all(sql, values),
    async define(statements) {
      for (const statement of statements) database.exec(statement)
    },
    async close() {
      database.close()
    },
  }
}

interface Asked {
  readonly text: string
  readonly values: unknown[]
  readonly query_timeout: number
}

interface Queried {
  query(asked: Asked): Promise<{ readonly rows: readonly unknown[] }>
}

interface Client extends Queried {
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
  release(broken: boolean): void
}

/** What a `pg` pool is to us. */
export interface Pool extends Queried {
  connect(done: (error: Error | undefined, client: Client | undefined) => void): void
}

/** As long as the stores wait: a database that hangs costs a request no more than theirs do. */
const DEADLINE_MS = 3_000

/**
 * The same tables on PostgreSQL, through a pool that somebody else ends. Its methods throw StoreFault
 * when the database is out of reach, so that the answer is 503, as it is for the stores.
 */
export function postgresDatabase(pool: Pool): Database {
  const texts = new Map<string, string>()
  const textOf = (sql: string): string => {
    let text = texts.get(sql)
    if (text === undefined) {
      let place = 0
      text = sql.replace(/\?/g, () => `$${++place}`)
      texts.set(sql, text)
    }
    return text
  }
  return {
    all: async (sql, values = []) => asked(pool, textOf(sql), values),
    async inTurn(turn, sql, values = []) {
      const client = await lent(pool)
      let whole = false
      try {
        await asked(client, 'begin', [])
        // A statement of its own: the one after it sees what was committed while this one waited.
        await asked(client, TAKE_TURN, [turn])
        const rows = await asked(client, textOf(sql), values)
        await asked(client, 'commit', [])
        whole = true
        return rows
      } finally {
        client.off('error', ignore)
        // Whatever went wrong inside is undone with its connection.
        client.release(!whole)
      }
    },
    async define(statements) {
      for (const statement of statements) await defined(pool, statement)
    },
    async close() {},
  }
}

/** `if not exists` does not wait for another node that is just making the same thing. */
const MADE_MEANWHILE: ReadonlySet<unknown> = new Set(['23505', '42P07', 'XX000'])

async function defined(pool: Pool, statement: string): Promise<void> {
  try {
    await asked(pool, statement, [])
  } catch (error) {
    if (!MADE_MEANWHILE.has((error as { code?: unknown }).code)) throw error
    await asked(pool, statement, [])
  }
}

/** SQLSTATEs of a server that cannot be spoken to, is full, or is going away. */
const OUT_OF_REACH = /^(?:08|53|57)/

async function asked(on: Queried, text: string, values: readonly Value[]): Promise<readonly Row[]> {
  try {
    const { rows } = await on.query({ text, values: [...values], query_timeout: DEADLINE_MS })
    return rows as Row[]
  } catch (error) {
    const code = (error as { code?: unknown }).code
    const state = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
    if (state !== undefined && !OUT_OF_REACH.test(state)) throw error
    throw new StoreFault('database', error)
  }
}

const TAKE_TURN = 'select pg_advisory_xact_lock(hashtextextended($1, 0))'

/**
 * A connection of one's own. Answered by callback: one that breaks in the moment before a promise is
 * resumed would find no listener, and an error without a listener ends the process.
 */
function lent(pool: Pool): Promise<Client> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (client === undefined) reject(new StoreFault('database', error))
      else {
        client.on('error', ignore)
        resolve(client)
      }
    })
  })
}

function ignore(): void {}
