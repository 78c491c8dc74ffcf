import { number, text } from '../sql/columns.ts'
import { type Applied, checksum, comparePlan, type MigrationPlan } from '../sql/migrations.ts'
import type { Migration } from '../sql/schema.ts'
import type { Connection } from './connection.ts'
import { sqliteSchema } from './schema.ts'

const TABLE =
  'CREATE TABLE IF NOT EXISTS bulwark_migrations (number INTEGER PRIMARY KEY, ' +
  'name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT'
const EXISTS = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'bulwark_migrations'"
const APPLIED = 'SELECT number, name, checksum, applied_at FROM bulwark_migrations ORDER BY number'
const REMEMBER =
  'INSERT INTO bulwark_migrations (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)'

/** What the file has and what it needs. */
export function planSqlite(
  connection: Connection,
  known: readonly Migration[] = sqliteSchema,
): MigrationPlan {
  const exists = connection.rows(EXISTS, []).length > 0
  const rows = exists ? connection.rows(APPLIED, []) : []
  const applied: readonly Applied[] = rows.map(row => ({
    number: number(row, 0),
    name: text(row, 1),
    checksum: text(row, 2),
    appliedAt: number(row, 3),
  }))
  return comparePlan('sqlite.path', known, applied)
}

/** Brings the file up to date in one transaction that holds the write lock; the last one in finds nothing to do. */
export function applySqlite(
  connection: Connection,
  now: number,
  known: readonly Migration[] = sqliteSchema,
): readonly Migration[] {
  if (planSqlite(connection, known).pending.length === 0) return []
  connection.setDurability('durable')
  connection.exec('BEGIN IMMEDIATE')
  try {
    const { pending } = planSqlite(connection, known)
    if (pending.length > 0) connection.exec(TABLE)
    for (const migration of pending) {
      connection.exec(migration.sql)
      const { number: step, name } = migration
      connection.run(REMEMBER, [step, name, checksum(migration), now])
    }
    connection.exec('COMMIT')
    return pending
  } catch (error) {
    connection.exec('ROLLBACK')
    throw error
  }
}
