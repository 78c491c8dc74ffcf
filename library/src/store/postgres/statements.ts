import { createHash } from 'node:crypto'
import type { CustomTypesConfig, PoolClient } from 'pg'
import type { Answer, Ask, Row } from '../sql/engine.ts'

interface Prepared {
  readonly name: string
  readonly text: string
}

const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 700, 701])
const asIs = (value: string): string => value

/** Numbers as numbers, everything else as its text: no settings of the application interfere. */
const types = {
  getTypeParser: (oid: number) => (NUMBERS.has(oid) ? Number : asIs),
} as unknown as CustomTypesConfig

/** Asks one statement on one connection; named, so that the server parses it once. */
export type Asker = (client: PoolClient, ask: Ask) => Promise<Answer>

export function asker(prepare: boolean): Asker {
  const prepared = new Map<string, Prepared>()
  return async (client, { sql, params }) => {
    let statement = prepared.get(sql)
    if (statement === undefined) {
      statement = toPostgres(sql)
      prepared.set(sql, statement)
    }
    const { name, text } = statement
    const query = { text, values: [...params], rowMode: 'array' as const, types }
    const { rows, rowCount } = await client.query<(string | number | null)[]>(
      prepare ? { ...query, name } : query,
    )
    return { rows: rows satisfies Row[], changes: rowCount ?? 0 }
  }
}

/** The name is made from the text, since two stores may share one connection. */
function toPostgres(sql: string): Prepared {
  let place = 0
  const text = sql.replaceAll('instr(', 'strpos(').replace(/\?/g, () => `$${++place}`)
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 16)
  return { name: `bulwark_${digest}`, text }
}
