import type { Audit } from '../audit/audit.ts'
import { refusalEvent } from '../audit/refusal-event.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Refusal } from '../kernel/refusal.ts'

const PAUSE_MS = 10_000

/**
 * Writes down connections that were cut before there was a request: broken messages, slow clients,
 * refused upgrades.
 *
 * Decision: of each code the first is written at once, and those of the next ten seconds are counted
 * into the one after, because a stranger can be cut for nothing as often as they like.
 * Cost: of many addresses only those are named whose cut was written.
 */
export function cutLog(
  audit: Audit,
  clock: Clock,
): (refusal: Refusal, address: string, id: string) => void {
  const last = new Map<string, { at: number; unwritten: number }>()
  return (refusal, address, id) => {
    const now = clock()
    const before = last.get(refusal.code)
    if (before !== undefined && now - before.at < PAUSE_MS && now >= before.at) {
      before.unwritten += 1
      return
    }
    last.set(refusal.code, { at: now, unwritten: 0 })
    const event = refusalEvent(refusal, { id, method: '-', route: '-', address, device: '' })
    const unwritten = before?.unwritten ?? 0
    audit.record({ ...event, detail: { ...event.detail, ...(unwritten > 0 && { unwritten }) } })
  }
}
