import { type Clock } from '../../kernel/clock.ts';
import type { Stores } from '../port/stores.ts';
import { type RedisClient } from './wire.ts';
export type { RedisClient } from './wire.ts';
export interface RedisOptions {
    /** Your connected client of the package `redis` 6: `createClient()` or `createCluster()`. */
    readonly client: RedisClient;
    /** Where everything lives that must not be lost: `postgresStores(…)` or `sqliteStores(…)`. */
    readonly durable: Stores;
    /** `redis` (default) keeps sessions in Redis; `durable` leaves them there, for counters only. */
    readonly sessions?: 'redis' | 'durable';
    /**
     * What limits do while Redis is out of reach: `stricter` (default) counts in this process, at a
     * quarter of each limit; `fail` answers StoreFault, so nobody signs in.
     */
    readonly outage?: 'stricter' | 'fail';
    /**
     * How long this process believes a session that it found, so as not to ask again; 0 (default) for
     * never. Another node's revocation is seen after this long, at most 1,000.
     */
    readonly cacheMs?: number;
    /** Begins every key. */
    readonly prefix?: string;
    /** How long a command may take before it fails with StoreFault; 1 second unless told. */
    readonly deadlineMs?: number;
    /** Commands that may wait at once, before more fail without being sent. */
    readonly maxPending?: number;
    readonly clock?: Clock;
    /** How often endings left undone by a crash are looked for; 0 for never (call `sweep`). */
    readonly sweepEveryMs?: number;
}
export interface RedisStores extends Stores {
    /** Carries out endings of sessions that a crash or an outage left undone; answers how many. */
    sweep(): Promise<number>;
}
/**
 * Sessions and counters in Redis 7 or Valkey 8, one server or a cluster; the rest in `durable`.
 * Closing closes the durable stores too; the client stays yours.
 *
 * Decision: one-time tokens stay durable although they are short-lived. A replica that takes over
 * may lack the last writes, and a token redeemed twice is worth more to a thief than the
 * millisecond is to a visitor. Cost: a write to the database for each flow that begins.
 *
 * @throws {ConfigFault} when the prefix holds a brace, which would change what keys share, or
 * `cacheMs` is above a second
 */
export declare function redisStores(options: RedisOptions): RedisStores;
