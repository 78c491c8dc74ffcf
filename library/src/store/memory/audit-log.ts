import type { AuditLog, AuditQuery, AuditRow } from '../port/audit-log.ts'
import { appendEntries, type Room } from './room.ts'

export function memoryAuditLog(room: Room): AuditLog {
  return {
    async append(entries) {
      appendEntries(room, entries)
    },
    async read(query) {
      const found: AuditRow[] = []
      for (const row of ordered(room.log, query.oldestFirst ?? false)) {
        if (found.length >= query.limit) break
        if (matches(row, query)) found.push(row)
      }
      return found
    },
    async head() {
      return room.head
    },
    async erase(accountId) {
      let erased = 0
      for (const [index, row] of room.log.entries()) {
        if (row.actorId !== accountId && row.targetId !== accountId) continue
        if (row.personal === undefined) continue
        room.log[index] = { ...row, personal: undefined }
        erased += 1
      }
      return erased
    },
    async prune(sequence) {
      const kept = room.log.findIndex(row => row.sequence > sequence)
      return room.log.splice(0, kept === -1 ? room.log.length : kept).length
    },
  }
}

function* ordered(log: readonly AuditRow[], oldestFirst: boolean): Generator<AuditRow> {
  for (let step = 0; step < log.length; step += 1) {
    const row = log[oldestFirst ? step : log.length - 1 - step]
    if (row !== undefined) yield row
  }
}

function matches(row: AuditRow, query: AuditQuery): boolean {
  const { beyond, oldestFirst, code, actorId, targetId, since, until, contains } = query
  if (beyond !== undefined && (oldestFirst ? row.sequence <= beyond : row.sequence >= beyond)) {
    return false
  }
  if (code !== undefined && !(code.endsWith('.') ? row.code.startsWith(code) : row.code === code)) {
    return false
  }
  if (actorId !== undefined && row.actorId !== actorId) return false
  if (targetId !== undefined && row.targetId !== targetId) return false
  if (since !== undefined && row.at < since) return false
  if (until !== undefined && row.at > until) return false
  return contains === undefined || row.text.includes(contains)
}
