/** Milliseconds since the epoch. Passed in, so that a test can turn it. */
export type Clock = () => number;
export declare const systemClock: Clock;
/** A clock that stands still until somebody turns it. */
export interface TestClock {
    (): number;
    /** Turns it forward (or back, with a negative number). */
    advance(milliseconds: number): void;
    /** Sets it. */
    set(at: number): void;
}
export declare function testClock(at?: number): TestClock;
