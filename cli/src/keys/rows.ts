import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** How many sealed values stand under one key in one column. */
export interface Rows {
  readonly key: string
  /** `bulwark.db credentials.data`; `credentials.data` in PostgreSQL. */
  readonly place: string
  readonly rows: number
}

/** As fields write it: version, id of the key, sealed text; alone in its column or inside JSON. */
const SEALED = /(?<![\w-])b1\.([0-9a-f]{8})\.[\w-]{20}/g
const GLOB = `*b1.${'[0-9a-f]'.repeat(8)}.*`

/**
 * Counts the sealed values in every text column of the SQLite files of a data folder, by key.
 * Reads only; values are not opened.
 */
export function sealedRows(folder: string): readonly Rows[] {
  return globSync('*.db', { cwd: folder })
    .toSorted()
    .flatMap(name => ofFile(join(folder, name)))
}

/** The same in PostgreSQL; the driver is loaded only when it is asked for. */
export async function sealedInDatabase(
  url: string,
): Promise<{ readonly rows: readonly Rows[]; readonly unread: readonly string[] }> {
  const { postgresSealed } = await import('bulwark/postgres')
  const { counts, unread } = await postgresSealed({ connectionString: url })
  return { rows: counts, unread }
}

function ofFile(path: string): Rows[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    return tables.flatMap(({ name }) => ofTable(database, basename(path), String(name)))
  } finally {
    database.close()
  }
}

function ofTable(database: DatabaseSync, file: string, table: string): Rows[] {
  const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(table)
  return columns.flatMap(({ name }) => {
    const column = quoted(String(name))
    const counts = new Map<string, number>()
    const found = database
      .prepare(`SELECT ${column} AS value FROM ${quoted(table)} WHERE ${column} GLOB ?`)
      .iterate(GLOB)
    for (const { value } of found) {
      for (const [, id = ''] of String(value).matchAll(SEALED)) {
        counts.set(id, (counts.get(id) ?? 0) + 1)
      }
    }
    return [...counts].map(([key, rows]) => ({ key, place: `${file} ${table}.${name}`, rows }))
  })
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
