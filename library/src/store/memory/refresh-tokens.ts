import type { RefreshRecord, RefreshTokens } from '../port/refresh-tokens.ts'
import { join, type KeptRefresh, leave, membersOf, type Room, sweep, writeAlong } from './room.ts'

export function memoryRefreshTokens(room: Room): RefreshTokens {
  const { refreshTokens, families, familiesOf } = room
  return {
    async issue(record, along) {
      writeAlong(room, along)
      keep(room, record)
    },
    async rotate(hash, clientId, successor, now, along, alongReuse) {
      const kept = refreshTokens.get(hash)
      if (kept === undefined || kept.record.clientId !== clientId) return { state: 'unknown' }
      const { record } = kept
      if (record.familyExpiresAt <= now) return { state: 'unknown' }
      if (kept.usedAt !== undefined) {
        writeAlong(room, alongReuse?.(record))
        dropFamily(room, record.familyId)
        return { state: 'reused', record }
      }
      if (record.expiresAt <= now) return { state: 'unknown' }
      writeAlong(room, along)
      refreshTokens.set(hash, { record, usedAt: now })
      keep(room, { ...record, ...successor, issuedAt: now })
      return { state: 'rotated', record }
    },
    async find(hash, now) {
      const kept = refreshTokens.get(hash)
      return kept === undefined ? undefined : { record: kept.record, live: isLive(kept, now) }
    },
    async revokeFamily(familyId, along) {
      if (!families.has(familyId)) return false
      writeAlong(room, along)
      dropFamily(room, familyId)
      return true
    },
    async revokeAll(accountId, clientId, along) {
      const ending = membersOf(familiesOf, accountId).filter(
        familyId => clientId === undefined || clientOf(room, familyId) === clientId,
      )
      if (ending.length === 0) return 0
      writeAlong(room, along)
      for (const familyId of ending) dropFamily(room, familyId)
      return ending.length
    },
    async ofAccount(accountId, now) {
      return membersOf(familiesOf, accountId)
        .flatMap(familyId => membersOf(families, familyId))
        .flatMap(hash => refreshTokens.get(hash) ?? [])
        .filter(kept => isLive(kept, now))
        .map(kept => kept.record)
        .sort((a, b) => b.issuedAt - a.issuedAt)
    },
    async prune(now, limit) {
      const over = (kept: KeptRefresh): boolean => hasEnded(kept, now)
      return sweep(refreshTokens, limit, over, hash => dropFamilyOf(room, hash))
    },
  }
}

export function dropFamiliesOf(room: Room, accountId: string): void {
  for (const familyId of membersOf(room.familiesOf, accountId)) dropFamily(room, familyId)
}

function keep(room: Room, given: RefreshRecord): void {
  const record = Object.freeze({ ...given })
  room.refreshTokens.set(record.hash, { record, usedAt: undefined })
  join(room.families, record.familyId, record.hash)
  join(room.familiesOf, record.accountId, record.familyId)
}

function dropFamily(room: Room, familyId: string): void {
  for (const hash of membersOf(room.families, familyId)) {
    const kept = room.refreshTokens.get(hash)
    room.refreshTokens.delete(hash)
    if (kept !== undefined) leave(room.familiesOf, kept.record.accountId, familyId)
  }
  room.families.delete(familyId)
}

function dropFamilyOf(room: Room, hash: string): void {
  const kept = room.refreshTokens.get(hash)
  if (kept !== undefined) dropFamily(room, kept.record.familyId)
}

/** A family has ended when its absolute end has come, or when its only unused token ran out. */
function hasEnded(kept: KeptRefresh, now: number): boolean {
  if (kept.record.familyExpiresAt <= now) return true
  return kept.usedAt === undefined && kept.record.expiresAt <= now
}

function isLive(kept: KeptRefresh, now: number): boolean {
  const { record, usedAt } = kept
  return usedAt === undefined && record.expiresAt > now && record.familyExpiresAt > now
}

function clientOf(room: Room, familyId: string): string | undefined {
  const [hash] = room.families.get(familyId) ?? []
  return hash === undefined ? undefined : room.refreshTokens.get(hash)?.record.clientId
}
