import type { Clock } from '../../kernel/clock.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import type { Counters } from '../../store/port/counters.ts'

export type ThrottleKey = 'address' | 'account' | 'api-key' | 'global'

export interface ThrottlePolicy {
  readonly by: ThrottleKey
  /** So many at once, refilled evenly over the window. */
  readonly limit: number
  readonly windowSeconds: number
}

export interface ThrottleOptions {
  readonly counters: Counters
  readonly clock: Clock
  /** Named policies; routes name those they want. */
  readonly policies?: Readonly<Record<string, readonly ThrottlePolicy[] | ThrottlePolicy>>
  /** Told once when the store fails and once when it is back. */
  readonly onStoreFailure?: (failing: boolean, cause: unknown) => void
}

/** Who asks. A part that is not known is left out, and policies by it do not apply. */
export interface Asker {
  readonly address: string
  readonly accountId?: string | undefined
  readonly apiKeyId?: string | undefined
}

export interface ThrottleVerdict {
  readonly refusal?: Refusal
  /** `RateLimit` and `RateLimit-Policy`: names and values in turn. */
  readonly headers: readonly string[]
}

export interface Throttle {
  /** One round trip for all keys of all named policies. Never throws for a store failure. */
  take(policies: readonly string[], asker: Asker, cost?: number): Promise<ThrottleVerdict>
  /** Charges more afterwards (a failure, a large answer). */
  penalize(policies: readonly string[], asker: Asker, cost: number): Promise<void>
  /** Gives back (a success). */
  reward(policies: readonly string[], asker: Asker, cost: number): Promise<void>
}

export declare function throttle(options: ThrottleOptions): Throttle
