import type { Soon } from '../../kernel/soon.ts'

export type Param = string | number | null
/** One row in the order of its columns. */
export type Row = readonly Param[]

export interface Ask {
  /** The text of both dialects: `?` for parameters, `FOR UPDATE [OF …]`, `instr(…)`. A constant. */
  readonly sql: string
  readonly params: readonly Param[]
}

export interface Answer {
  readonly rows: readonly Row[]
  /** How many rows were inserted, changed or deleted. */
  readonly changes: number
}

/**
 * A verb in the middle of its transaction: yields what to ask, gets the answer, returns who won.
 * It may be run again from the start, so it changes nothing but the database.
 */
export type Steps<T> = Generator<Ask, T, Answer>

/**
 * What a commit survives: `durable` a power cut; `kept` the death of any process, ours and the
 * database's; `quick` the death of ours.
 */
export type Durability = 'durable' | 'kept' | 'quick'

/** What a database must do so that all ports stand on it. All reject with StoreFault. */
export interface SqlEngine {
  /** One SELECT. */
  read<T>(
    verb: string,
    sql: string,
    params: readonly Param[],
    take: (rows: readonly Row[]) => T,
  ): Promise<T>
  /** One SELECT that every request makes: answers at once where the database is in this process. */
  look<T>(
    verb: string,
    sql: string,
    params: readonly Param[],
    take: (rows: readonly Row[]) => T,
  ): Soon<T>
  /** One statement that is atomic by itself. */
  write<T>(
    verb: string,
    how: Durability,
    sql: string,
    params: readonly Param[],
    take: (answer: Answer) => T,
  ): Promise<T>
  /** Several statements, all or none. */
  transact<T>(verb: string, how: Durability, steps: () => Steps<T>): Promise<T>
  ping(): Promise<void>
  close(): Promise<void>
}

/** `?, ?, ?` for so many parameters. */
export function marks(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ')
}

export function orNull<T extends string | number>(value: T | undefined): T | null {
  return value ?? null
}
