import type { Clock } from '../../kernel/clock.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import { type Soon } from '../../kernel/soon.ts';
import type { Counters } from '../../store/port/counters.ts';
import { type Policies } from './rates.ts';
export declare const refusals: {
    readonly limited: {
        readonly code: 'throttle.limited';
        readonly says: 'throttle.limited';
        readonly status: 429;
        readonly headers: {
            readonly 'cache-control': 'no-store';
        };
    };
    readonly storeDown: {
        readonly code: 'throttle.store_down';
        readonly says: 'throttle.store_down';
        readonly status: 503;
        readonly retryAfterSeconds: 5;
    };
};
/** Whom a rate counts. `address` is the IPv4 address or the IPv6 /64. */
export type ThrottleKey = 'address' | 'account' | 'api-key' | 'global';
/** One rate: so many at once, refilled evenly over the window, with no edge to burst at. */
export interface ThrottlePolicy {
    readonly by: ThrottleKey;
    readonly limit: number;
    readonly windowSeconds: number;
    /**
     * While the store is out of reach, `local` counts in this process, with a quarter of the limit;
     * `refuse` answers 503. `local` unless told.
     */
    readonly whenStoreFails?: 'local' | 'refuse';
}
export interface ThrottleOptions {
    readonly counters: Counters;
    readonly clock: Clock;
    /** By name; a route names those that it wants. Several rates under one name all apply. */
    readonly policies?: Policies;
    /** Told once when the store fails and once when it is back, for the audit. */
    readonly onStoreFailure?: (failing: boolean, cause: unknown) => void;
    /** A store that has not answered by then counts as failed; 0, for a local store, waits for it. */
    readonly storeTimeoutMs?: number;
    /** Takes a few units at once, for a store in which each count is a write; see `inAdvance`. */
    readonly inAdvance?: boolean;
    /**
     * Counts rates of at most a minute in this process, where it is the only one that serves: such a
     * count is not worth a write a request. A restart forgets it.
     */
    readonly near?: Pick<Counters, 'hit'> | undefined;
}
/** Who asks. Rates by a part that is not known do not apply. */
export interface Asker {
    readonly address: string;
    readonly accountId?: string | undefined;
    readonly apiKeyId?: string | undefined;
}
export interface ThrottleVerdict {
    readonly refusal?: Refusal;
    /** `RateLimit-Policy` and `RateLimit`, names and values in turn; empty when no rate applied. */
    readonly headers: readonly string[];
}
export interface Throttle {
    /**
     * Takes from all rates of all named policies in one round trip: from all or, when one refuses,
     * from none. A failing store is answered as each policy says, never thrown.
     */
    take(policies: readonly string[], asker: Asker, cost?: number): Soon<ThrottleVerdict>;
    /** Takes more afterwards (a failure, a dear answer): as much of it as is there. */
    penalize(policies: readonly string[], asker: Asker, cost: number): Promise<void>;
    /** Gives back (a success). */
    reward(policies: readonly string[], asker: Asker, cost: number): Promise<void>;
}
/**
 * Named rates over shared counters: the same count, whichever process is asked.
 *
 * @returns `take` answers `throttle.limited` (429) or `throttle.store_down` (503)
 * @throws {ConfigFault} when a name or a number cannot be used, or nobody knows a policy asked for
 * @see ASVS 2.4.1, 6.3.1, 15.2.2; RFC 6585 §4; draft-ietf-httpapi-ratelimit-headers
 */
export declare function throttle(options: ThrottleOptions): Throttle;
