import type { Credential, Credentials } from '../port/credentials.ts'
import { writeAlong } from './along.ts'
import { first, firstNumber, maybeNumber, number, text } from './columns.ts'
import { marks, orNull, type Row, type SqlEngine, type Steps } from './engine.ts'

const COLUMNS = 'id, account_id, kind, handle, data, mark, confirmed, created_at, last_used_at'
const SELECT = `SELECT ${COLUMNS} FROM bulwark_credentials`
const BY_HANDLE = `${SELECT} WHERE kind = ? AND handle = ?`
const OF_ACCOUNT = `${SELECT} WHERE account_id = ? ORDER BY created_at, id`
const OF_KIND = `${SELECT} WHERE account_id = ? AND kind = ? ORDER BY created_at, id`
const KNOWN = 'SELECT 1 FROM bulwark_credentials WHERE id = ? OR (kind = ? AND handle = ?)'
const INSERT = `INSERT INTO bulwark_credentials (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
// What is not given stays as it is.
const ADVANCE =
  'UPDATE bulwark_credentials SET mark = ?, last_used_at = ?, data = COALESCE(?, data), ' +
  'confirmed = COALESCE(?, confirmed) WHERE id = ? AND mark < ?'
const UPDATE =
  'UPDATE bulwark_credentials SET last_used_at = COALESCE(?, last_used_at), ' +
  'data = COALESCE(?, data) WHERE id = ?'
// Two who add at once must not overlook each other's.
const LOCK_OWNER = 'SELECT 1 FROM bulwark_accounts WHERE id = ? FOR UPDATE'
const LOCK_KIND =
  'SELECT id FROM bulwark_credentials WHERE account_id = ? AND kind = ? ORDER BY id FOR UPDATE'
const SPEND = 'DELETE FROM bulwark_credentials WHERE account_id = ? AND kind = ? AND handle = ?'
const COUNT_KIND = 'SELECT COUNT(*) FROM bulwark_credentials WHERE account_id = ? AND kind = ?'
const DELETE = 'DELETE FROM bulwark_credentials WHERE account_id = ? AND id = ?'
const DELETE_ALL = 'DELETE FROM bulwark_credentials WHERE account_id = ?'

export function sqlCredentials(engine: SqlEngine): Credentials {
  return {
    add: (credentials, how, along) =>
      engine.transact<'done' | 'taken' | 'full'>('credentials.add', 'durable', function* () {
        const { replaceKind, most } = how ?? {}
        const owners = [...new Set(credentials.map(({ accountId }) => accountId))].sort()
        if (most !== undefined) for (const id of owners) yield { sql: LOCK_OWNER, params: [id] }
        if (yield* anyTaken(credentials, replaceKind)) return 'taken'
        if (most !== undefined && (yield* anyFull(credentials, replaceKind, most))) return 'full'
        if (replaceKind !== undefined) {
          for (const id of owners) yield* deleteCredentials(id, [replaceKind])
        }
        for (const credential of credentials) yield* insertCredential(credential)
        yield* writeAlong(along)
        return 'done'
      }),
    ofAccount: (accountId, kind) =>
      kind === undefined
        ? engine.read('credentials.ofAccount', OF_ACCOUNT, [accountId], toAll)
        : engine.read('credentials.ofAccount', OF_KIND, [accountId, kind], toAll),
    byHandle: (kind, handle) =>
      engine.read('credentials.byHandle', BY_HANDLE, [kind, handle], first(toCredential)),
    advance: (id, mark, usedAt, change, along) =>
      engine.transact('credentials.advance', 'durable', function* () {
        const confirmed = change?.confirmed === undefined ? null : Number(change.confirmed)
        const params = [mark, usedAt, orNull(change?.data), confirmed, id, mark]
        const { changes } = yield { sql: ADVANCE, params }
        if (changes > 0) yield* writeAlong(along)
        return changes > 0
      }),
    update: (id, change, along) =>
      engine.transact('credentials.update', 'durable', function* () {
        const params = [orNull(change.usedAt), orNull(change.data), id]
        const { changes } = yield { sql: UPDATE, params }
        if (changes > 0) yield* writeAlong(along)
        return changes > 0
      }),
    spend: (accountId, kind, handle, along) =>
      engine.transact('credentials.spend', 'durable', function* () {
        yield { sql: LOCK_KIND, params: [accountId, kind] }
        const { changes } = yield { sql: SPEND, params: [accountId, kind, handle] }
        if (changes === 0) return undefined
        const { rows } = yield { sql: COUNT_KIND, params: [accountId, kind] }
        yield* writeAlong(along)
        return { remaining: firstNumber(rows) }
      }),
    remove: (accountId, id, along) =>
      engine.transact('credentials.remove', 'durable', function* () {
        const changes = yield* deleteCredential(accountId, id)
        if (changes > 0) yield* writeAlong(along)
        return changes > 0
      }),
    removeKind: (accountId, kind, along) =>
      engine.transact('credentials.removeKind', 'durable', function* () {
        const removed = yield* deleteCredentials(accountId, [kind])
        if (removed > 0) yield* writeAlong(along)
        return removed
      }),
  }
}

/** Removes the account's credentials of these kinds, or all of them. */
export function* deleteCredentials(accountId: string, kinds?: readonly string[]): Steps<number> {
  if (kinds === undefined) {
    const { changes } = yield { sql: DELETE_ALL, params: [accountId] }
    return changes
  }
  if (kinds.length === 0) return 0
  const sql = `${DELETE_ALL} AND kind IN (${marks(kinds.length)})`
  const { changes } = yield { sql, params: [accountId, ...kinds] }
  return changes
}

/** Removes one credential of the account. */
export function* deleteCredential(accountId: string, id: string): Steps<number> {
  const { changes } = yield { sql: DELETE, params: [accountId, id] }
  return changes
}

/** Whether an id or a handle is in use by a row that `replaceKind` will not remove. */
function* anyTaken(
  credentials: readonly Credential[],
  replaceKind: string | undefined,
): Steps<boolean> {
  const handles = new Set(credentials.map(({ kind, handle }) => `${kind}\n${handle}`))
  if (handles.size < credentials.length) return true
  const staying = replaceKind === undefined ? '' : ' AND NOT (account_id = ? AND kind = ?)'
  const sql = KNOWN.replace('id = ? OR (kind = ? AND handle = ?)', match => `(${match})${staying}`)
  for (const { id, accountId, kind, handle } of credentials) {
    const leaving = replaceKind === undefined ? [] : [accountId, replaceKind]
    const { rows } = yield { sql, params: [id, kind, handle, ...leaving] }
    if (rows.length > 0) return true
  }
  return false
}

/** Whether an account would have more than `most` of a kind when these are added. */
function* anyFull(
  credentials: readonly Credential[],
  replaceKind: string | undefined,
  most: number,
): Steps<boolean> {
  for (const { accountId, kind } of credentials) {
    const isAlike = (one: Credential): boolean => one.accountId === accountId && one.kind === kind
    const added = credentials.filter(isAlike).length
    const { rows } = yield { sql: COUNT_KIND, params: [accountId, kind] }
    const staying = kind === replaceKind ? 0 : firstNumber(rows)
    if (staying + added > most) return true
  }
  return false
}

function* insertCredential(credential: Credential): Steps<void> {
  const { id, accountId, kind, handle, data, mark, confirmed, createdAt, lastUsedAt } = credential
  const state = [mark, Number(confirmed), createdAt, orNull(lastUsedAt)]
  yield { sql: INSERT, params: [id, accountId, kind, handle, data, ...state] }
}

function toCredential(row: Row): Credential {
  return {
    id: text(row, 0),
    accountId: text(row, 1),
    kind: text(row, 2),
    handle: text(row, 3),
    data: text(row, 4),
    mark: number(row, 5),
    confirmed: number(row, 6) === 1,
    createdAt: number(row, 7),
    lastUsedAt: maybeNumber(row, 8),
  }
}

function toAll(rows: readonly Row[]): readonly Credential[] {
  return rows.map(toCredential)
}
