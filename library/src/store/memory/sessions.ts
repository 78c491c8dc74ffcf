import type { SessionRecord, Sessions } from '../port/sessions.ts'
import { join, leave, membersOf, type Room, sweep, writeAlong } from './room.ts'

export function memorySessions(room: Room): Sessions {
  const { sessions, sessionsOf } = room
  return {
    async create(record, along) {
      writeAlong(room, along)
      keepSession(room, record)
    },
    find: idHash => sessions.get(idHash),
    async touch(idHash, lastSeenAt, idleExpiresAt) {
      const record = sessions.get(idHash)
      if (record === undefined || endOf(record) <= lastSeenAt) return false
      const later = {
        lastSeenAt: Math.max(record.lastSeenAt, lastSeenAt),
        idleExpiresAt: Math.max(record.idleExpiresAt, idleExpiresAt),
      }
      sessions.set(idHash, Object.freeze({ ...record, ...later }))
      return true
    },
    async replace(oldIdHash, record, along) {
      if (!sessions.has(oldIdHash)) return false
      writeAlong(room, along)
      dropSession(room, oldIdHash)
      keepSession(room, record)
      return true
    },
    async revoke(idHash, along) {
      if (!sessions.has(idHash)) return false
      writeAlong(room, along)
      dropSession(room, idHash)
      return true
    },
    async revokeById(accountId, id, along) {
      const idHash = membersOf(sessionsOf, accountId).find(hash => sessions.get(hash)?.id === id)
      if (idHash === undefined) return false
      writeAlong(room, along)
      dropSession(room, idHash)
      return true
    },
    async revokeAll(accountId, except, along) {
      const ending = endingSessions(room, accountId, except?.idHash)
      if (ending.length === 0) return 0
      writeAlong(room, along)
      for (const idHash of ending) dropSession(room, idHash)
      return ending.length
    },
    async ofAccount(accountId, now) {
      return membersOf(sessionsOf, accountId)
        .flatMap(idHash => sessions.get(idHash) ?? [])
        .filter(record => endOf(record) > now)
        .sort((a, b) => b.lastSeenAt - a.lastSeenAt)
    },
    async count(now) {
      let alive = 0
      for (const record of sessions.values()) if (endOf(record) > now) alive += 1
      return alive
    },
    async prune(now, limit) {
      const ended = (record: SessionRecord): boolean => endOf(record) <= now
      return sweep(sessions, limit, ended, idHash => dropSession(room, idHash))
    },
  }
}

export function keepSession(room: Room, record: SessionRecord): void {
  room.sessions.set(record.idHash, Object.freeze({ ...record }))
  join(room.sessionsOf, record.accountId, record.idHash)
}

export function endingSessions(room: Room, accountId: string, except?: string): readonly string[] {
  return membersOf(room.sessionsOf, accountId).filter(idHash => idHash !== except)
}

export function dropSession(room: Room, idHash: string): void {
  const record = room.sessions.get(idHash)
  if (record === undefined) return
  room.sessions.delete(idHash)
  leave(room.sessionsOf, record.accountId, idHash)
}

function endOf(record: SessionRecord): number {
  return Math.min(record.idleExpiresAt, record.expiresAt)
}
