import type { Account } from '../port/accounts.ts'
import type { Along } from '../port/along.ts'
import type { AuditEntry, AuditRow } from '../port/audit-log.ts'
import type { Credential } from '../port/credentials.ts'
import type { NewJob } from '../port/jobs.ts'
import type { OneTimeToken } from '../port/one-time-tokens.ts'
import type { RefreshRecord } from '../port/refresh-tokens.ts'
import type { SessionRecord } from '../port/sessions.ts'
import type { Failures } from '../rules/backoffs.ts'
import type { Bucket } from '../rules/rates.ts'

export interface KeptRefresh {
  readonly record: RefreshRecord
  readonly usedAt: number | undefined
}

export interface KeptJob extends NewJob {
  readonly attempts: number
  readonly lease: string | undefined
  readonly leaseUntil: number
}

/** All that one memory store holds. Verbs run to their end without waiting, so each is atomic. */
export interface Room {
  readonly accounts: Map<string, Account>
  readonly accountIdByEmail: Map<string, string>
  readonly credentials: Map<string, Credential>
  readonly credentialIdByHandle: Map<string, string>
  readonly credentialIdsOf: Map<string, Set<string>>
  readonly sessions: Map<string, SessionRecord>
  readonly sessionsOf: Map<string, Set<string>>
  readonly refreshTokens: Map<string, KeptRefresh>
  readonly families: Map<string, Set<string>>
  readonly familiesOf: Map<string, Set<string>>
  readonly tokens: Map<string, OneTimeToken>
  readonly tokensOf: Map<string, Set<string>>
  readonly buckets: Map<string, Bucket>
  readonly failures: Map<string, Failures>
  readonly jobs: Map<string, KeptJob>
  readonly log: AuditRow[]
  head: { readonly sequence: number; readonly link: string } | undefined
}

export function emptyRoom(): Room {
  return {
    accounts: new Map(),
    accountIdByEmail: new Map(),
    credentials: new Map(),
    credentialIdByHandle: new Map(),
    credentialIdsOf: new Map(),
    sessions: new Map(),
    sessionsOf: new Map(),
    refreshTokens: new Map(),
    families: new Map(),
    familiesOf: new Map(),
    tokens: new Map(),
    tokensOf: new Map(),
    buckets: new Map(),
    failures: new Map(),
    jobs: new Map(),
    log: [],
    head: undefined,
  }
}

/** Writes what goes along with a change. Links are computed first: if one throws, nothing is kept. */
export function writeAlong(room: Room, along: Along | undefined): void {
  if (along?.events !== undefined) appendEntries(room, along.events)
  if (along?.jobs !== undefined) addJobs(room, along.jobs)
}

export function appendEntries(room: Room, entries: readonly AuditEntry[]): void {
  let head = room.head
  const rows: AuditRow[] = []
  for (const entry of entries) {
    const sequence = (head?.sequence ?? 0) + 1
    const { id, at, code, actorId, targetId, text, personal } = entry
    const link = entry.link(sequence, head?.link ?? '')
    rows.push({ sequence, id, at, code, actorId, targetId, text, personal, link })
    head = { sequence, link }
  }
  room.log.push(...rows)
  room.head = head
}

export function addJobs(room: Room, jobs: readonly NewJob[]): void {
  for (const { id, kind, payload, runAt } of jobs) {
    if (room.jobs.has(id)) continue
    const fresh = { attempts: 0, lease: undefined, leaseUntil: 0 }
    room.jobs.set(id, { id, kind, payload, runAt, ...fresh })
  }
}

/** Adds a member to one owner's set. */
export function join(sets: Map<string, Set<string>>, owner: string, member: string): void {
  const set = sets.get(owner)
  if (set === undefined) sets.set(owner, new Set([member]))
  else set.add(member)
}

/** Takes a member out of one owner's set; empty sets are let go. */
export function leave(sets: Map<string, Set<string>>, owner: string, member: string): void {
  const set = sets.get(owner)
  if (set?.delete(member) && set.size === 0) sets.delete(owner)
}

/** The members of one owner's set, safe to change the set while reading. */
export function membersOf(sets: Map<string, Set<string>>, owner: string): readonly string[] {
  return [...(sets.get(owner) ?? [])]
}

/** Takes out up to `limit` that `ended` names; answers how many. */
export function sweep<T>(
  map: Map<string, T>,
  limit: number,
  ended: (value: T) => boolean,
  drop: (key: string) => void = key => map.delete(key),
): number {
  let dropped = 0
  for (const [key, value] of map) {
    if (dropped >= limit) break
    if (!ended(value)) continue
    drop(key)
    dropped += 1
  }
  return dropped
}
