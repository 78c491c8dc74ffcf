import { sha256 } from '../../kernel/bytes.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import type { Migration } from './schema.ts'

/** A migration as the database remembers it. */
export interface Applied {
  readonly number: number
  readonly name: string
  readonly checksum: string
  readonly appliedAt: number
}

/** What a database has, and what it still needs. */
export interface MigrationPlan {
  readonly applied: readonly Applied[]
  readonly pending: readonly Migration[]
}

/** Looks at a database's schema and brings it up to date; safe with many nodes at once. */
export interface Migrations {
  /** @throws {ConfigFault} when the schema is newer than this version, or was changed. */
  plan(): Promise<MigrationPlan>
  /** Applies what is pending, one transaction for all; answers what it applied. */
  apply(): Promise<readonly Migration[]>
}

export const MIGRATIONS_TABLE = 'bulwark_migrations'

export function checksum(migration: Migration): string {
  return sha256(migration.sql)
}

/**
 * Compares what a database remembers with what this version knows.
 *
 * @throws {ConfigFault} when the schema is newer, has a gap, or a step differs from ours
 */
export function comparePlan(
  option: string,
  known: readonly Migration[],
  applied: readonly Applied[],
): MigrationPlan {
  for (const [index, row] of applied.entries()) {
    const ours = known[index]
    if (ours === undefined) {
      throw new ConfigFault(
        option,
        `the database is at schema ${applied.length} and this version of Bulwark knows ` +
          `${known.length}; install the version that wrote it, or a newer one`,
      )
    }
    if (row.number !== ours.number || row.checksum !== checksum(ours)) {
      throw new ConfigFault(
        option,
        `schema step ${row.number} (${row.name}) in the database is not the one of this version; ` +
          'restore the database from a backup or install the version that wrote it',
      )
    }
  }
  return { applied, pending: known.slice(applied.length) }
}

/** @throws {ConfigFault} when the schema is older than this version needs */
export function refuseOlder(option: string, { applied, pending }: MigrationPlan): void {
  if (pending.length === 0) return
  throw new ConfigFault(
    option,
    `the database is at schema ${applied.length} and this version of Bulwark needs ` +
      `${applied.length + pending.length}; run \`bulwark migrate apply\``,
  )
}
