import type { AuditRow } from '../store/port/audit-log.ts'

/** An erasure also reaches rows that other processes wrote while it ran. */
const ERASURE_MS = 60_000

/** Which rows lost their personal data, and which of them by an erasure that was written down. */
export function erasureBook(): {
  erased(row: AuditRow): void
  event(accountId: string, at: number): void
  unexplained(): readonly number[]
  explained(): number
} {
  const events = new Map<string, number>()
  const rows: {
    readonly sequence: number
    readonly at: number
    readonly who: readonly string[]
  }[] = []
  const isExplained = ({ at, who }: (typeof rows)[number]): boolean =>
    who.some(id => at <= (events.get(id) ?? Number.NEGATIVE_INFINITY) + ERASURE_MS)
  return {
    erased({ sequence, at, actorId, targetId }) {
      rows.push({ sequence, at, who: [actorId, targetId].filter(id => id !== undefined) })
    },
    event: (accountId, at) => void events.set(accountId, Math.max(at, events.get(accountId) ?? at)),
    unexplained: () => rows.filter(row => !isExplained(row)).map(row => row.sequence),
    explained: () => rows.filter(isExplained).length,
  }
}
