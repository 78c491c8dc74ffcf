import type { Audit } from '../audit/audit.ts'
import { ConfigFault } from '../kernel/fault.ts'

/** A reason that is really written: the compiler refuses an empty one, the start a short one. */
export type WrittenReason<Reason extends string> = Reason extends '' ? never : Reason

/** Where reaching over all owners leaves its event. */
export type UnscopedWitness = Pick<Audit, 'record'>

const SHORTEST = 10

/**
 * Leaves the event `access.unscoped`.
 *
 * @throws {ConfigFault} when the reason is shorter than ten characters
 */
export function witness(audit: UnscopedWitness, tables: readonly string[], reason: string): void {
  if (reason.trim().length < SHORTEST) {
    throw new ConfigFault('unscoped', 'write the reason in words, such as "nightly revenue report"')
  }
  audit.record({
    code: 'access.unscoped',
    outcome: 'success',
    detail: { tables: tables.join(', '), reason },
  })
}
