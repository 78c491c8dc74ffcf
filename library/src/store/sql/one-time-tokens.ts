import type { OneTimeToken, OneTimeTokens } from '../port/one-time-tokens.ts'
import { writeAlong } from './along.ts'
import { first, maybeText, number, text } from './columns.ts'
import { marks, orNull, type Row, type SqlEngine, type Steps } from './engine.ts'

const COLUMNS = 'purpose, account_id, data, expires_at, attempts_left'
const INSERT = `INSERT INTO bulwark_one_time_tokens (hash, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`
const PEEK =
  `SELECT ${COLUMNS} FROM bulwark_one_time_tokens ` +
  'WHERE hash = ? AND expires_at > ? AND attempts_left > 0'
const LOCK = 'SELECT 1 FROM bulwark_one_time_tokens WHERE hash = ? AND expires_at > ? FOR UPDATE'
// Two who issue "the only one" at once must not overlook each other's token.
const LOCK_OWNER = 'SELECT 1 FROM bulwark_accounts WHERE id = ? FOR UPDATE'
const REDEEM = `DELETE FROM bulwark_one_time_tokens WHERE hash = ? AND expires_at > ? RETURNING ${COLUMNS}`
const DELETE = 'DELETE FROM bulwark_one_time_tokens WHERE hash = ?'
const DELETE_ALL = 'DELETE FROM bulwark_one_time_tokens WHERE account_id = ?'
const ATTEMPT =
  'UPDATE bulwark_one_time_tokens SET attempts_left = attempts_left - 1 ' +
  `WHERE hash = ? AND expires_at > ? AND attempts_left > 0 RETURNING ${COLUMNS}`
const PRUNE =
  'DELETE FROM bulwark_one_time_tokens WHERE hash IN ' +
  '(SELECT hash FROM bulwark_one_time_tokens WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)'

export function sqlOneTimeTokens(engine: SqlEngine): OneTimeTokens {
  return {
    issue: (hash, token, how, along) =>
      engine.transact('oneTimeTokens.issue', 'durable', function* () {
        const { purpose, accountId, data, expiresAt, attemptsLeft } = token
        if (how?.only && accountId !== undefined) {
          yield { sql: LOCK_OWNER, params: [accountId] }
          yield* voidTokens(accountId, [purpose])
        }
        const params = [hash, purpose, orNull(accountId), data, expiresAt, attemptsLeft]
        yield { sql: INSERT, params }
        yield* writeAlong(along)
      }),
    peek: (hash, now) => engine.read('oneTimeTokens.peek', PEEK, [hash, now], toFirst),
    redeem: (hash, now, along) =>
      engine.transact('oneTimeTokens.redeem', 'durable', function* () {
        const { rows } = yield { sql: REDEEM, params: [hash, now] }
        if (rows.length > 0) yield* writeAlong(along)
        return toFirst(rows)
      }),
    attempt: (hash, now) =>
      engine.write('oneTimeTokens.attempt', 'durable', ATTEMPT, [hash, now], ({ rows }) =>
        toFirst(rows),
      ),
    voidAll: (accountId, purposes, along) =>
      engine.transact('oneTimeTokens.voidAll', 'durable', function* () {
        const voided = yield* voidTokens(accountId, purposes)
        if (voided > 0) yield* writeAlong(along)
        return voided
      }),
    prune: (now, limit) =>
      engine.write('oneTimeTokens.prune', 'quick', PRUNE, [now, limit], ({ changes }) => changes),
  }
}

/** Whether the token is there to be redeemed; holds it until the transaction ends. */
export function* lockToken(hash: string, now: number): Steps<boolean> {
  const { rows } = yield { sql: LOCK, params: [hash, now] }
  return rows.length > 0
}

export function* deleteToken(hash: string): Steps<void> {
  yield { sql: DELETE, params: [hash] }
}

export function* deleteTokensOf(accountId: string): Steps<void> {
  yield { sql: DELETE_ALL, params: [accountId] }
}

export function* voidTokens(accountId: string, purposes: readonly string[]): Steps<number> {
  if (purposes.length === 0) return 0
  const sql = `${DELETE_ALL} AND purpose IN (${marks(purposes.length)})`
  const { changes } = yield { sql, params: [accountId, ...purposes] }
  return changes
}

function toToken(row: Row): OneTimeToken {
  return {
    purpose: text(row, 0),
    accountId: maybeText(row, 1),
    data: text(row, 2),
    expiresAt: number(row, 3),
    attemptsLeft: number(row, 4),
  }
}

const toFirst = first(toToken)
