import type { Answer, Durability, Param, Row, Steps } from '../sql/engine.ts'
import { type Database, openDatabase, type Statement } from './database.ts'

interface Prepared {
  readonly statement: Statement
  readonly returnsRows: boolean
  /** Who wants to know that this statement ran. */
  readonly watchers: readonly Watcher[]
}

type Watcher = (sql: string, params: readonly Param[]) => void

const OPENING_MS = 5_000
const NO_ROWS: readonly Row[] = []
const LOCK_CLAUSE = / FOR UPDATE(?: OF \w+)?(?: SKIP LOCKED)?/g

/** One connection: statements prepared once, verbs run from start to end without waiting. */
export class Connection {
  readonly #database: Database
  readonly #prepared = new Map<string, Prepared>()
  readonly #watchers = new Map<string, Watcher>()
  #durability: Durability = 'quick'

  /** Opening may wait long for other processes that open too; `busyMs` holds from then on. */
  constructor(path: string, busyMs: number) {
    this.#database = openDatabase(path, { timeout: OPENING_MS })
    this.exec('PRAGMA journal_mode = WAL')
    this.exec('PRAGMA synchronous = NORMAL')
    this.exec('PRAGMA foreign_keys = ON')
    this.exec('PRAGMA trusted_schema = OFF')
    this.exec('PRAGMA mmap_size = 268435456')
    this.exec('PRAGMA cache_size = -16384')
    this.exec('PRAGMA journal_size_limit = 67108864')
    // Deleted rows hold hashes and personal data: they are wiped, not only unlinked.
    this.exec('PRAGMA secure_delete = FAST')
    this.waitAtMost(busyMs)
  }

  exec(sql: string): void {
    this.#database.exec(sql)
  }

  /** How long a statement waits for another connection's lock, and the event loop with it. */
  waitAtMost(busyMs: number): void {
    this.exec(`PRAGMA busy_timeout = ${Math.max(0, Math.floor(busyMs))}`)
  }

  /** `durable` makes the next commit wait for the disk. */
  setDurability(durability: Durability): void {
    if (this.#durability === durability) return
    this.exec(`PRAGMA synchronous = ${durability === 'durable' ? 'FULL' : 'NORMAL'}`)
    this.#durability = durability
  }

  /**
   * Calls `watcher` before each statement that writes a table. To be said before the first one runs;
   * one watcher a table.
   */
  onWrite(table: string, watcher: Watcher): void {
    this.#watchers.set(table, watcher)
  }

  /** Another number after every commit of another connection; the same after those of this one. */
  dataVersion(): number {
    const [row] = this.rows('PRAGMA data_version', [])
    return Number(row?.[0])
  }

  rows(sql: string, params: readonly Param[]): readonly Row[] {
    return this.#prepare(sql).statement.all(...params) as Row[]
  }

  run(sql: string, params: readonly Param[]): Answer {
    const { statement, returnsRows, watchers } = this.#prepare(sql)
    for (const watcher of watchers) watcher(sql, params)
    if (returnsRows) {
      const rows = statement.all(...params) as Row[]
      return { rows, changes: rows.length }
    }
    return { rows: NO_ROWS, changes: Number(statement.run(...params).changes) }
  }

  /** Runs a verb's steps; the caller has begun the transaction. */
  walk<T>(steps: Steps<T>): T {
    let next = steps.next()
    while (!next.done) next = steps.next(this.run(next.value.sql, next.value.params))
    return next.value
  }

  close(): void {
    this.#prepared.clear()
    this.#database.close()
  }

  #watchersOf(sql: string): readonly Watcher[] {
    if (sql.startsWith('SELECT')) return []
    return [...this.#watchers].flatMap(([table, watcher]) => (sql.includes(table) ? watcher : []))
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#prepared.get(sql)
    if (prepared === undefined) {
      // SQLite has one writer: what PostgreSQL must lock, the transaction holds anyway.
      const statement = this.#database.prepare(sql.replace(LOCK_CLAUSE, ''))
      const returnsRows = statement.columns().length > 0
      prepared = { statement, returnsRows, watchers: this.#watchersOf(sql) }
      this.#prepared.set(sql, prepared)
    }
    return prepared
  }
}
