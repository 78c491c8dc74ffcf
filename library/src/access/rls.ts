import { ConfigFault } from '../kernel/fault.ts'
import { condition, owningColumns, type Part, type Rule, through } from './rule.ts'

/** A table for PostgreSQL to guard by itself. */
export interface RlsTable {
  readonly table: string
  readonly rule: Rule | { readonly read: Rule; readonly write: Rule }
  /** Key column; `id` unless told. */
  readonly id?: string
  /** Type of the columns that hold account ids; `uuid` unless told. */
  readonly accountType?: 'uuid' | 'text'
}

/** The setting that says for whom a transaction speaks. */
export const RLS_SETTING = 'bulwark.account_id'

/**
 * Row-level security for PostgreSQL 12 and later: the same rules once more, in the database, for
 * statements that some code sends past `owned`. To be run by the tables' owner; the application's
 * role must be neither that nor a superuser nor BYPASSRLS.
 *
 * Every transaction then begins with `setAccount`. Without it no row is seen.
 *
 * @returns statements ready for a migration
 * @throws {ConfigFault} when a name is none
 */
export function rlsRecipe(tables: readonly RlsTable[]): string {
  return tables.map(recipe).join('\n')
}

/** The statement that begins a transaction; `true` ends its effect with the transaction. */
export const setAccount: string = `select set_config('${RLS_SETTING}', $1, true)`

function recipe({ table, rule, id = 'id', accountType = 'uuid' }: RlsTable): string {
  through('id', { table, id, rule: { kind: 'nobody' } }) // judges the names
  if (accountType !== 'uuid' && accountType !== 'text') {
    throw new ConfigFault(`rls ${table}`, `accountType: 'uuid' or 'text'`)
  }
  const [read, write] = 'kind' in rule ? [rule, rule] : [rule.read, rule.write]
  const me = `nullif(current_setting('${RLS_SETTING}', true), '')::${accountType}`
  const text = (one: Rule): string =>
    condition(one, table, id, ME.value)
      .map(part => written(part, me))
      .join('')
  const policy = (verb: string, clauses: string): string =>
    `drop policy if exists bulwark_${verb} on "${table}";\n` +
    `create policy bulwark_${verb} on "${table}" for ${verb}\n  ${clauses};\n`
  const columns = [...new Set([...owningColumns(read), ...owningColumns(write)])]
  return [
    `-- ${table}: whose a row is`,
    `alter table "${table}" enable row level security;`,
    `alter table "${table}" force row level security;`,
    policy('select', `using (${text(read)})`) +
      policy('insert', `with check (${text(write)})`) +
      policy('update', `using (${text(write)}) with check (${text(write)})`) +
      policy('delete', `using (${text(write)})`).trimEnd(),
    ...columns.map(
      column =>
        `create index if not exists "${table}_${column}_owned" on "${table}" ("${column}");`,
    ),
    '',
  ].join('\n')
}

const ME = { value: '' } as const

function written(part: Part, me: string): string {
  if (typeof part === 'string') return part
  return 'name' in part ? `"${part.name}"` : me
}
