import { STATUS_CODES } from 'node:http'
import type { Refusal } from '../kernel/refusal.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'

/** Safe on any answer; what a defence adds comes on top. */
const PLAIN_FIELDS = ['cache-control', 'no-store', 'x-content-type-options', 'nosniff'] as const

/**
 * A refusal as the bytes of a whole HTTP/1.1 answer, for where no response object exists: the
 * parser gave up, a deadline passed, an upgrade may not happen. The connection ends with it.
 *
 * @param fields more header fields, names and values in turn
 */
export function rawProblem(
  refusal: Refusal,
  requestId: string,
  fields: readonly string[] = PLAIN_FIELDS,
): string {
  const body = JSON.stringify(problemOf(refusal, requestId))
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Error'}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  for (let at = 0; at < fields.length; at += 2) lines.push(`${fields[at]}: ${fields[at + 1]}`)
  for (const [name, value] of Object.entries(refusal.headers ?? {})) lines.push(`${name}: ${value}`)
  if (refusal.retryAfterSeconds !== undefined)
    lines.push(`retry-after: ${refusal.retryAfterSeconds}`)
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
