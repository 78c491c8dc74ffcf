import type { Clock } from '../../kernel/clock.ts';
import type { Refusal } from '../../kernel/refusal.ts';
export declare const refusals: {
    readonly full: {
        readonly code: 'limits.full';
        readonly says: 'limits.busy';
        readonly status: 503;
        readonly retryAfterSeconds: 5;
    };
    readonly waited: {
        readonly code: 'limits.waited';
        readonly says: 'limits.busy';
        readonly status: 503;
        readonly retryAfterSeconds: 5;
    };
};
export interface GateOptions {
    /** How many at once. */
    readonly max: number;
    /** How many may wait. */
    readonly queue: number;
    /** How long one may wait. */
    readonly queueSeconds: number;
    /** Milliseconds that go forward; the system's unless given. */
    readonly clock?: Clock;
}
/** So many at once, so many waiting, the rest 503. After each `enter` that let in: one `leave`. */
export interface Gate {
    /** Undefined: come in. A refusal: `limits.full`. A promise: wait for either, or `limits.waited`. */
    enter(): Refusal | undefined | Promise<Refusal | undefined>;
    leave(): void;
    readonly inside: number;
    readonly waiting: number;
}
/**
 * Admission in order of arrival. Everybody may wait equally long, so the first in the queue is also
 * the first to give up, and one timer serves all.
 *
 * @see ASVS 15.2.2
 */
export declare function gate(options: GateOptions): Gate;
