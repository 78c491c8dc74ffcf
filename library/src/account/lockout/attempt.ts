import type { Clock } from '../../kernel/clock.ts'
import type { Keys } from '../../kernel/keys.ts'
import type { Outcome } from '../../kernel/outcome.ts'
import type { Counted, Counters } from '../../store/port/counters.ts'
import type { Challenge } from './challenge.ts'

/** One try at proving an identity. */
export interface Attempt {
  /** The account tried, when there is one. */
  readonly accountId: string | undefined
  /** The name typed, canonical; counted by its keyed hash when nobody has it. */
  readonly identifier: string
  /** The client's canonical address. */
  readonly address: string
  /** Handle of a device that signed in to this very account before. */
  readonly device: string | undefined
  /** What the client answers to the challenge that was asked of it. */
  readonly answer?: string | undefined
}

/** An attempt that was let through and counts as failed until it succeeds. */
export interface Admitted {
  /** Failures before this attempt, of the account or the device. */
  readonly failuresBefore: number
  /** What begins if this attempt fails: tell the owner. */
  readonly begins: 'delays' | 'shut' | undefined
  /** Forgets the failures of whoever succeeded, and gives the address its attempt back. */
  succeeded(): Promise<void>
  /** Gives all back: the attempt was never made (the hashing queue was full). */
  withdrawn(): Promise<void>
}

export interface Delayed {
  readonly kind: 'account' | 'name' | 'address' | 'device'
  /** Account id, or a keyed hash of the name, address or device. */
  readonly key: string
  readonly failures: number
  readonly until: number
}

export interface Lockout {
  /**
   * Counts an attempt before anything expensive is done for it, then runs `check`, which is told
   * whether it was let through: if not, by `login.locked` (said as a wrong password),
   * `lockout.address` or `lockout.challenge`.
   *
   * Attempts of one account, device or address that run at once wait for one another as far as their
   * free failures go, so that many right passwords at once are not taken for many wrong ones.
   */
  during<T>(attempt: Attempt, check: (admitted: Outcome<Admitted>) => Promise<T>): Promise<T>
  /** Forgets the failures of an account. */
  unlock(accountId: string): Promise<void>
  /** Forgets the failures behind one row of `delayed`, whoever or whatever it counts. */
  release(kind: Delayed['kind'], key: string): Promise<void>
  /** What an attempt from an unknown device would meet, without counting it. */
  state(accountId: string): Promise<Counted>
  /** Who has to wait now, for the operator. */
  delayed(limit: number): Promise<readonly Delayed[]>
}

export interface LockoutGround {
  readonly counters: Counters
  readonly keys: Keys
  readonly clock: Clock
  /** Asked of unknown devices after some failures, before delays grow. */
  readonly challenge?: Challenge | undefined
}
