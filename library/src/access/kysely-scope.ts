import {
  AliasNode,
  AndNode,
  ColumnNode,
  type ColumnUpdateNode,
  type DeleteQueryNode,
  FromNode,
  IdentifierNode,
  type InsertQueryNode,
  type JoinNode,
  type KyselyPlugin,
  type OnConflictNode,
  type OperationNode,
  OperationNodeTransformer,
  ParensNode,
  type PrimitiveValueListNode,
  type QueryId,
  RawNode,
  ReferenceNode,
  SelectionNode,
  SelectQueryNode,
  TableNode,
  type UpdateQueryNode,
  type UsingNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
  WhereNode,
} from 'kysely'
import { ConfigFault } from '../kernel/fault.ts'
import { condition, makingRule, owningColumns, type Part, type Rule, reachable } from './rule.ts'

interface Rules {
  readonly rule: Rule | { readonly read: Rule; readonly write: Rule }
  readonly id?: string
}

interface Owned {
  readonly id: string
  readonly read: Rule
  readonly write: Rule
  /** Absent when nobody makes rows. */
  readonly making: ReturnType<typeof makingRule>
}

/**
 * A Kysely plugin that narrows every owned table of a query to what `accountId` reaches.
 *
 * @throws {ConfigFault} when a table has rows that are only shared
 */
export function scopePlugin(tables: ReadonlyMap<string, Rules>, accountId: string): KyselyPlugin {
  const owned = new Map<string, Owned>()
  for (const [table, { rule, id }] of tables) {
    const [read, write] = 'kind' in rule ? [rule, rule] : [rule.read, rule.write]
    owned.set(table, { id: id ?? 'id', read, write, making: makingRule(write) })
  }
  // A query put into another is narrowed on its own first: what we wrote into it is ours to know.
  const ours = new WeakSet<OperationNode>()
  return {
    transformQuery: ({ node, queryId }) => {
      if (!ROOTS.has(node.kind)) return refuse(`a ${node.kind} cannot be narrowed to an owner`)
      return new Scope(owned, accountId, ours).transformNode(node, queryId)
    },
    transformResult: async ({ result }) => result,
  }
}

const ROOTS: ReadonlySet<string> = new Set([
  'SelectQueryNode',
  'InsertQueryNode',
  'UpdateQueryNode',
  'DeleteQueryNode',
])

function refuse(why: string): never {
  throw new ConfigFault('owned', `${why}; use unscoped(reason) if it is meant`)
}

/**
 * Walks a query and narrows it. Where an owned table is read, a subquery with its condition takes
 * its place, under its name; where it is changed, the condition joins the WHERE. A place that it
 * does not know is refused, not passed over.
 */
class Scope extends OperationNodeTransformer {
  readonly #tables: ReadonlyMap<string, Owned>
  readonly #accountId: string
  readonly #ours: WeakSet<OperationNode>

  constructor(tables: ReadonlyMap<string, Owned>, accountId: string, ours: WeakSet<OperationNode>) {
    super()
    this.#tables = tables
    this.#accountId = accountId
    this.#ours = ours
  }

  #own(node: RawNode): RawNode {
    this.#ours.add(node)
    return node
  }

  protected override transformFrom(node: FromNode, queryId?: QueryId): FromNode {
    return { ...node, froms: node.froms.map(item => this.#source(item, queryId)) }
  }

  protected override transformUsing(node: UsingNode, queryId?: QueryId): UsingNode {
    return { ...node, tables: node.tables.map(item => this.#source(item, queryId)) }
  }

  protected override transformJoin(node: JoinNode, queryId?: QueryId): JoinNode {
    const on = this.transformNode(node.on, queryId)
    return { ...node, table: this.#source(node.table, queryId), ...(on && { on }) }
  }

  /** A column is named by its table; the table itself stands elsewhere and is narrowed there. */
  protected override transformReference(node: ReferenceNode): ReferenceNode {
    return node
  }

  protected override transformTable(node: TableNode): TableNode {
    return refuse(`${nameOf(node)} stands where it cannot be narrowed`)
  }

  /** Raw SQL is not read, so it may not speak of an owned table. */
  protected override transformRaw(node: RawNode, queryId?: QueryId): RawNode {
    if (this.#ours.has(node)) return node
    for (const parameter of node.parameters) {
      if (IdentifierNode.is(parameter) && this.#isOwned(parameter.name)) {
        refuse(`raw SQL speaks of ${parameter.name}`)
      }
    }
    for (const table of this.#tables.keys()) {
      const word = new RegExp(`\\b${table}\\b`, 'i')
      if (node.sqlFragments.some(fragment => word.test(fragment))) {
        refuse(`raw SQL speaks of ${table}`)
      }
    }
    return super.transformRaw(node, queryId)
  }

  /** Some databases fold the case of names. */
  #isOwned(name: string): boolean {
    return [...this.#tables.keys()].some(table => table.toLowerCase() === name.toLowerCase())
  }

  protected override transformUpdateQuery(
    node: UpdateQueryNode,
    queryId?: QueryId,
  ): UpdateQueryNode {
    const target = node.table ?? refuse('an update without a table')
    const { owned, alias } = this.#target(target)
    const { table: _, where, updates, ...rest } = node
    const rewritten = super.transformUpdateQuery(rest as UpdateQueryNode, queryId)
    return {
      ...rewritten,
      table: target,
      ...(updates && { updates: updates.map(one => this.#update(owned, alias, one, queryId)) }),
      where: this.#narrowed(this.transformNode(where, queryId), owned, alias),
    }
  }

  protected override transformDeleteQuery(
    node: DeleteQueryNode,
    queryId?: QueryId,
  ): DeleteQueryNode {
    const [target, ...more] = node.from.froms
    if (target === undefined || more.length > 0) return refuse('a delete from several tables')
    const { owned, alias } = this.#target(target)
    const { from, where, ...rest } = node
    const nothing = { ...rest, from: FromNode.create([]) }
    const rewritten = super.transformDeleteQuery(nothing, queryId)
    return {
      ...rewritten,
      from,
      where: this.#narrowed(this.transformNode(where, queryId), owned, alias),
    }
  }

  protected override transformInsertQuery(
    node: InsertQueryNode,
    queryId?: QueryId,
  ): InsertQueryNode {
    const table = node.into === undefined ? '' : nameOf(node.into)
    const owned = this.#tables.get(table) ?? refuse(`${table} is not among the owned tables`)
    if (node.replace || node.orAction || node.onDuplicateKey) {
      refuse('replacing would remove rows of others')
    }
    const { into, onConflict, values, columns, ...rest } = node
    const rewritten = super.transformInsertQuery(rest as InsertQueryNode, queryId)
    return {
      ...rewritten,
      ...(into && { into }),
      ...this.#made(owned, table, columns ?? [], values, queryId),
      ...(onConflict && { onConflict: this.#conflict(onConflict, owned, table, queryId) }),
    }
  }

  /** A place that is read from. */
  #source(node: OperationNode, queryId: QueryId | undefined): OperationNode {
    const [table, alias] = AliasNode.is(node) ? [node.node, node.alias] : [node, undefined]
    if (!TableNode.is(table)) return this.transformNode(node, queryId)
    const name = nameOf(table)
    const owned = this.#tables.get(name) ?? refuse(`${name} is not among the owned tables`)
    const everything = SelectionNode.createSelectAll()
    const all = SelectQueryNode.cloneWithSelections(SelectQueryNode.createFrom([table]), [
      everything,
    ])
    const inner = {
      ...all,
      where: WhereNode.create(
        this.#own(raw(condition(owned.read, name, owned.id, this.#accountId))),
      ),
    }
    return AliasNode.create(inner, alias ?? IdentifierNode.create(name))
  }

  /** The one table that is changed. */
  #target(node: OperationNode): { readonly owned: Owned; readonly alias: string } {
    const table = AliasNode.is(node) ? node.node : node
    const name = TableNode.is(table) ? nameOf(table) : ''
    const owned =
      this.#tables.get(name) ?? refuse(`${name || node.kind} is not among the owned tables`)
    if (!AliasNode.is(node)) return { owned, alias: name }
    if (!IdentifierNode.is(node.alias)) return refuse('a table under a raw alias')
    return { owned, alias: node.alias.name }
  }

  #narrowed(where: WhereNode | undefined, owned: Owned, alias: string): WhereNode {
    const mine = this.#own(raw(condition(owned.write, alias, owned.id, this.#accountId)))
    return WhereNode.create(
      where === undefined ? mine : AndNode.create(ParensNode.create(where.where), mine),
    )
  }

  #update(
    owned: Owned,
    alias: string,
    node: ColumnUpdateNode,
    queryId: QueryId | undefined,
  ): ColumnUpdateNode {
    const column = columnOf(node.column)
    const value = this.transformNode(node.value, queryId)
    if (!owningColumns(owned.write).includes(column)) return { ...node, value }
    if (owned.making?.kind === 'through' && owned.making.column === column) {
      return { ...node, value: this.#parent(owned.making, alias, value) }
    }
    return refuse(`${column} says whose a row is and cannot be changed`)
  }

  /** The parent's id if the account reaches it, else NULL. */
  #parent(
    rule: Extract<Rule, { kind: 'through' }>,
    alias: string,
    value: OperationNode,
  ): OperationNode {
    const marker: Part = { value: '' }
    const parts = reachable(rule, this.#accountId, alias, marker)
    return ParensNode.create(this.#own(raw(parts, part => (part === marker ? value : undefined))))
  }

  #made(
    owned: Owned,
    table: string,
    columns: readonly ColumnNode[],
    values: OperationNode | undefined,
    queryId: QueryId | undefined,
  ): Pick<InsertQueryNode, 'columns' | 'values'> {
    if (values === undefined || !ValuesNode.is(values)) {
      return refuse('a row that is not made of values')
    }
    const making = owned.making ?? refuse(`nobody makes rows of ${table}`)
    const names = columns.map(columnOf)
    const others = owningColumns(owned.write).filter(one => one !== making.column)
    const stray = names.find(one => others.includes(one))
    if (stray !== undefined) refuse(`${stray} says whose a row is and cannot be set`)
    const at = names.indexOf(making.column)
    if (at < 0 && making.kind === 'through') refuse(`a new row needs its ${making.column}`)
    const rows = values.values.map(row => {
      const items = itemsOf(row).map(item => this.transformNode(item, queryId))
      const place = at < 0 ? items.length : at
      const given = items[place]
      items[place] =
        making.kind === 'owner'
          ? ValueNode.create(this.#accountId)
          : this.#parent(making, table, given ?? refuse(`a new row needs its ${making.column}`))
      return ValueListNode.create(items)
    })
    return {
      columns: at < 0 ? [...columns, ColumnNode.create(making.column)] : columns,
      values: ValuesNode.create(rows),
    }
  }

  /** ON CONFLICT may meet somebody else's row: then it must leave it alone. */
  #conflict(
    node: OnConflictNode,
    owned: Owned,
    table: string,
    queryId: QueryId | undefined,
  ): OnConflictNode {
    const { updates, updateWhere, ...rest } = node
    const rewritten = super.transformOnConflict(rest, queryId)
    if (updates === undefined) return rewritten
    return {
      ...rewritten,
      updates: updates.map(one => this.#update(owned, table, one, queryId)),
      updateWhere: this.#narrowed(this.transformNode(updateWhere, queryId), owned, table),
    }
  }
}

function nameOf(node: TableNode): string {
  return node.table.identifier.name
}

function columnOf(node: OperationNode): string {
  if (ColumnNode.is(node)) return node.column.name
  if (ReferenceNode.is(node) && ColumnNode.is(node.column)) return node.column.column.name
  return refuse('a column that has no name')
}

function itemsOf(row: ValueListNode | PrimitiveValueListNode): OperationNode[] {
  if (ValueListNode.is(row)) return [...row.values]
  return row.values.map(value => ValueNode.create(value))
}

function raw(
  parts: readonly Part[],
  instead: (part: Part) => OperationNode | undefined = () => undefined,
): RawNode {
  const fragments = ['']
  const nodes: OperationNode[] = []
  for (const part of parts) {
    if (typeof part === 'string') {
      fragments.push(`${fragments.pop()}${part}`)
      continue
    }
    nodes.push(
      instead(part) ??
        ('name' in part ? IdentifierNode.create(part.name) : ValueNode.create(part.value)),
    )
    fragments.push('')
  }
  return RawNode.create(fragments, nodes)
}
