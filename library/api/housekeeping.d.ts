import type { Clock } from '../../kernel/clock.ts';
import type { Stores } from '../port/stores.ts';
export interface HousekeepingGround {
    readonly stores: Stores;
    readonly clock: Clock;
    /** More to do in each round, such as `flows.sweepDeleted`. */
    readonly sweep?: () => Promise<unknown>;
    /** Told when a round fails; the next one tries again. */
    readonly failed?: (error: unknown) => void;
}
export interface Housekeeping {
    /** Takes out what ended: sessions, links, refresh tokens, counters. Answers how many rows. */
    runOnce(): Promise<number>;
    /** Does it once a minute. */
    start(): void;
    /** Stops; resolves when the round in hand is over. */
    stop(): Promise<void>;
}
/**
 * Takes out of the stores what has ended. Nothing depends on it for its safety: what has ended is
 * refused by its own time. Several processes may do it at once.
 */
export declare function housekeeping(ground: HousekeepingGround): Housekeeping;
