import type { Account, Accounts, AccountTransition } from '../port/accounts.ts'
import { searchText } from '../rules/search.ts'
import { dropCredentialsOf, dropOwnCredential } from './credentials.ts'
import { dropToken, dropTokensOf, liveToken, voidTokens } from './one-time-tokens.ts'
import { dropFamiliesOf } from './refresh-tokens.ts'
import { type Room, writeAlong } from './room.ts'
import { dropSession, endingSessions, keepSession } from './sessions.ts'

export function memoryAccounts(room: Room): Accounts {
  const { accounts, accountIdByEmail } = room
  return {
    async create(account, along) {
      if (isSpent(room, along)) return 'spent'
      if (accounts.has(account.id) || accountIdByEmail.has(account.email)) return 'taken'
      writeAlong(room, along)
      keep(room, account)
      carryOut(room, account.id, along)
      return 'done'
    },
    async byId(id) {
      return accounts.get(id)
    },
    async byEmail(email) {
      const id = accountIdByEmail.get(email)
      return id === undefined ? undefined : accounts.get(id)
    },
    async update(id, version, change, along) {
      if (isSpent(room, along)) return 'spent'
      const account = accounts.get(id)
      if (account?.version !== version) return 'stale'
      const owner = accountIdByEmail.get(change.email ?? account.email)
      if (owner !== undefined && owner !== id) return 'taken'
      writeAlong(room, along)
      accountIdByEmail.delete(account.email)
      keep(room, { ...account, ...change, id, version: version + 1, createdAt: account.createdAt })
      carryOut(room, id, along)
      return 'done'
    },
    async remove(id, version, along) {
      const account = accounts.get(id)
      if (account?.version !== version) return 'stale'
      writeAlong(room, along)
      accounts.delete(id)
      accountIdByEmail.delete(account.email)
      for (const idHash of endingSessions(room, id)) dropSession(room, idHash)
      dropFamiliesOf(room, id)
      dropTokensOf(room, id)
      dropCredentialsOf(room, id)
      return 'done'
    },
    async list({ afterId = '', limit, search, role }) {
      const wanted = search === undefined ? '' : searchText(search)
      return [...accounts.values()]
        .filter(one => one.id > afterId && (role === undefined || one.role === role))
        .filter(one => searchText(one.email, one.name).includes(wanted))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit)
    },
    async count(query) {
      if (query?.role === undefined) return accounts.size
      let found = 0
      for (const account of accounts.values()) if (account.role === query.role) found += 1
      return found
    },
  }
}

function isSpent(room: Room, along: AccountTransition | undefined): boolean {
  const { redeem, now = Number.POSITIVE_INFINITY } = along ?? {}
  return redeem !== undefined && liveToken(room, redeem, now) === undefined
}

function carryOut(room: Room, accountId: string, along: AccountTransition = {}): void {
  if (along.redeem !== undefined) dropToken(room, along.redeem)
  if (along.endSessions !== undefined) {
    const except = along.endSessions === 'all' ? undefined : along.endSessions.exceptIdHash
    for (const idHash of endingSessions(room, accountId, except)) dropSession(room, idHash)
  }
  if (along.endRefreshTokens) dropFamiliesOf(room, accountId)
  if (along.voidTokens !== undefined) voidTokens(room, accountId, along.voidTokens)
  if (along.removeCredentials !== undefined) {
    dropCredentialsOf(room, accountId, along.removeCredentials)
  }
  if (along.removeCredential !== undefined) {
    dropOwnCredential(room, accountId, along.removeCredential)
  }
  if (along.startSession !== undefined) keepSession(room, along.startSession)
}

function keep(room: Room, account: Account): void {
  room.accounts.set(account.id, Object.freeze({ ...account }))
  room.accountIdByEmail.set(account.email, account.id)
}
