import type { Refusal } from './refusal.ts';
/** What a flow answers: the good thing, or why not. The compiler lets nobody forget to look. */
export type Outcome<T> = {
    readonly ok: true;
    readonly value: T;
} | {
    readonly ok: false;
    readonly refusal: Refusal;
};
/** Wraps the good thing. */
export declare function granted<T>(value: T): Outcome<T>;
/** Wraps why not. */
export declare function refused(refusal: Refusal): Outcome<never>;
