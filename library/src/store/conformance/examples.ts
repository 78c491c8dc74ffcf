import { randomUUID } from 'node:crypto'
import { sha256 } from '../../kernel/bytes.ts'
import type { Account } from '../port/accounts.ts'
import type { AuditEntry } from '../port/audit-log.ts'
import type { Credential } from '../port/credentials.ts'
import type { NewJob } from '../port/jobs.ts'
import type { OneTimeToken } from '../port/one-time-tokens.ts'
import type { RefreshRecord } from '../port/refresh-tokens.ts'
import type { SessionRecord } from '../port/sessions.ts'
import type { Stores } from '../port/stores.ts'

/** The moment at which the suites stand; they pass it wherever a verb asks for the time. */
export const NOW: number = Date.UTC(2026, 0, 1)
export const HOUR = 3_600_000

/** A suite gets its store through this, after it has been opened. */
export type Opened = () => Stores

/** A value nobody else uses, so that suites can share one store. */
export function fresh(word: string): string {
  return `${word}-${randomUUID()}`
}

export function account(change: Partial<Account> = {}): Account {
  const id = randomUUID()
  return {
    id,
    version: 1,
    email: `${id}@example.com`,
    emailVerifiedAt: undefined,
    name: 'Ann Example',
    passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
    passwordChangedAt: NOW,
    role: 'user',
    disabledAt: undefined,
    deleteAfter: undefined,
    createdAt: NOW,
    ...change,
  }
}

export function session(change: Partial<SessionRecord> = {}): SessionRecord {
  return {
    idHash: fresh('session'),
    id: randomUUID(),
    accountId: randomUUID(),
    role: 'user',
    createdAt: NOW,
    authenticatedAt: NOW,
    factors: [{ factor: 'pwd', at: NOW }],
    lastSeenAt: NOW,
    idleExpiresAt: NOW + HOUR,
    expiresAt: NOW + 12 * HOUR,
    address: '192.0.2.1',
    device: 'Firefox, Linux',
    ...change,
  }
}

export function token(change: Partial<OneTimeToken> = {}): OneTimeToken {
  const accountId = randomUUID()
  return {
    purpose: 'reset',
    accountId,
    data: '{}',
    expiresAt: NOW + HOUR,
    attemptsLeft: 5,
    ...change,
  }
}

export function refreshToken(change: Partial<RefreshRecord> = {}): RefreshRecord {
  return {
    hash: fresh('refresh'),
    familyId: randomUUID(),
    accountId: randomUUID(),
    clientId: undefined,
    data: '{"scope":"all"}',
    issuedAt: NOW,
    expiresAt: NOW + HOUR,
    familyExpiresAt: NOW + 24 * HOUR,
    ...change,
  }
}

export function credential(change: Partial<Credential> = {}): Credential {
  return {
    id: randomUUID(),
    accountId: randomUUID(),
    kind: 'totp',
    handle: fresh('handle'),
    data: '{}',
    mark: 0,
    confirmed: true,
    createdAt: NOW,
    lastUsedAt: undefined,
    ...change,
  }
}

export function job(change: Partial<NewJob> = {}): NewJob {
  return { id: randomUUID(), kind: fresh('mail'), payload: '{}', runAt: NOW, ...change }
}

/** An entry whose link shows its place and the link before it. */
export function entry(change: Partial<Omit<AuditEntry, 'link'>> = {}): AuditEntry {
  const id = randomUUID()
  return {
    id,
    at: NOW,
    code: 'login.succeeded',
    actorId: undefined,
    targetId: undefined,
    text: `{"id":"${id}"}`,
    personal: undefined,
    link: (sequence, previous) => linkOf(sequence, previous, id),
    ...change,
  }
}

export function linkOf(sequence: number, previous: string, id: string): string {
  return sha256(`${sequence} ${previous} ${id}`)
}

/** Calls once for each number, all at the same time. */
export function together<T>(
  times: number,
  call: (index: number) => Promise<T>,
): Promise<readonly T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => call(index)))
}

/** Entries that did or did not go into the log, found by the account they speak of. */
export async function logged(stores: Stores, targetId: string): Promise<readonly string[]> {
  const rows = await stores.auditLog.read({ limit: 1_000, targetId, oldestFirst: true })
  return rows.map(row => row.code)
}
