import { ConfigFault } from '../kernel/fault.ts'
import type { AuditLog } from '../store/port/audit-log.ts'
import type { AuditEvent } from './event.ts'

const DAY_MS = 86_400_000

/** What dropping old rows depends on. */
export interface RetentionParts {
  readonly log: AuditLog
  readonly recordDurable: (event: AuditEvent) => Promise<void>
  /** The last row that every sink has; rows beyond it stay. Absent when there are no sinks. */
  readonly takenThrough?: () => Promise<number>
  readonly now: number
}

/**
 * Drops rows older than `days`. Before it does, the log itself keeps where it was cut and with which
 * link, so that the chain can still be checked from there on. Answers how many rows went.
 *
 * @throws {ConfigFault} when `days` is less than 1
 * @throws {StoreFault} when the log is out of reach; nothing is dropped then
 */
export async function retain(days: number, parts: RetentionParts): Promise<number> {
  if (!(days >= 1)) throw new ConfigFault('audit.retentionDays', 'write at least 1')
  const [newestOld] = await parts.log.read({ until: parts.now - days * DAY_MS, limit: 1 })
  if (newestOld === undefined) return 0
  const taken = (await parts.takenThrough?.()) ?? newestOld.sequence
  const through = Math.min(newestOld.sequence, taken)
  if (through < 1) return 0
  const [cut] = await parts.log.read({ beyond: through + 1, limit: 1 })
  if (cut === undefined || cut.sequence !== through) return 0
  await parts.recordDurable({
    code: 'audit.pruned',
    outcome: 'success',
    detail: { through, link: cut.link, days },
  })
  return parts.log.prune(through)
}
