import type { Param, Row } from './engine.ts'

/** A column that must hold text; anything else means the schema is not ours. */
export function text(row: Row, column: number): string {
  const value = row[column]
  if (typeof value !== 'string')
    throw new TypeError(`column ${column} is ${typeof value}, not text`)
  return value
}

export function number(row: Row, column: number): number {
  const value = row[column]
  if (typeof value !== 'number') {
    throw new TypeError(`column ${column} is ${typeof value}, not a number`)
  }
  return value
}

export function maybeText(row: Row, column: number): string | undefined {
  return row[column] === null ? undefined : text(row, column)
}

export function maybeNumber(row: Row, column: number): number | undefined {
  return row[column] === null ? undefined : number(row, column)
}

/** The first number of the first row, for counts. */
export function firstNumber(rows: readonly Row[]): number {
  const row = rows[0]
  return row === undefined ? 0 : number(row, 0)
}

/** Maps the first row, if there is one. */
export function first<T>(map: (row: Row) => T): (rows: readonly Row[]) => T | undefined {
  return rows => {
    const row = rows[0]
    return row === undefined ? undefined : map(row)
  }
}

/** The parameters of a list, after those that stand before it. */
export function listed(before: readonly Param[], list: readonly string[]): readonly Param[] {
  return [...before, ...list]
}
