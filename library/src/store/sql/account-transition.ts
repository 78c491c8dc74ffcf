import type { AccountTransition } from '../port/accounts.ts'
import { deleteCredential, deleteCredentials } from './credentials.ts'
import type { Steps } from './engine.ts'
import { deleteToken, lockToken, voidTokens } from './one-time-tokens.ts'
import { deleteFamilies } from './refresh-tokens.ts'
import { deleteSessions, insertSession } from './sessions.ts'

/** Later than any token lives: who does not say what time it is redeems nothing. */
const NEVER = Number.MAX_SAFE_INTEGER

/** Whether the token that must pay for the change is gone. Holds it until the transaction ends. */
export function* isSpent(along: AccountTransition | undefined): Steps<boolean> {
  if (along?.redeem === undefined) return false
  return !(yield* lockToken(along.redeem, along.now ?? NEVER))
}

/** What happens to an account's sessions, tokens and credentials when the account changes. */
export function* carryOut(accountId: string, along: AccountTransition = {}): Steps<void> {
  if (along.redeem !== undefined) yield* deleteToken(along.redeem)
  if (along.endSessions === 'all') yield* deleteSessions(accountId)
  else if (along.endSessions) yield* deleteSessions(accountId, along.endSessions.exceptIdHash)
  if (along.endRefreshTokens) yield* deleteFamilies(accountId)
  if (along.voidTokens !== undefined) yield* voidTokens(accountId, along.voidTokens)
  if (along.removeCredentials !== undefined) {
    yield* deleteCredentials(accountId, along.removeCredentials)
  }
  if (along.removeCredential !== undefined) {
    yield* deleteCredential(accountId, along.removeCredential)
  }
  if (along.startSession !== undefined) yield* insertSession(along.startSession)
}
