import type { Soon } from '../../kernel/soon.ts'

/**
 * A rate in the terms of GCRA (a leaky bucket without a timer): `limit` at once, refilled evenly
 * over `windowMs`. No fixed windows, so no double burst at an edge.
 */
export interface Rate {
  /** At least 1. */
  readonly limit: number
  readonly windowMs: number
}

/** Growing delays after failures: `free` attempts, then `baseMs` doubling up to `capMs`. */
export interface Backoff {
  readonly free: number
  readonly baseMs: number
  readonly capMs: number
  /** Failures are forgotten this long after the last one. */
  readonly forgetMs: number
  /** After this many failures the key is shut until forgiven or forgotten. */
  readonly shutAfter?: number
}

export interface Hit {
  /** Hashed by the caller where it names a person. */
  readonly key: string
  readonly rate: Rate
  /** How many to take; 1 unless told. Negative gives back. */
  readonly cost?: number
}

export interface Reservation {
  readonly key: string
  readonly backoff: Backoff
}

export interface Counted {
  readonly allowed: boolean
  /** What is left at once (of a rate) or free attempts left (of a backoff). */
  readonly remaining: number
  /** When trying again makes sense if refused; when the key is fresh again if allowed. */
  readonly resetAt: number
  /** Failures so far, this one included (backoff only; 0 for rates). */
  readonly failures: number
}

/**
 * What is counted across all nodes. One call is one round trip, whatever the number of keys.
 * All or nothing: if any key refuses, none is charged.
 */
export interface Counters {
  /** Takes from rates. Answers in the order given; without a promise where it counts in this process. */
  hit(hits: readonly Hit[], now: number): Soon<readonly Counted[]>
  /**
   * Reserves an attempt *before* the expensive check: it counts as failed until it is forgiven, so
   * parallel guesses gain nothing. Refused while the delay of the last failure runs.
   */
  reserve(reservations: readonly Reservation[], now: number): Promise<readonly Counted[]>
  /** After success: `all` clears the key, `one` gives back one reservation. */
  forgive(keys: readonly string[], how: 'all' | 'one'): Promise<void>
  /** Looks without counting: the state that `reserve` would judge. */
  peek(reservations: readonly Reservation[], now: number): Promise<readonly Counted[]>
  /** Keys that delay somebody at `now`, for the operator; at most `limit`. */
  delayed(
    prefix: string,
    now: number,
    limit: number,
  ): Promise<
    readonly { readonly key: string; readonly failures: number; readonly resetAt: number }[]
  >
  prune(now: number, limit: number): Promise<number>
}
