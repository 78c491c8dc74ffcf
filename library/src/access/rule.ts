import { ConfigFault } from '../kernel/fault.ts'

/**
 * Whose a row is, as a condition that every statement carries. Rules are made by `ownedBy`,
 * `through`, `sharedWith` and `anyOf`, and hold names only: no values, no text of SQL.
 */
export type Rule =
  | { readonly kind: 'owner'; readonly column: string }
  | {
      readonly kind: 'through'
      readonly column: string
      readonly table: string
      readonly id: string
      readonly rule: Rule
    }
  | {
      readonly kind: 'shared'
      readonly table: string
      readonly row: string
      readonly account: string
    }
  | { readonly kind: 'any'; readonly rules: readonly Rule[] }
  | { readonly kind: 'everyone' | 'nobody' }

/** Rows that everybody may read, such as a price list. Pair it with `nobody` for writing. */
export const everyone: Rule = { kind: 'everyone' }

/** Rows that nobody changes in the name of an account. */
export const nobody: Rule = { kind: 'nobody' }

/** The row's column holds its owner's account id. */
export function ownedBy(column: string): Rule {
  return { kind: 'owner', column: name(column) }
}

/** The row's column names a row of another table, and is reached as that one is: items of an order. */
export function through(column: string, parent: { table: string; id?: string; rule: Rule }): Rule {
  return {
    kind: 'through',
    column: name(column),
    table: name(parent.table),
    id: name(parent.id ?? 'id'),
    rule: parent.rule,
  }
}

/** A second table says with whom a row is shared: one line for each row and account. */
export function sharedWith(share: { table: string; row: string; account: string }): Rule {
  return {
    kind: 'shared',
    table: name(share.table),
    row: name(share.row),
    account: name(share.account),
  }
}

/** Reached if any of the rules says so. */
export function anyOf(...rules: readonly [Rule, Rule, ...Rule[]]): Rule {
  return { kind: 'any', rules }
}

/** A piece of a condition: words of SQL, a name to quote, or a value to bind. */
export type Part = string | { readonly name: string } | { readonly value: string }

/**
 * The condition of a rule on the rows known as `alias`, whose key column is `id`. What it is made
 * of is quoted and bound by the three writers of `owned`, each in its own way.
 */
export function condition(rule: Rule, alias: string, id: string, accountId: string): Part[] {
  const column = (of: string): Part[] => [{ name: alias }, '.', { name: of }]
  switch (rule.kind) {
    case 'everyone':
      return ['1 = 1']
    case 'nobody':
      return ['1 = 0']
    case 'owner':
      return [...column(rule.column), ' = ', { value: accountId }]
    case 'shared':
      return [
        ...column(id),
        ' in (select ',
        { name: rule.row },
        ' from ',
        { name: rule.table },
        ' where ',
        { name: rule.account },
        ' = ',
        { value: accountId },
        ')',
      ]
    case 'through':
      return [...column(rule.column), ' in (', ...reachable(rule, accountId, alias), ')']
    case 'any':
      return [
        '(',
        ...rule.rules.flatMap((one, index) => [
          index === 0 ? '' : ' or ',
          ...condition(one, alias, id, accountId),
        ]),
        ')',
      ]
  }
}

/** The ids of a parent's rows that the account reaches; `only` narrows it to one of them. */
export function reachable(
  rule: Extract<Rule, { kind: 'through' }>,
  accountId: string,
  alias: string,
  only?: Part,
): Part[] {
  const parent = `${alias}_of`
  return [
    'select ',
    { name: parent },
    '.',
    { name: rule.id },
    ' from ',
    { name: rule.table },
    ' as ',
    { name: parent },
    ' where ',
    ...(only === undefined ? [] : [{ name: parent }, '.', { name: rule.id }, ' = ', only, ' and ']),
    ...condition(rule.rule, parent, rule.id, accountId),
  ]
}

/** The columns that say whose a row is: nobody sets them but `owned`. */
export function owningColumns(rule: Rule): readonly string[] {
  if (rule.kind === 'any') return rule.rules.flatMap(owningColumns)
  return 'column' in rule ? [rule.column] : []
}

/**
 * The rule under which new rows are made: of several, the first that names a column. `undefined`
 * when nobody makes any.
 *
 * @throws {ConfigFault} when the rows are only shared, so that a new one would be nobody's
 */
export function makingRule(rule: Rule): Extract<Rule, { kind: 'owner' | 'through' }> | undefined {
  switch (rule.kind) {
    case 'owner':
    case 'through':
      return rule
    case 'nobody':
      return undefined
    case 'any': {
      const inner = rule.rules.find(one => one.kind === 'owner' || one.kind === 'through')
      if (inner !== undefined) return makingRule(inner)
      break
    }
    case 'shared':
    case 'everyone':
  }
  throw new ConfigFault('owned', 'new rows would be nobody’s; add ownedBy(column), or nobody')
}

function name(given: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(given)) return given
  throw new ConfigFault('owned', `${JSON.stringify(given)} is no name of a table or column`)
}
