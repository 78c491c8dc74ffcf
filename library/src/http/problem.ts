import { STATUS_CODES } from 'node:http'
import type { Complaint, Refusal } from '../kernel/refusal.ts'

/** `application/problem+json` (RFC 9457) as Bulwark writes it. */
export interface Problem {
  /** A page in the docs about `code`. */
  readonly type: string
  /** The status' standard phrase; never more, so that no title tells two causes apart. */
  readonly title: string
  readonly status: number
  /** What the refusal `says`. */
  readonly code: string
  readonly requestId: string
  readonly retryAfter?: number
  readonly errors?: readonly Complaint[]
}

export const PROBLEM_TYPE = 'application/problem+json'

const DOCS = 'https://bulwark.dev/problems/'

/** Turns a refusal into what the client may learn. `why` and `code` stay behind. */
export function problemOf(refusal: Refusal, requestId: string): Problem {
  return {
    type: DOCS + refusal.says,
    title: STATUS_CODES[refusal.status] ?? 'Error',
    status: refusal.status,
    code: refusal.says,
    requestId,
    ...(refusal.retryAfterSeconds === undefined ? {} : { retryAfter: refusal.retryAfterSeconds }),
    ...(refusal.errors === undefined ? {} : { errors: refusal.errors }),
  }
}
