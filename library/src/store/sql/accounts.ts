import type { Account, AccountAnswer, AccountChange, Accounts } from '../port/accounts.ts'
import { searchText } from '../rules/search.ts'
import { carryOut, isSpent } from './account-transition.ts'
import { writeAlong } from './along.ts'
import { first, firstNumber, maybeNumber, maybeText, number, text } from './columns.ts'
import { deleteCredentials } from './credentials.ts'
import { type Durability, orNull, type Param, type Row, type SqlEngine } from './engine.ts'
import { deleteTokensOf } from './one-time-tokens.ts'
import { deleteFamilies } from './refresh-tokens.ts'
import { deleteSessions } from './sessions.ts'

const COLUMNS =
  'id, version, email, email_verified_at, name, password_hash, password_changed_at, role, ' +
  'disabled_at, delete_after, created_at'
const SELECT = `SELECT ${COLUMNS} FROM bulwark_accounts`
const BY_ID = `${SELECT} WHERE id = ?`
const BY_EMAIL = `${SELECT} WHERE email = ?`
const LOCK = `${BY_ID} FOR UPDATE`
const INSERT =
  `INSERT INTO bulwark_accounts (${COLUMNS}, search) ` +
  'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
const UPDATE =
  'UPDATE bulwark_accounts SET version = ?, email = ?, email_verified_at = ?, name = ?, ' +
  'password_hash = ?, password_changed_at = ?, role = ?, disabled_at = ?, delete_after = ?, ' +
  'search = ? WHERE id = ?'
const OTHER_OWNER = 'SELECT 1 FROM bulwark_accounts WHERE email = ? AND id <> ?'
const DELETE = 'DELETE FROM bulwark_accounts WHERE id = ? AND version = ?'
const COUNT = 'SELECT COUNT(*) FROM bulwark_accounts'

/** What a sign-in brings along when nothing else happens to the account. */
const OF_A_SIGN_IN: ReadonlySet<string> = new Set(['events', 'startSession'])

/**
 * Decision: a sign-in that changes nothing else is kept, not durable, so that on SQLite no disk is
 * waited for while passwords wait.
 * Cost: a power cut within moments of it signs the person out again, its events included.
 */
function howLasting(change: object, along: object = {}): Durability {
  const isSignIn =
    'startSession' in along &&
    Object.keys(change).length === 0 &&
    Object.keys(along).every(member => OF_A_SIGN_IN.has(member))
  return isSignIn ? 'kept' : 'durable'
}

export function sqlAccounts(engine: SqlEngine): Accounts {
  return {
    create: (account, along) =>
      engine.transact<'done' | 'taken' | 'spent'>('accounts.create', 'durable', function* () {
        if (yield* isSpent(along)) return 'spent'
        const { changes } = yield { sql: INSERT, params: [...toParams(account), searchOf(account)] }
        if (changes === 0) return 'taken'
        yield* carryOut(account.id, along)
        yield* writeAlong(along)
        return 'done'
      }),
    byId: id => engine.read('accounts.byId', BY_ID, [id], toFirst),
    byEmail: email => engine.read('accounts.byEmail', BY_EMAIL, [email], toFirst),
    update: (id, version, change, along) =>
      engine.transact<AccountAnswer>('accounts.update', howLasting(change, along), function* () {
        const { rows } = yield { sql: LOCK, params: [id] }
        if (yield* isSpent(along)) return 'spent'
        const known = toFirst(rows)
        if (known?.version !== version) return 'stale'
        const changed = changedAccount(known, change)
        if (changed.email !== known.email) {
          const other = yield { sql: OTHER_OWNER, params: [changed.email, id] }
          if (other.rows.length > 0) return 'taken'
        }
        yield { sql: UPDATE, params: [...toParams(changed).slice(1, -1), searchOf(changed), id] }
        yield* carryOut(id, along)
        yield* writeAlong(along)
        return 'done'
      }),
    remove: (id, version, along) =>
      engine.transact<'done' | 'stale'>('accounts.remove', 'durable', function* () {
        const { changes } = yield { sql: DELETE, params: [id, version] }
        if (changes === 0) return 'stale'
        yield* deleteSessions(id)
        yield* deleteFamilies(id)
        yield* deleteTokensOf(id)
        yield* deleteCredentials(id)
        yield* writeAlong(along)
        return 'done'
      }),
    list: ({ afterId = '', limit, search, role }) => {
      let sql = `${SELECT} WHERE id > ?`
      const params: Param[] = [afterId]
      if (search !== undefined) {
        sql += ' AND instr(search, ?) > 0'
        params.push(searchText(search))
      }
      if (role !== undefined) {
        sql += ' AND role = ?'
        params.push(role)
      }
      params.push(limit)
      return engine.read('accounts.list', `${sql} ORDER BY id LIMIT ?`, params, rows =>
        rows.map(toAccount),
      )
    },
    count: query =>
      query?.role === undefined
        ? engine.read('accounts.count', COUNT, [], firstNumber)
        : engine.read('accounts.count', `${COUNT} WHERE role = ?`, [query.role], firstNumber),
  }
}

function changedAccount(known: Account, change: AccountChange): Account {
  const { id, version, createdAt } = known
  return { ...known, ...change, id, version: version + 1, createdAt }
}

function searchOf({ email, name }: Account): string {
  return searchText(email, name)
}

function toParams(account: Account): readonly Param[] {
  return [
    account.id,
    account.version,
    account.email,
    orNull(account.emailVerifiedAt),
    orNull(account.name),
    orNull(account.passwordHash),
    orNull(account.passwordChangedAt),
    account.role,
    orNull(account.disabledAt),
    orNull(account.deleteAfter),
    account.createdAt,
  ]
}

function toAccount(row: Row): Account {
  return {
    id: text(row, 0),
    version: number(row, 1),
    email: text(row, 2),
    emailVerifiedAt: maybeNumber(row, 3),
    name: maybeText(row, 4),
    passwordHash: maybeText(row, 5),
    passwordChangedAt: maybeNumber(row, 6),
    role: text(row, 7),
    disabledAt: maybeNumber(row, 8),
    deleteAfter: maybeNumber(row, 9),
    createdAt: number(row, 10),
  }
}

const toFirst = first(toAccount)
