import type { ProvenFactor, SessionRecord, Sessions } from '../port/sessions.ts'
import { writeAlong } from './along.ts'
import { first, firstNumber, number, text } from './columns.ts'
import type { Param, Row, SqlEngine, Steps } from './engine.ts'

const COLUMNS =
  'id_hash, id, account_id, role, created_at, authenticated_at, factors, last_seen_at, ' +
  'idle_expires_at, expires_at, address, device'
const FIND = `SELECT ${COLUMNS} FROM bulwark_sessions WHERE id_hash = ?`
const INSERT = `INSERT INTO bulwark_sessions (${COLUMNS}, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
// An ended session stays ended: a touch that comes late changes nothing.
const TOUCH =
  'UPDATE bulwark_sessions SET ' +
  'last_seen_at = CASE WHEN last_seen_at < ? THEN ? ELSE last_seen_at END, ' +
  'idle_expires_at = CASE WHEN idle_expires_at < ? THEN ? ELSE idle_expires_at END, ' +
  'ends_at = CASE WHEN ends_at >= ? THEN ends_at WHEN expires_at < ? THEN expires_at ELSE ? END ' +
  'WHERE id_hash = ? AND ends_at > ?'
const DELETE = 'DELETE FROM bulwark_sessions WHERE id_hash = ?'
const DELETE_BY_ID = 'DELETE FROM bulwark_sessions WHERE account_id = ? AND id = ?'
const DELETE_ALL = 'DELETE FROM bulwark_sessions WHERE account_id = ? AND id_hash <> ?'
const OF_ACCOUNT =
  `SELECT ${COLUMNS} FROM bulwark_sessions WHERE account_id = ? AND ends_at > ? ` +
  'ORDER BY last_seen_at DESC'
const COUNT = 'SELECT COUNT(*) FROM bulwark_sessions WHERE ends_at > ?'
const PRUNE =
  'DELETE FROM bulwark_sessions WHERE id_hash IN ' +
  '(SELECT id_hash FROM bulwark_sessions WHERE ends_at <= ? ORDER BY ends_at LIMIT ?)'

export function sqlSessions(engine: SqlEngine): Sessions {
  return {
    // For the reason, see `howLasting` of the accounts.
    create: (record, along) =>
      engine.transact('sessions.create', along === undefined ? 'quick' : 'kept', function* () {
        yield* insertSession(record)
        yield* writeAlong(along)
      }),
    find: idHash => engine.look('sessions.find', FIND, [idHash], toFirst),
    touch: (idHash, seen, idle) =>
      engine.write(
        'sessions.touch',
        'quick',
        TOUCH,
        [seen, seen, idle, idle, idle, idle, idle, idHash, seen],
        ({ changes }) => changes > 0,
      ),
    replace: (oldIdHash, record, along) =>
      engine.transact('sessions.replace', 'durable', function* () {
        const { changes } = yield { sql: DELETE, params: [oldIdHash] }
        if (changes === 0) return false
        yield* insertSession(record)
        yield* writeAlong(along)
        return true
      }),
    revoke: (idHash, along) =>
      engine.transact('sessions.revoke', 'durable', function* () {
        const { changes } = yield { sql: DELETE, params: [idHash] }
        if (changes > 0) yield* writeAlong(along)
        return changes > 0
      }),
    revokeById: (accountId, id, along) =>
      engine.transact('sessions.revokeById', 'durable', function* () {
        const { changes } = yield { sql: DELETE_BY_ID, params: [accountId, id] }
        if (changes > 0) yield* writeAlong(along)
        return changes > 0
      }),
    revokeAll: (accountId, except, along) =>
      engine.transact('sessions.revokeAll', 'durable', function* () {
        const ended = yield* deleteSessions(accountId, except?.idHash)
        if (ended > 0) yield* writeAlong(along)
        return ended
      }),
    ofAccount: (accountId, now) =>
      engine.read('sessions.ofAccount', OF_ACCOUNT, [accountId, now], rows => rows.map(toSession)),
    count: now => engine.read('sessions.count', COUNT, [now], firstNumber),
    prune: (now, limit) =>
      engine.write('sessions.prune', 'quick', PRUNE, [now, limit], ({ changes }) => changes),
  }
}

export function* insertSession(record: SessionRecord): Steps<void> {
  const { idleExpiresAt, expiresAt } = record
  const params: Param[] = [
    record.idHash,
    record.id,
    record.accountId,
    record.role,
    record.createdAt,
    record.authenticatedAt,
    JSON.stringify(record.factors),
    record.lastSeenAt,
    idleExpiresAt,
    expiresAt,
    record.address,
    record.device,
    Math.min(idleExpiresAt, expiresAt),
  ]
  yield { sql: INSERT, params }
}

export function* deleteSessions(accountId: string, exceptIdHash = ''): Steps<number> {
  const { changes } = yield { sql: DELETE_ALL, params: [accountId, exceptIdHash] }
  return changes
}

function toSession(row: Row): SessionRecord {
  return {
    idHash: text(row, 0),
    id: text(row, 1),
    accountId: text(row, 2),
    role: text(row, 3),
    createdAt: number(row, 4),
    authenticatedAt: number(row, 5),
    factors: toFactors(text(row, 6)),
    lastSeenAt: number(row, 7),
    idleExpiresAt: number(row, 8),
    expiresAt: number(row, 9),
    address: text(row, 10),
    device: text(row, 11),
  }
}

const toFirst = first(toSession)

function toFactors(json: string): readonly ProvenFactor[] {
  return JSON.parse(json)
}
