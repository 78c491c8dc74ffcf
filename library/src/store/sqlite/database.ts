import * as sqlite from 'node:sqlite'

/** What we use of node:sqlite, under our own names: newer versions of Node rename its classes. */
export interface Statement {
  all(...params: readonly (string | number | null)[]): unknown[]
  get(...params: readonly (string | number | null)[]): unknown
  run(...params: readonly (string | number | null)[]): { changes: number | bigint }
  columns(): readonly unknown[]
}

export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

interface Options {
  /** Milliseconds to wait for another process's write lock; the event loop waits too. */
  readonly timeout: number
}

type Constructor = new (path: string, options: Options & { returnArrays: true }) => Database

/** Opens a database whose statements answer rows as arrays. */
export function openDatabase(path: string, options: Options): Database {
  const names: Readonly<Record<string, unknown>> = { ...sqlite }
  const found = (names['DatabaseSync'] ?? names['Database']) as Constructor
  return new found(path, { ...options, returnArrays: true })
}

/** The extended result code of an error of SQLite, such as 5 (busy) or 13 (disk full). */
export function sqliteCode(error: unknown): number | undefined {
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') {
    return error.errcode
  }
  return undefined
}

/** Another connection holds the lock (SQLITE_BUSY and its kinds). */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code !== undefined && (code & 0xff) === 5
}
