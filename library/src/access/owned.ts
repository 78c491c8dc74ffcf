import { ConfigFault } from '../kernel/fault.ts'
import { RLS_SETTING, type RlsTable, rlsRecipe, setAccount } from './rls.ts'
import {
  anyOf,
  condition,
  everyone,
  makingRule,
  nobody,
  ownedBy,
  owningColumns,
  type Part,
  type Rule,
  reachable,
  sharedWith,
  through,
} from './rule.ts'
import { type UnscopedWitness, type WrittenReason, witness } from './unscoped.ts'
import { uuid } from './uuid.ts'

export type { RlsTable, Rule, UnscopedWitness, WrittenReason }
export { anyOf, everyone, nobody, ownedBy, RLS_SETTING, rlsRecipe, setAccount, sharedWith, through }

/** Sends one statement; answers the rows it returns. The only thing asked of a database client. */
export type RunSql = (
  text: string,
  values: readonly SqlValue[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>

export type SqlValue = string | number | bigint | boolean | null | Uint8Array

/** A table whose rows belong to accounts. */
export interface OwnedOptions<Row> {
  readonly table: string
  /** Key column; `id` unless told. */
  readonly id?: keyof Row & string
  /** All columns to read, the key among them. */
  readonly columns: readonly (keyof Row & string)[]
  /** Whose a row is; or one rule for reading and one for changing, removing and making. */
  readonly rule: Rule | { readonly read: Rule; readonly write: Rule }
  /** `uuid` refuses everything else at the edge; `any` binds what comes. */
  readonly ids?: 'uuid' | 'any'
}

/** Where a table lives. */
export interface OwnedParts {
  readonly run: RunSql
  readonly dialect: 'sqlite' | 'postgres'
  /** Hears of unscoped handles. */
  readonly audit: UnscopedWitness
}

/** Which rows to list: those whose columns equal, in order of the key. */
export interface OwnedQuery<Row> {
  readonly where?: Partial<Row>
  readonly afterId?: string
  /** 1 to 1,000; 100 unless told. */
  readonly limit?: number
}

declare const scope: unique symbol

/** What one can do with rows. `Scope` tells the compiler whose rows they are. */
export interface Rows<Row, Scope extends 'owned' | 'unscoped'> {
  readonly [scope]?: Scope
  /** `undefined` when it is absent, somebody else's, or the id is none: nobody learns which. */
  get(id: string): Promise<Row | undefined>
  /** Those of the ids that are there. */
  many(ids: readonly string[]): Promise<readonly Row[]>
  list(query?: OwnedQuery<Row>): Promise<readonly Row[]>
  count(where?: Partial<Row>): Promise<number>
  /** False when the row's parent is absent or somebody else's. The owner is filled in. */
  create(values: Partial<Row>): Promise<boolean>
  /** False when nothing was changed: absent, somebody else's, or moved to a parent that is. */
  update(id: string, change: Partial<Row>): Promise<boolean>
  remove(id: string): Promise<boolean>
}

/** A table that gives nothing away until it is told whose rows. */
export interface OwnedTable<Row> {
  of(principal: { readonly accountId: string }): Rows<Row, 'owned'>
  /**
   * All owners' rows, for the code that may. The reason is written into the audit log.
   *
   * @throws {ConfigFault} when the reason is shorter than ten characters
   */
  unscoped<const Reason extends string>(reason: WrittenReason<Reason>): Rows<Row, 'unscoped'>
}

/**
 * Ties ownership to the query: every read, list, count, change and removal carries the rule in its
 * own WHERE, so absent and foreign rows are one answer after one and the same trip.
 *
 * @throws {ConfigFault} when a name is none, or the key is not among the columns
 * @see ASVS 8.2.2, 8.2.3, 8.4.1
 */
export function owned<Row extends object>(
  options: OwnedOptions<Row>,
  parts: OwnedParts,
): OwnedTable<Row> {
  const table = readTable(options)
  return {
    of: ({ accountId }) => {
      if (typeof accountId !== 'string' || accountId === '') {
        throw new ConfigFault(`owned ${table.name}`, 'the principal has no accountId')
      }
      return rows(table, parts, accountId)
    },
    unscoped(reason) {
      witness(parts.audit, [table.name], reason)
      return rows(table, parts, undefined)
    },
  }
}

interface Table {
  readonly name: string
  readonly id: string
  readonly columns: ReadonlySet<string>
  readonly read: Rule
  readonly write: Rule
  readonly uuids: boolean
}

function readTable<Row>(options: OwnedOptions<Row>): Table {
  const id: string = options.id ?? 'id'
  const columns = new Set<string>(options.columns)
  const rule = options.rule
  const [read, write] = 'kind' in rule ? [rule, rule] : [rule.read, rule.write]
  if (!columns.has(id))
    throw new ConfigFault(`owned ${options.table}`, `columns lack the key ${id}`)
  for (const one of [options.table, ...columns]) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(one)) {
      throw new ConfigFault(`owned ${options.table}`, `${JSON.stringify(one)} is no name`)
    }
  }
  makingRule(write)
  return { name: options.table, id, columns, read, write, uuids: options.ids !== 'any' }
}

function rows<Row, Scope extends 'owned' | 'unscoped'>(
  table: Table,
  { run, dialect }: OwnedParts,
  accountId: string | undefined,
): Rows<Row, Scope> {
  const columns = join([...table.columns].map(column => [{ name: column }]))
  const mine = (rule: Rule): Part[] =>
    accountId === undefined ? ['1 = 1'] : condition(rule, table.name, table.id, accountId)
  const idOf = (id: unknown): string | undefined => {
    if (!table.uuids) return typeof id === 'string' ? id : undefined
    const parsed = uuid(id)
    return parsed.ok ? parsed.value : undefined
  }
  const send = async (parts: readonly (Part | Bound)[]) => {
    const statement = written(parts, dialect)
    return (await run(statement.text, statement.values)) as readonly Row[]
  }
  const equal = (where: Partial<Row>): (Part | Bound)[] =>
    Object.entries(known(where)).flatMap(([column, value]) => [
      ' and ',
      { name: column },
      ...(value === null ? [' is null'] : [' = ', { bound: value as SqlValue }]),
    ])

  /**
   * Decision: a column that the table does not have, or that says whose the row is, is a fault, not
   * something to pass over: a body went into a query unread.
   * Cost: a route that forgot to pick its columns answers 500 until it does.
   */
  function known(values: object, forbidden: readonly string[] = []): object {
    for (const [column, value] of Object.entries(values)) {
      if (!table.columns.has(column) || forbidden.includes(column) || value === undefined) {
        throw new ConfigFault(
          `owned ${table.name}`,
          `${JSON.stringify(column)} is undefined or cannot be given here; pick the columns before you pass them on`,
        )
      }
    }
    return values
  }

  async function create(values: Partial<Row>): Promise<boolean> {
    const rule = makingRule(table.write)
    const given: Record<string, unknown> = { ...values }
    if (accountId !== undefined && rule === undefined) {
      throw new ConfigFault(`owned ${table.name}`, 'nobody makes rows; use unscoped(reason)')
    }
    if (accountId !== undefined && rule?.kind === 'owner') {
      known(values, [rule.column])
      given[rule.column] = accountId
    }
    known(given)
    const entries = Object.entries(given)
    const bound = join(entries.map(([, value]) => [{ bound: value as SqlValue }]))
    const head = [
      'insert into ',
      { name: table.name },
      ' (',
      ...join(entries.map(([column]) => [{ name: column }])),
      ') ',
    ]
    const back = [' returning ', { name: table.id }]
    if (accountId === undefined || rule === undefined || rule.kind === 'owner') {
      return (await send([...head, 'values (', ...bound, ')', ...back])).length === 1
    }
    const parent = given[rule.column]
    if (typeof parent !== 'string') return false
    const exists = reachable(rule, accountId, table.name, { value: parent })
    return (
      (await send([...head, 'select ', ...bound, ' where exists (', ...exists, ')', ...back]))
        .length === 1
    )
  }

  async function update(id: string, change: Partial<Row>): Promise<boolean> {
    const key = idOf(id)
    const rule = makingRule(table.write)
    const owner = accountId === undefined ? [] : owningColumns(table.write)
    const moves = rule?.kind === 'through' && accountId !== undefined && rule.column in change
    known(
      change,
      moves ? [table.id, ...owner.filter(one => one !== rule.column)] : [table.id, ...owner],
    )
    const entries = Object.entries(change)
    if (entries.length === 0) throw new ConfigFault(`owned ${table.name}`, 'the change is empty')
    if (key === undefined) return false
    const parent = moves ? (change as Record<string, unknown>)[rule.column] : undefined
    if (moves && typeof parent !== 'string') return false
    const statement = [
      'update ',
      { name: table.name },
      ' set ',
      ...join(
        entries.map(([column, value]) => [{ name: column }, ' = ', { bound: value as SqlValue }]),
      ),
      ' where ',
      { name: table.id },
      ' = ',
      { value: key },
      ' and ',
      ...mine(table.write),
      ...(moves && accountId !== undefined && typeof parent === 'string'
        ? [' and exists (', ...reachable(rule, accountId, table.name, { value: parent }), ')']
        : []),
      ' returning ',
      { name: table.id },
    ]
    return (await send(statement)).length === 1
  }

  return {
    async get(id) {
      const key = idOf(id)
      if (key === undefined) return undefined
      const found = await send([
        'select ',
        ...columns,
        ' from ',
        { name: table.name },
        ' where ',
        { name: table.id },
        ' = ',
        { value: key },
        ' and ',
        ...mine(table.read),
      ])
      return found[0]
    },
    async many(ids) {
      const keys = ids.map(idOf).filter(key => key !== undefined)
      if (keys.length === 0) return []
      if (keys.length > MOST_ROWS) throw new ConfigFault(`owned ${table.name}`, 'at most 1,000 ids')
      return send([
        'select ',
        ...columns,
        ' from ',
        { name: table.name },
        ' where ',
        { name: table.id },
        ' in (',
        ...join(keys.map(key => [{ value: key }])),
        ') and ',
        ...mine(table.read),
        ' order by ',
        { name: table.id },
      ])
    },
    async list({ where = {}, afterId, limit = 100 } = {}) {
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST_ROWS) {
        throw new ConfigFault(`owned ${table.name}`, 'limit: 1 to 1,000')
      }
      const after = afterId === undefined ? undefined : idOf(afterId)
      if (afterId !== undefined && after === undefined) return []
      return send([
        'select ',
        ...columns,
        ' from ',
        { name: table.name },
        ' where ',
        ...mine(table.read),
        ...equal(where),
        ...(after === undefined ? [] : [' and ', { name: table.id }, ' > ', { value: after }]),
        ' order by ',
        { name: table.id },
        ` limit ${limit}`,
      ])
    },
    async count(where = {}) {
      const [row] = await send([
        'select count(*) as n from ',
        { name: table.name },
        ' where ',
        ...mine(table.read),
        ...equal(where),
      ])
      return Number((row as { readonly n?: unknown } | undefined)?.n ?? 0)
    },
    create,
    update,
    async remove(id) {
      const key = idOf(id)
      if (key === undefined) return false
      const gone = await send([
        'delete from ',
        { name: table.name },
        ' where ',
        { name: table.id },
        ' = ',
        { value: key },
        ' and ',
        ...mine(table.write),
        ' returning ',
        { name: table.id },
      ])
      return gone.length === 1
    },
  }
}

const MOST_ROWS = 1000

interface Bound {
  readonly bound: SqlValue
}

function join(items: readonly (readonly (Part | Bound)[])[]): (Part | Bound)[] {
  return items.flatMap((item, index) => (index === 0 ? item : [', ', ...item]))
}

/** Names are quoted, values are bound: no text from outside ever becomes SQL. */
function written(
  parts: readonly (Part | Bound)[],
  dialect: 'sqlite' | 'postgres',
): { readonly text: string; readonly values: readonly SqlValue[] } {
  const values: SqlValue[] = []
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') text += part
    else if ('name' in part) text += `"${part.name}"`
    else {
      values.push('value' in part ? part.value : part.bound)
      text += dialect === 'sqlite' ? '?' : `$${values.length}`
    }
  }
  return { text, values }
}
