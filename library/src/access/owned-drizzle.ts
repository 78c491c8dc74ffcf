import { ConfigFault } from '../kernel/fault.ts'
import type { OwnedQuery, Rows } from './owned.ts'
import { condition, makingRule, owningColumns, type Part, type Rule, reachable } from './rule.ts'
import { type UnscopedWitness, type WrittenReason, witness } from './unscoped.ts'
import { uuid } from './uuid.ts'

/** A piece of SQL as Drizzle's `sql` makes it. */
export interface DrizzleSql {
  getSQL(): unknown
}

/**
 * What is used of `drizzle-orm`, by shape; pass the module: `import * as drizzle from 'drizzle-orm'`.
 * Its types are not imported, because they do not pass a strict compiler.
 */
export interface DrizzleTools {
  readonly sql: {
    (text: TemplateStringsArray, ...values: unknown[]): DrizzleSql
    raw(text: string): DrizzleSql
    identifier(name: string): unknown
    param(value: unknown, column: never): unknown
    join(parts: never[]): DrizzleSql
  }
  getTableName(table: never): string
  getTableColumns(table: never): object
}

/** A Drizzle table, by shape. */
export interface DrizzleTable {
  readonly $inferSelect: object
  readonly $inferInsert: object
}

/** What is used of a Drizzle database, by shape: PostgreSQL and SQLite in all their drivers. */
export interface DrizzleDatabase {
  select(): { from(table: never): unknown }
  select(fields: never): { from(table: never): unknown }
  insert(table: never): { values(values: never): unknown }
  update(table: never): { set(values: never): unknown }
  delete(table: never): unknown
}

/** Whose the rows of a Drizzle table are. */
export interface DrizzleRules<Columns> {
  readonly rule: Rule | { readonly read: Rule; readonly write: Rule }
  /** Property of the key column; `id` unless told. */
  readonly id?: keyof Columns & string
  /** `uuid` refuses everything else at the edge; `any` binds what comes. */
  readonly ids?: 'uuid' | 'any'
}

/** Rows of a Drizzle table; `find` takes any further condition of Drizzle. */
export interface DrizzleRows<Row, New, Scope extends 'owned' | 'unscoped'>
  extends Omit<Rows<Row, Scope>, 'create'> {
  find(
    where: DrizzleSql,
    query?: { readonly orderBy?: DrizzleSql; readonly limit?: number },
  ): Promise<readonly Row[]>
  create(values: Partial<New>): Promise<boolean>
}

/** A table that gives nothing away until it is told whose rows. */
export interface OwnedDrizzle<Row, New> {
  of(principal: { readonly accountId: string }): DrizzleRows<Row, New, 'owned'>
  /** All owners' rows, for the code that may; the reason is written into the audit log. */
  unscoped<const Reason extends string>(
    reason: WrittenReason<Reason>,
  ): DrizzleRows<Row, New, 'unscoped'>
}

/**
 * Ties ownership to a Drizzle table, as `owned` does for plain SQL. Keep the columns of `through`
 * rules NOT NULL: a foreign parent becomes NULL, and the row is refused.
 *
 * @throws {ConfigFault} when the table lacks the key or the owner, or has rows that are only shared
 * @see ASVS 8.2.2, 8.2.3, 8.4.1
 */
export function ownedDrizzle<T extends DrizzleTable>(
  database: DrizzleDatabase,
  table: T,
  rules: DrizzleRules<T['$inferSelect']>,
  parts: { readonly drizzle: DrizzleTools; readonly audit: UnscopedWitness },
): OwnedDrizzle<T['$inferSelect'], T['$inferInsert']> {
  const known = judged(table, rules, parts.drizzle)
  type Answer = OwnedDrizzle<T['$inferSelect'], T['$inferInsert']>
  return {
    of({ accountId }) {
      if (typeof accountId !== 'string' || accountId === '') {
        throw new ConfigFault(`owned ${known.name}`, 'the principal has no accountId')
      }
      return rows(database, known, accountId) as unknown as ReturnType<Answer['of']>
    },
    unscoped(reason) {
      witness(parts.audit, [known.name], reason)
      return rows(database, known, undefined) as unknown as ReturnType<Answer['unscoped']>
    },
  }
}

interface Judged {
  readonly sql: DrizzleTools['sql']
  readonly table: DrizzleTable
  readonly name: string
  readonly columns: Readonly<Record<string, Column>>
  readonly key: Column
  readonly keyProperty: string
  readonly read: Rule
  readonly write: Rule
  readonly making: ReturnType<typeof makingRule>
  readonly uuids: boolean
  /** Property by name in the database. */
  readonly propertyOf: ReadonlyMap<string, string>
}

/** A column, as far as it is looked at. */
interface Column {
  readonly name: string
}

function judged<Row>(table: DrizzleTable, rules: DrizzleRules<Row>, drizzle: DrizzleTools): Judged {
  const name = drizzle.getTableName(table as never)
  const columns = drizzle.getTableColumns(table as never) as Record<string, Column>
  const keyProperty = rules.id ?? 'id'
  const key = columns[keyProperty]
  if (key === undefined) throw new ConfigFault(`owned ${name}`, `has no column ${keyProperty}`)
  const { rule } = rules
  const [read, write] = 'kind' in rule ? [rule, rule] : [rule.read, rule.write]
  const propertyOf = new Map(Object.entries(columns).map(([property, one]) => [one.name, property]))
  for (const column of [...owningColumns(read), ...owningColumns(write)]) {
    if (!propertyOf.has(column)) throw new ConfigFault(`owned ${name}`, `has no column ${column}`)
  }
  const making = makingRule(write)
  const uuids = rules.ids !== 'any'
  const { sql } = drizzle
  return { sql, table, name, columns, key, keyProperty, read, write, making, uuids, propertyOf }
}

type Row = Record<string, unknown>

/** The builder's methods that are used, in the order in which they are. */
interface Building extends PromiseLike<readonly Row[]> {
  where(condition: DrizzleSql | undefined): Building
  orderBy(order: DrizzleSql): Building
  limit(limit: number): Building
  returning(): Building
}

function rows(
  database: DrizzleDatabase,
  known: Judged,
  accountId: string | undefined,
): DrizzleRows<Row, Row, 'owned'> {
  const { sql, table, name, key, columns } = known
  const fault = (message: string): never => {
    throw new ConfigFault(`owned ${name}`, message)
  }
  const mine = (rule: Rule): DrizzleSql | undefined =>
    accountId === undefined ? undefined : toSql(sql, condition(rule, name, key.name, accountId))
  const from = (fields?: Record<string, DrizzleSql>): Building =>
    (fields ? database.select(fields as never) : database.select()).from(table as never) as Building
  const idOf = (id: unknown): string | undefined => {
    if (!known.uuids) return typeof id === 'string' ? id : undefined
    const parsed = uuid(id)
    return parsed.ok ? parsed.value : undefined
  }
  const is = (column: Column, value: unknown): DrizzleSql =>
    sql`${column} = ${sql.param(value, column as never)}`
  const and = (...all: readonly (DrizzleSql | undefined)[]): DrizzleSql | undefined => {
    const parts = all.filter(one => one !== undefined)
    const joined = parts.flatMap((part, index) => [
      sql.raw(index === 0 ? '(' : ' and ('),
      part,
      sql.raw(')'),
    ])
    return parts.length === 0 ? undefined : sql.join(joined as never[])
  }
  const among = (keys: readonly string[]): DrizzleSql => {
    const list = keys.flatMap((one, index) => [
      sql.raw(index === 0 ? '' : ', '),
      sql`${sql.param(one, key as never)}`,
    ])
    return sql`${key} in (${sql.join(list as never[])})`
  }
  const byKey: DrizzleSql = sql`${key} asc`
  const equal = (where: Row): (DrizzleSql | undefined)[] =>
    Object.entries(where).map(([property, value]) => {
      const column = columns[property]
      if (column === undefined || value === undefined) {
        return fault(`${JSON.stringify(property)} is undefined or no column`)
      }
      return value === null ? sql`${column} is null` : is(column, value)
    })
  const limited = (limit = 100): number =>
    Number.isSafeInteger(limit) && limit >= 1 && limit <= 1000 ? limit : fault('limit: 1 to 1,000')

  /** What may be set: columns of the table, but not those that say whose the row is. */
  function settable(values: Row, allowed: readonly string[]): Row {
    const owners = owningColumns(known.write).map(column => known.propertyOf.get(column))
    for (const [property, value] of Object.entries(values)) {
      const mayNot = accountId !== undefined && owners.includes(property)
      if (columns[property] === undefined || value === undefined) {
        fault(`${JSON.stringify(property)} is undefined or no column`)
      }
      if (mayNot && !allowed.includes(property)) {
        fault(`${property} says whose a row is and cannot be given`)
      }
    }
    return values
  }

  /** Replaces a parent's id by a subquery that is NULL unless the account reaches it. */
  function withParent(values: Row): Row {
    const { making } = known
    if (accountId === undefined || making?.kind !== 'through') return values
    const property = known.propertyOf.get(making.column) ?? ''
    if (!(property in values)) return values
    const parent = values[property]
    if (typeof parent !== 'string') return fault(`${property} must be the id of a row`)
    const reached = reachable(making, accountId, name, { value: parent })
    return { ...values, [property]: sql`(${toSql(sql, reached)})` }
  }

  const parentProperty =
    known.making?.kind === 'through' ? known.propertyOf.get(known.making.column) : undefined
  const allowed = parentProperty === undefined ? [] : [parentProperty]
  return {
    async get(id) {
      const itsId = idOf(id)
      if (itsId === undefined) return undefined
      return (await from().where(and(is(key, itsId), mine(known.read))))[0]
    },
    async many(ids) {
      const keys = ids.map(idOf).filter(id => id !== undefined)
      if (keys.length > 1000) fault('at most 1,000 ids')
      if (keys.length === 0) return []
      return from()
        .where(and(among(keys), mine(known.read)))
        .orderBy(byKey)
    },
    async list({ where = {}, afterId, limit }: OwnedQuery<Row> = {}) {
      const after = afterId === undefined ? undefined : idOf(afterId)
      if (afterId !== undefined && after === undefined) return []
      return from()
        .where(
          and(
            mine(known.read),
            ...equal(where),
            after === undefined ? undefined : sql`${key} > ${sql.param(after, key as never)}`,
          ),
        )
        .orderBy(byKey)
        .limit(limited(limit))
    },
    async find(where, { orderBy, limit } = {}) {
      return from()
        .where(and(mine(known.read), where))
        .orderBy(orderBy ?? byKey)
        .limit(limited(limit))
    },
    async count(where = {}) {
      const [row] = await from({ n: sql`count(*)` }).where(and(mine(known.read), ...equal(where)))
      return Number(row?.['n'] ?? 0)
    },
    async create(values) {
      const { making } = known
      if (accountId !== undefined && making === undefined) fault('nobody makes rows')
      const given = withParent(settable(values, allowed))
      if (accountId !== undefined && making?.kind === 'owner') {
        given[known.propertyOf.get(making.column) ?? ''] = accountId
      }
      if (accountId !== undefined && parentProperty !== undefined && !(parentProperty in given)) {
        fault(`a new row needs its ${parentProperty}`)
      }
      try {
        const building = database.insert(table as never).values(given as never) as Building
        return (await building.returning()).length === 1
      } catch (error) {
        if (parentProperty !== undefined && isMissingValue(error)) return false
        throw error
      }
    },
    async update(id, change) {
      const itsId = idOf(id)
      if (known.keyProperty in change) fault('a key cannot be changed')
      if (Object.keys(change).length === 0) fault('the change is empty')
      const given = withParent(settable(change, allowed))
      if (itsId === undefined) return false
      try {
        const building = database.update(table as never).set(given as never) as Building
        const done = await building.where(and(is(key, itsId), mine(known.write))).returning()
        return done.length === 1
      } catch (error) {
        if (parentProperty !== undefined && isMissingValue(error)) return false
        throw error
      }
    },
    async remove(id) {
      const itsId = idOf(id)
      if (itsId === undefined) return false
      const building = database.delete(table as never) as Building
      return (await building.where(and(is(key, itsId), mine(known.write))).returning()).length === 1
    },
  }
}

function toSql(sql: DrizzleTools['sql'], parts: readonly Part[]): DrizzleSql {
  const chunks = parts.map(part => {
    if (typeof part === 'string') return sql.raw(part)
    return 'name' in part ? sql.identifier(part.name) : sql`${part.value}`
  })
  return sql.join(chunks as never[])
}

/** NOT NULL was broken: 23502 in PostgreSQL, 1299 in SQLite; the driver's error may be wrapped. */
function isMissingValue(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, errcode } = at as { readonly code?: unknown; readonly errcode?: unknown }
    if (code === '23502' || errcode === 1299) return true
  }
  return false
}
