import { type Migration, migrations } from '../sql/schema.ts'

/** Steps of the SQLite schema. Tables looked up by a text key are stored in its order. */
export const sqliteSchema: readonly Migration[] = migrations({
  integer: 'INTEGER',
  real: 'REAL',
  text: 'TEXT',
  table: ' STRICT',
  keyed: ' STRICT, WITHOUT ROWID',
})
