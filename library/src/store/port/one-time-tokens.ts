import type { Along } from './along.ts'

/** What a one-time secret stands for. The secret itself is never stored, only its keyed hash. */
export interface OneTimeToken {
  /** `verify-email`, `reset`, `mfa-flow`, `authorization-code`, `passkey-challenge`, `setup` … */
  readonly purpose: string
  readonly accountId: string | undefined
  /** One line of JSON. */
  readonly data: string
  readonly expiresAt: number
  /** How many wrong tries it survives; each `attempt` takes one. */
  readonly attemptsLeft: number
}

/** Secrets that work once: reset links, authorization codes, sign-in flows, passkey challenges. */
export interface OneTimeTokens {
  /**
   * Keeps `token` under the hash of its secret until `expiresAt`. With `only`, it replaces every
   * other token of this account and purpose.
   */
  issue(
    hash: string,
    token: OneTimeToken,
    how?: { readonly only?: boolean },
    along?: Along,
  ): Promise<void>
  /** Looks without taking. Undefined when unknown or expired. */
  peek(hash: string, now: number): Promise<OneTimeToken | undefined>
  /** Takes it out. Of any number of simultaneous callers one gets it, the rest `undefined`. */
  redeem(hash: string, now: number, along?: Along): Promise<OneTimeToken | undefined>
  /**
   * Spends one attempt and answers the token with what is left; at the last one it is gone for
   * the next caller. Undefined when unknown, expired or used up.
   */
  attempt(hash: string, now: number): Promise<OneTimeToken | undefined>
  /** Voids the account's tokens of these purposes; answers how many. */
  voidAll(accountId: string, purposes: readonly string[], along?: Along): Promise<number>
  prune(now: number, limit: number): Promise<number>
}
