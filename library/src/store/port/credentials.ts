import type { Along } from './along.ts'

/** Something an account signs in with or is known by besides its password. */
export interface Credential {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  /** `totp`, `backup-code`, `passkey`, `identity`, `device`. */
  readonly kind: string
  /** Unique within its kind: credential id, keyed hash of a code, issuer and subject. */
  readonly handle: string
  /** One line of JSON; secrets in it are sealed. */
  readonly data: string
  /** A number that only grows: TOTP step, signature counter. */
  readonly mark: number
  /** False while it waits for its first proof. */
  readonly confirmed: boolean
  readonly createdAt: number
  readonly lastUsedAt: number | undefined
}

/** Second factors, passkeys, social identities, remembered devices. */
export interface Credentials {
  /**
   * Adds all or none. `replaceKind` first removes what the account had of this kind.
   * `taken` when a handle belongs to somebody already; `full` when the account would have more than
   * `most` of a kind, and of an account that exists so for any number of simultaneous callers.
   */
  add(
    credentials: readonly Credential[],
    how?: { readonly replaceKind?: string; readonly most?: number },
    along?: Along,
  ): Promise<'done' | 'taken' | 'full'>
  ofAccount(accountId: string, kind?: string): Promise<readonly Credential[]>
  byHandle(kind: string, handle: string): Promise<Credential | undefined>
  /**
   * Moves the mark forward; of any number of simultaneous callers with one mark, one gets `true`.
   * Also sets `lastUsedAt`, and `data` and `confirmed` when given.
   */
  advance(
    id: string,
    mark: number,
    usedAt: number,
    change?: { readonly data?: string; readonly confirmed?: boolean },
    along?: Along,
  ): Promise<boolean>
  /** Sets last use, data or label where no mark decides. False when it is gone. */
  update(
    id: string,
    change: { readonly usedAt?: number; readonly data?: string },
    along?: Along,
  ): Promise<boolean>
  /** Takes one out for good; the winner learns how many of its kind the account has left. */
  spend(
    accountId: string,
    kind: string,
    handle: string,
    along?: Along,
  ): Promise<{ readonly remaining: number } | undefined>
  remove(accountId: string, id: string, along?: Along): Promise<boolean>
  removeKind(accountId: string, kind: string, along?: Along): Promise<number>
}
