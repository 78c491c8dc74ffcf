import type { Soon } from '../../kernel/soon.ts'
import type { Along } from './along.ts'

/** A proof of identity and when it was given (RFC 8176 names where one exists). */
export interface ProvenFactor {
  /** `pwd`, `otp`, `hwk`, `recovery`, `fed`. */
  readonly factor: string
  readonly at: number
}

/** A signed-in session as it is stored: the bearer's value appears only as a keyed hash. */
export interface SessionRecord {
  /** Keyed hash of the bearer value. */
  readonly idHash: string
  /** UUID by which the owner sees and revokes it. */
  readonly id: string
  readonly accountId: string
  /** The account's role when the session began; a change of role ends its sessions. */
  readonly role: string
  readonly createdAt: number
  /** Last full proof of identity, for step-up. */
  readonly authenticatedAt: number
  readonly factors: readonly ProvenFactor[]
  readonly lastSeenAt: number
  /** Ends by idleness at this moment unless touched. */
  readonly idleExpiresAt: number
  /** Ends at this moment whatever happens. */
  readonly expiresAt: number
  /** Address and user agent at sign-in, shortened; for the owner's list. */
  readonly address: string
  readonly device: string
}

/** Signed-in sessions. Revoking tells how many it ended. */
export interface Sessions {
  create(record: SessionRecord, along?: Along): Promise<void>
  /** The record, also when it has expired: the caller has the clock. At once where it is at hand. */
  find(idHash: string): Soon<SessionRecord | undefined>
  /** Moves `lastSeenAt` and `idleExpiresAt` forward, never back. False when it is gone. */
  touch(idHash: string, lastSeenAt: number, idleExpiresAt: number): Promise<boolean>
  /** Ends the old and starts the new in one step; false (and nothing happens) when the old is gone. */
  replace(oldIdHash: string, record: SessionRecord, along?: Along): Promise<boolean>
  revoke(idHash: string, along?: Along): Promise<boolean>
  /** By the owner's name for it. */
  revokeById(accountId: string, id: string, along?: Along): Promise<boolean>
  revokeAll(accountId: string, except?: { readonly idHash: string }, along?: Along): Promise<number>
  /** Those that are alive at `now`, newest use first. */
  ofAccount(accountId: string, now: number): Promise<readonly SessionRecord[]>
  count(now: number): Promise<number>
  /** Removes up to `limit` that ended before `now`; answers how many. */
  prune(now: number, limit: number): Promise<number>
}
