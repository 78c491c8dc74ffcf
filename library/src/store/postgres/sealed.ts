import type { Pool, PoolClient } from 'pg'
import { StoreFault } from '../../kernel/fault.ts'
import { held, sqlState } from './held.ts'

/** How many sealed values stand under one key in one column. */
export interface SealedCount {
  readonly key: string
  /** `people.phone`; with its schema where that is not `public`. */
  readonly place: string
  readonly rows: number
}

/** What is sealed in a database, by key, and the tables that nobody let us read whole. */
export interface SealedCounts {
  readonly counts: readonly SealedCount[]
  readonly unread: readonly string[]
}

interface Table {
  readonly name: string
  /** As SQL writes it. */
  readonly quoted: string
  /** A name as a literal, and its column as text. */
  readonly columns: readonly string[]
}

// Every column that may hold text, alone or inside JSON or a list; each partition for itself.
const COLUMNS = `
SELECT n.nspname, c.relname, format('%I.%I', n.nspname, c.relname), array_agg(
  format('(%L, %I::text)', a.attname, a.attname) ORDER BY a.attnum)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
LEFT JOIN pg_catalog.pg_type b ON b.oid = coalesce(e.typbasetype, t.typbasetype)
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname NOT LIKE 'pg\\_%'
  AND (coalesce(b.typcategory, e.typcategory, t.typcategory) = 'S'
    OR coalesce(b.typname, e.typname, t.typname) IN ('json', 'jsonb'))
GROUP BY 1, 2, 3 ORDER BY 1, 2`
/** As fields write it: version, id of the key, sealed text. */
const SEALED = String.raw`(?<![0-9A-Za-z_-])b1\.([0-9a-f]{8})\.[0-9A-Za-z_-]{20}`
/** Without it, a policy on rows would hide some of them and nobody would know. */
const READ_WHOLE =
  'BEGIN TRANSACTION READ ONLY; SET LOCAL row_security = off; SET LOCAL standard_conforming_strings = on'
/** Tables may be large: as long as a migration may take. */
const DEADLINE_MS = 600_000
const NOT_ALLOWED = '42501'

/** Counts inside the database: no value leaves it, and none is opened. */
export async function sealedIn(pool: Pool): Promise<SealedCounts> {
  const counts: SealedCount[] = []
  const unread: string[] = []
  try {
    for (const table of await held(pool, DEADLINE_MS, tablesOf)) {
      const found = await held(pool, DEADLINE_MS, client => countsOf(client, table))
      if (found === undefined) unread.push(table.name)
      else counts.push(...found)
    }
  } catch (error) {
    throw new StoreFault('sealed', error)
  }
  return { counts, unread }
}

async function tablesOf(client: PoolClient): Promise<readonly Table[]> {
  const { rows } = await client.query<[string, string, string, string[]]>({
    text: COLUMNS,
    rowMode: 'array',
  })
  return rows.map(([schema, table, quoted, columns]) => ({
    name: schema === 'public' ? table : `${schema}.${table}`,
    quoted,
    columns,
  }))
}

/** `undefined` when we may not read it, or not all of its rows. */
async function countsOf(
  client: PoolClient,
  { name, quoted, columns }: Table,
): Promise<readonly SealedCount[] | undefined> {
  const text =
    `SELECT c.name, m.found[1], count(*) FROM ONLY ${quoted}, ` +
    `LATERAL (VALUES ${columns.join(', ')}) AS c (name, value), ` +
    `LATERAL regexp_matches(c.value, '${SEALED}', 'g') AS m (found) ` +
    "WHERE c.value LIKE '%b1.%' GROUP BY 1, 2 ORDER BY 1, 2"
  try {
    await client.query(READ_WHOLE)
    const { rows } = await client.query<[string, string, string]>({ text, rowMode: 'array' })
    return rows.map(([column, key, rows]) => ({
      key,
      place: `${name}.${column}`,
      rows: Number(rows),
    }))
  } catch (error) {
    if (sqlState(error) === NOT_ALLOWED) return undefined
    throw error
  } finally {
    await client.query('ROLLBACK').catch(() => undefined)
  }
}
