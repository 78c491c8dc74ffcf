import { type Migration, migrations } from '../sql/schema.ts'

const counters = `
CREATE TABLE bulwark_buckets (
  key TEXT PRIMARY KEY,
  level REAL NOT NULL,
  at INTEGER NOT NULL,
  empty_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE bulwark_failures (
  key TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  at INTEGER NOT NULL,
  free INTEGER NOT NULL,
  base_ms INTEGER NOT NULL,
  cap_ms INTEGER NOT NULL,
  forget_ms INTEGER NOT NULL,
  shut_after INTEGER,
  ready_at INTEGER NOT NULL,
  forgotten_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX bulwark_failures_ready ON bulwark_failures (ready_at);
`

/**
 * Steps of the SQLite schema. Tables with a text key are stored in its order: a look-up by key is
 * then one descent, not two; writing costs more, and sessions are found far more often than made.
 */
export const sqliteSchema: readonly Migration[] = migrations({
  integer: 'INTEGER',
  text: 'TEXT',
  table: ' STRICT',
  keyed: ' STRICT, WITHOUT ROWID',
  counters,
})
