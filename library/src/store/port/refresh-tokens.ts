import type { Along } from './along.ts'

/** One refresh token of a family. Stored by its hash. */
export interface RefreshRecord {
  readonly hash: string
  /** UUID shared by all successors of one sign-in or grant. */
  readonly familyId: string
  readonly accountId: string
  /** OAuth client, or `undefined` for the application's own clients. */
  readonly clientId: string | undefined
  /** One line of JSON: scope, resource, factors, device. The same in the whole family. */
  readonly data: string
  readonly issuedAt: number
  /** Idle end of this token. */
  readonly expiresAt: number
  /** Absolute end of the family. */
  readonly familyExpiresAt: number
}

/**
 * - `rotated`: the token was live and is used now; its successor is stored.
 * - `reused`: it had been used before. The whole family is revoked by the same call.
 * - `unknown`: never issued, expired, revoked, or another client's. Nothing changed.
 */
export type Rotation =
  | { readonly state: 'rotated'; readonly record: RefreshRecord }
  | { readonly state: 'reused'; readonly record: RefreshRecord }
  | { readonly state: 'unknown' }

/** Rotating refresh tokens: at most one live successor, whatever arrives at once. */
export interface RefreshTokens {
  /** Starts a family. */
  issue(record: RefreshRecord, along?: Along): Promise<void>
  /**
   * Uses `hash` and stores its successor in one step. `along` is written when it rotates,
   * `alongReuse` when it is found reused.
   */
  rotate(
    hash: string,
    clientId: string | undefined,
    successor: { readonly hash: string; readonly expiresAt: number },
    now: number,
    along?: Along,
    alongReuse?: (record: RefreshRecord) => Along,
  ): Promise<Rotation>
  /** The live or used record, for introspection; `live` says whether it would rotate at `now`. */
  find(
    hash: string,
    now: number,
  ): Promise<{ readonly record: RefreshRecord; readonly live: boolean } | undefined>
  revokeFamily(familyId: string, along?: Along): Promise<boolean>
  /** All families of an account, or those of one client. Answers how many families. */
  revokeAll(accountId: string, clientId?: string, along?: Along): Promise<number>
  /** Live families, newest first: the live token of each. */
  ofAccount(accountId: string, now: number): Promise<readonly RefreshRecord[]>
  prune(now: number, limit: number): Promise<number>
}
