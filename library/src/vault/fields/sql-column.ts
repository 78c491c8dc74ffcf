import { ConfigFault } from '../../kernel/fault.ts'
import type { SealedSource } from './reseal.ts'

/** Sends one statement; answers the rows it returns. */
export type SendSql = (
  text: string,
  values: readonly (string | number | null)[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>

/** One sealed column of an SQL table. */
export interface SqlColumn {
  readonly table: string
  readonly column: string
  /** Key column; `id` unless told. */
  readonly id?: string
  /** The column of its index, if it has one. */
  readonly index?: string
  readonly dialect: 'sqlite' | 'postgres'
}

/**
 * A column of SQLite or PostgreSQL as `reseal` walks it, and how many values stand under which key.
 *
 * @throws {ConfigFault} when a name is none
 */
export function sqlColumn(
  send: SendSql,
  { table, column, id = 'id', index, dialect }: SqlColumn,
): SealedSource & { underKeys(): Promise<ReadonlyMap<string, number>> } {
  for (const one of [table, column, id, ...(index === undefined ? [] : [index])]) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(one)) {
      throw new ConfigFault('sqlColumn', `${JSON.stringify(one)} is no name of a table or column`)
    }
  }
  const text = dialect === 'postgres' ? '::text' : ''
  const bind = (number: number): string => (dialect === 'postgres' ? `$${number}` : '?')
  const from = `from "${table}" where "${column}" is not null`
  return {
    async count() {
      const [row] = await send(`select count(*) as n ${from}`, [])
      return Number(row?.['n'] ?? 0)
    },
    async page(afterId, limit) {
      const beyond = afterId === undefined ? '' : ` and "${id}" > ${bind(1)}`
      const rows = await send(
        `select "${id}"${text} as row_id, "${column}" as sealed ${from}${beyond} order by "${id}" limit ${limit}`,
        afterId === undefined ? [] : [afterId],
      )
      return rows.map(row => ({ rowId: String(row['row_id']), sealed: String(row['sealed']) }))
    },
    async replace(changes) {
      let done = 0
      for (let from = 0; from < changes.length; from += ROWS_AT_ONCE) {
        const some = changes.slice(from, from + ROWS_AT_ONCE)
        const values: string[] = []
        const lines = some.map(({ rowId, before, sealed, index: fresh }) => {
          values.push(rowId, before, sealed, fresh)
          const at = values.length - 3
          return `(${bind(at)}${text}, ${bind(at + 1)}${text}, ${bind(at + 2)}${text}, ${bind(at + 3)}${text})`
        })
        const rows = await send(
          `with fresh (row_id, was, sealed, idx) as (values ${lines.join(', ')}) ` +
            `update "${table}" set "${column}" = fresh.sealed` +
            `${index === undefined ? '' : `, "${index}" = fresh.idx`} from fresh ` +
            `where "${table}"."${id}"${text} = fresh.row_id and "${table}"."${column}" = fresh.was ` +
            `returning "${table}"."${id}"`,
          values,
        )
        done += rows.length
      }
      return done
    },
    async underKeys() {
      const rows = await send(
        `select substr("${column}", 4, 8) as key_id, count(*) as n ${from} group by 1`,
        [],
      )
      return new Map(rows.map(row => [String(row['key_id']), Number(row['n'])]))
    },
  }
}

const ROWS_AT_ONCE = 200
