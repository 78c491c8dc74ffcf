import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Complaint, Refusal } from '../../kernel/refusal.ts'
import type { StandardIssue, StandardResult, StandardSchema } from '../../kernel/standard-schema.ts'

export type { StandardIssue, StandardResult, StandardSchema }

export const refusals = {
  invalid: { code: 'content.invalid', says: 'content.invalid', status: 422 },
} as const

const MAX_COMPLAINTS = 20
const MAX_DETAIL = 200

/**
 * Asks a schema about a value. What does not fit is answered 422 with a JSON pointer for each
 * complaint, at most 20; what fits is the schema's own output, unknown members gone or refused as
 * the schema says.
 *
 * @param where goes before the pointers: `''` for a body, `#/query` for a query
 */
export function validate<Output>(
  schema: StandardSchema<Output>,
  value: unknown,
  where = '',
): Outcome<Output> | Promise<Outcome<Output>> {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) return result.then(later => outcomeOf(later, where))
  return outcomeOf(result, where)
}

function outcomeOf<Output>(result: StandardResult<Output>, where: string): Outcome<Output> {
  if (result.issues === undefined) return granted(result.value)
  const errors = result.issues.slice(0, MAX_COMPLAINTS).map(issue => complaintOf(issue, where))
  const refusal: Refusal = { ...refusals.invalid, errors }
  return refused(refusal)
}

function complaintOf(issue: StandardIssue, where: string): Complaint {
  const steps = (issue.path ?? []).map(step => {
    const key = typeof step === 'object' ? step.key : step
    return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
  })
  return { pointer: where + steps.join(''), detail: issue.message.slice(0, MAX_DETAIL) }
}
