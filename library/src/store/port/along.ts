import type { AuditEntry } from './audit-log.ts'
import type { NewJob } from './jobs.ts'

/**
 * What is written together with a change: in the same transaction, so both are there or neither.
 * When the change does not happen (somebody else won), none of it is written.
 */
export interface Along {
  /** Audit entries, in order. */
  readonly events?: readonly AuditEntry[]
  /** Work for later, such as a mail. */
  readonly jobs?: readonly NewJob[]
}
