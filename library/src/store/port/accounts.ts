import type { Along } from './along.ts'
import type { SessionRecord } from './sessions.ts'

/** What Bulwark must know about a user. Profiles and everything else stay the application's. */
export interface Account {
  /** UUID. */
  readonly id: string
  /** Grows by one with every update. */
  readonly version: number
  /** Canonical address (see `account/`), unique. */
  readonly email: string
  readonly emailVerifiedAt: number | undefined
  readonly name: string | undefined
  /** PHC string, or `undefined` for who signs in without a password. */
  readonly passwordHash: string | undefined
  readonly passwordChangedAt: number | undefined
  /** One word of the application's own: `user`, `admin`. */
  readonly role: string
  readonly disabledAt: number | undefined
  /** Set while a deletion waits for its grace to end. */
  readonly deleteAfter: number | undefined
  readonly createdAt: number
}

export type AccountChange = Partial<Omit<Account, 'id' | 'version' | 'createdAt'>>

/** What happens together with a change of an account, in its transaction. */
export interface AccountTransition extends Along {
  /** Hash of a one-time token that must still be there, and is gone afterwards. */
  readonly redeem?: string
  /** Now, for judging the token's expiry. */
  readonly now?: number
  /** Ends the account's sessions: all, or all but the one with this hash. */
  readonly endSessions?: 'all' | { readonly exceptIdHash: string }
  /** Ends the account's refresh token families. */
  readonly endRefreshTokens?: boolean
  /** Voids the account's one-time tokens of these purposes. */
  readonly voidTokens?: readonly string[]
  /** Removes the account's credentials of these kinds. */
  readonly removeCredentials?: readonly string[]
  /** Removes one of the account's credentials, by its id; one that is gone already does no harm. */
  readonly removeCredential?: string
  /** Starts a session. */
  readonly startSession?: SessionRecord
}

/**
 * - `done`: the change and all that goes with it happened.
 * - `stale`: the version is not the one you read; read again.
 * - `taken`: the address belongs to another account.
 * - `spent`: the one-time token was gone or expired.
 */
export type AccountAnswer = 'done' | 'stale' | 'taken' | 'spent'

/** Users. Changed only from the version that was read. */
export interface Accounts {
  create(account: Account, along?: AccountTransition): Promise<'done' | 'taken' | 'spent'>
  byId(id: string): Promise<Account | undefined>
  byEmail(email: string): Promise<Account | undefined>
  /** Changes the account if its version is still `version`, else nothing at all happens. */
  update(
    id: string,
    version: number,
    change: AccountChange,
    along?: AccountTransition,
  ): Promise<AccountAnswer>
  /** Removes the account with its sessions, tokens and credentials. */
  remove(id: string, version: number, along?: Along): Promise<'done' | 'stale'>
  /** In order of id. `search` is found anywhere in address or name, without regard to case. */
  list(query: {
    readonly afterId?: string
    readonly limit: number
    readonly search?: string
    readonly role?: string
  }): Promise<readonly Account[]>
  count(query?: { readonly role?: string }): Promise<number>
}
