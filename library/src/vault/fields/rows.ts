import { ConfigFault } from '../../kernel/fault.ts'
import { granted, type Outcome } from '../../kernel/outcome.ts'
import type { Field, Fields, IndexOptions } from './fields.ts'

/** How one column of a row is kept. */
export interface SealedColumn extends IndexOptions {
  /** A second column for equality search; none unless told. */
  readonly index?: string
}

/** Which columns of a table are sealed. */
export interface SealedTable {
  readonly table: string
  /** Key column, to which values are bound; `id` unless told. */
  readonly id?: string
  readonly columns: Readonly<Record<string, SealedColumn>>
}

/** Seals and opens whole rows: put it between your query builder and your code. */
export interface SealedRows {
  readonly fields: ReadonlyMap<string, Field>
  /**
   * For `insert` and `update … where id`: seals the sealed columns among the values and adds their
   * indexes. Null stays null.
   *
   * @throws {ConfigFault} when the row's id is neither among the values nor given
   */
  seal<Values extends object>(values: Values, id?: string): Values
  /** What came from the database, in clear; the refusal of the first value that does not open. */
  open<Row extends object>(row: Row): Outcome<Row>
  /** Likewise for many. */
  openAll<Row extends object>(rows: readonly Row[]): Outcome<readonly Row[]>
  /**
   * For a search: the index column and what it may hold, one value for each key in the ring.
   *
   * @throws {ConfigFault} when the column has no index
   */
  search(
    column: string,
    text: string,
  ): { readonly column: string; readonly values: readonly string[] }
}

/** @throws {ConfigFault} when a name is empty */
export function sealedRows(made: Fields, { table, id = 'id', columns }: SealedTable): SealedRows {
  const sealed = new Map<string, { readonly field: Field; readonly index: string | undefined }>()
  for (const [column, options] of Object.entries(columns)) {
    sealed.set(column, { field: made.field(table, column, options), index: options.index })
  }
  const fault = (message: string): never => {
    throw new ConfigFault(`fields ${table}`, message)
  }

  function open<Row extends object>(row: Row): Outcome<Row> {
    const out = { ...row } as Record<string, unknown>
    for (const [column, { field }] of sealed) {
      const value = out[column]
      if (value === undefined || value === null) continue
      const rowId = out[id]
      if (typeof rowId !== 'string') return fault(`select ${id} too: ${column} is bound to it`)
      const opened = field.open(rowId, String(value))
      if (!opened.ok) return opened
      out[column] = opened.value
    }
    return granted(out as Row)
  }

  return {
    fields: new Map([...sealed].map(([column, { field }]) => [column, field])),
    seal(values, given) {
      const out = { ...values } as Record<string, unknown>
      for (const [column, { field, index }] of sealed) {
        if (!(column in out)) continue
        const value = out[column]
        if (value === undefined) fault(`${column} is undefined`)
        const rowId = given ?? out[id]
        if (value === null) {
          if (index !== undefined) out[index] = null
          continue
        }
        if (typeof value !== 'string') fault(`${column} is no text; write it as one`)
        if (typeof rowId !== 'string')
          fault(`${column} is bound to ${id}: give the row its id first`)
        out[column] = field.seal(rowId as string, value as string)
        if (index !== undefined) out[index] = field.index(value as string)
      }
      return out as typeof values
    },
    open,
    openAll<Row extends object>(rows: readonly Row[]) {
      const out: Row[] = []
      for (const row of rows) {
        const opened = open(row)
        if (!opened.ok) return opened
        out.push(opened.value)
      }
      return granted(out)
    },
    search(column, text) {
      const { field, index } = sealed.get(column) ?? fault(`${column} is not sealed`)
      if (index === undefined) return fault(`${column} has no index`)
      return { column: index, values: field.indexes(text) }
    },
  }
}
