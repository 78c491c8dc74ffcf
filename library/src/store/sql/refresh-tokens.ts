import type { RefreshRecord, RefreshTokens, Rotation } from '../port/refresh-tokens.ts'
import { writeAlong } from './along.ts'
import { first, maybeNumber, maybeText, number, text } from './columns.ts'
import { orNull, type Row, type SqlEngine, type Steps } from './engine.ts'

const COLUMNS =
  't.hash, f.family_id, f.account_id, f.client_id, f.data, t.issued_at, t.expires_at, ' +
  'f.expires_at, t.used_at'
const JOINED =
  `SELECT ${COLUMNS} FROM bulwark_refresh_tokens t ` +
  'JOIN bulwark_refresh_families f ON f.family_id = t.family_id'
const FIND = `${JOINED} WHERE t.hash = ?`
// The family alone is locked, as by those who end it: tokens locked as well, in whatever order, would
// make them wait for one another. What the token is by then, USE tells.
const LOCK = `${FIND} FOR UPDATE OF f`
const USE = 'UPDATE bulwark_refresh_tokens SET used_at = ? WHERE hash = ? AND used_at IS NULL'
const INSERT_TOKEN =
  'INSERT INTO bulwark_refresh_tokens (hash, family_id, issued_at, expires_at, used_at) ' +
  'VALUES (?, ?, ?, ?, NULL)'
const INSERT_FAMILY =
  'INSERT INTO bulwark_refresh_families (family_id, account_id, client_id, data, expires_at) ' +
  'VALUES (?, ?, ?, ?, ?)'
// Tokens go with their family (ON DELETE CASCADE), a successor that is being written included.
const DELETE_FAMILY = 'DELETE FROM bulwark_refresh_families WHERE family_id = ?'
const DELETE_ALL = 'DELETE FROM bulwark_refresh_families WHERE account_id = ?'
const OF_ACCOUNT =
  `${JOINED} WHERE f.account_id = ? AND t.used_at IS NULL AND t.expires_at > ? ` +
  'AND f.expires_at > ? ORDER BY t.issued_at DESC'
const PRUNE =
  'DELETE FROM bulwark_refresh_families WHERE family_id IN (' +
  'SELECT family_id FROM bulwark_refresh_families WHERE expires_at <= ? UNION ' +
  'SELECT family_id FROM bulwark_refresh_tokens WHERE used_at IS NULL AND expires_at <= ? LIMIT ?)'

export function sqlRefreshTokens(engine: SqlEngine): RefreshTokens {
  return {
    issue: (record, along) =>
      engine.transact('refreshTokens.issue', 'durable', function* () {
        const { familyId, accountId, clientId, data, familyExpiresAt } = record
        const family = [familyId, accountId, orNull(clientId), data, familyExpiresAt]
        yield { sql: INSERT_FAMILY, params: family }
        yield* insertToken(record)
        yield* writeAlong(along)
      }),
    rotate: (hash, clientId, successor, now, along, alongReuse) =>
      engine.transact<Rotation>('refreshTokens.rotate', 'durable', function* () {
        const { rows } = yield { sql: LOCK, params: [hash] }
        const kept = toFirst(rows)
        if (kept === undefined || kept.record.clientId !== clientId) return { state: 'unknown' }
        const { record, usedAt } = kept
        if (record.familyExpiresAt <= now) return { state: 'unknown' }
        if (usedAt === undefined && record.expiresAt <= now) return { state: 'unknown' }
        // Who waited for the lock may have read the token as it was before.
        const used = usedAt === undefined ? yield { sql: USE, params: [now, hash] } : undefined
        if (used?.changes !== 1) {
          yield { sql: DELETE_FAMILY, params: [record.familyId] }
          yield* writeAlong(alongReuse?.(record))
          return { state: 'reused', record }
        }
        yield* insertToken({ ...record, ...successor, issuedAt: now })
        yield* writeAlong(along)
        return { state: 'rotated', record }
      }),
    find: (hash, now) =>
      engine.read('refreshTokens.find', FIND, [hash], rows => {
        const kept = toFirst(rows)
        return kept === undefined ? undefined : { record: kept.record, live: isLive(kept, now) }
      }),
    revokeFamily: (familyId, along) =>
      engine.transact('refreshTokens.revokeFamily', 'durable', function* () {
        const { changes } = yield { sql: DELETE_FAMILY, params: [familyId] }
        if (changes > 0) yield* writeAlong(along)
        return changes > 0
      }),
    revokeAll: (accountId, clientId, along) =>
      engine.transact('refreshTokens.revokeAll', 'durable', function* () {
        const revoked = yield* deleteFamilies(accountId, clientId)
        if (revoked > 0) yield* writeAlong(along)
        return revoked
      }),
    ofAccount: (accountId, now) =>
      engine.read('refreshTokens.ofAccount', OF_ACCOUNT, [accountId, now, now], rows =>
        rows.map(row => toKept(row).record),
      ),
    prune: (now, limit) =>
      engine.write('refreshTokens.prune', 'quick', PRUNE, [now, now, limit], a => a.changes),
  }
}

export function* deleteFamilies(accountId: string, clientId?: string): Steps<number> {
  const ask =
    clientId === undefined
      ? { sql: DELETE_ALL, params: [accountId] }
      : { sql: `${DELETE_ALL} AND client_id = ?`, params: [accountId, clientId] }
  const { changes } = yield ask
  return changes
}

function* insertToken(record: RefreshRecord): Steps<void> {
  const { hash, familyId, issuedAt, expiresAt } = record
  yield { sql: INSERT_TOKEN, params: [hash, familyId, issuedAt, expiresAt] }
}

interface Kept {
  readonly record: RefreshRecord
  readonly usedAt: number | undefined
}

function toKept(row: Row): Kept {
  const record = {
    hash: text(row, 0),
    familyId: text(row, 1),
    accountId: text(row, 2),
    clientId: maybeText(row, 3),
    data: text(row, 4),
    issuedAt: number(row, 5),
    expiresAt: number(row, 6),
    familyExpiresAt: number(row, 7),
  }
  return { record, usedAt: maybeNumber(row, 8) }
}

const toFirst = first(toKept)

function isLive({ record, usedAt }: Kept, now: number): boolean {
  return usedAt === undefined && record.expiresAt > now && record.familyExpiresAt > now
}
