import { ConfigFault } from '../../kernel/fault.ts'
import type { SealedRows } from './rows.ts'

/** What Prisma hands to a query extension, as far as it is used. */
interface Query {
  readonly operation: string
  readonly args: unknown
  readonly query: (args: never) => Promise<unknown>
}

/** A query component for Prisma's `$extends`, by model. */
export interface PrismaSealed {
  readonly query: Readonly<Record<string, { $allOperations(query: Query): Promise<unknown> }>>
}

const MAKES: ReadonlySet<string> = new Set(['create', 'createMany', 'createManyAndReturn'])
const CHANGES: ReadonlySet<string> = new Set(['update'])
/** Answers that hold no rows. */
const COUNTS: ReadonlySet<string> = new Set(['count', 'aggregate', 'groupBy', 'deleteMany'])

/**
 * For `prisma.$extends(prismaSealed({ account: rows }))`: sealed columns are sealed on their way in
 * and opened on their way out, also where `select` leaves the id aside as long as no sealed column
 * is selected. Search by the index column that `rows.search` names.
 *
 * Decision: writes that name no single row by its id (`updateMany`, `upsert`, nested writes of a
 * sealed model) are a fault: a value must be bound to its row.
 * Cost: such a change is written row by row.
 *
 * @throws {ConfigFault} during a query that cannot be bound; an `Error` with the refusal's code when
 * a value does not open
 */
export function prismaSealed(models: Readonly<Record<string, SealedRows>>): PrismaSealed {
  const query: Record<string, { $allOperations(query: Query): Promise<unknown> }> = {}
  for (const [model, rows] of Object.entries(models)) {
    query[model] = {
      async $allOperations({ operation, args, query: run }) {
        const answer = await run(sealedArgs(model, rows, operation, args) as never)
        return COUNTS.has(operation) ? answer : opened(rows, answer)
      },
    }
  }
  return { query }
}

interface Args {
  readonly data?: unknown
  readonly where?: { readonly id?: unknown }
  readonly create?: unknown
}

function sealedArgs(model: string, rows: SealedRows, operation: string, given: unknown): unknown {
  const args = (given ?? {}) as Args
  const { data } = args
  if (MAKES.has(operation)) {
    const seal = (one: object): object => rows.seal(one)
    return { ...args, data: Array.isArray(data) ? data.map(seal) : seal((data ?? {}) as object) }
  }
  const touched = [data, args.create].some(one => touches(rows, one))
  if (!touched) return args
  const id = args.where?.id
  if (CHANGES.has(operation) && typeof id === 'string') {
    return { ...args, data: rows.seal(data as object, id) }
  }
  throw new ConfigFault(
    `fields ${model}`,
    `${operation} of a sealed column: update one row by its id`,
  )
}

function touches(rows: SealedRows, data: unknown): boolean {
  const list: readonly unknown[] = Array.isArray(data) ? data : [data]
  return list.some(
    one =>
      typeof one === 'object' && one !== null && [...rows.fields.keys()].some(name => name in one),
  )
}

function opened(rows: SealedRows, answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(one => opened(rows, one))
  if (typeof answer !== 'object' || answer === null) return answer
  const outcome = rows.open(answer)
  if (outcome.ok) return outcome.value
  throw new Error(outcome.refusal.code)
}
