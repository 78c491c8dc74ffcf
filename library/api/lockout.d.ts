import type { Lockout, LockoutGround } from './attempt.ts';
import { type LockoutOptions } from './settings.ts';
export type { Admitted, Attempt, Delayed, Lockout } from './attempt.ts';
export declare const refusals: {
    /** The account, or a name that nobody has: told as a wrong password. */
    readonly account: {
        readonly code: 'login.locked';
        readonly says: 'login.failed';
        readonly status: 401;
    };
    /** The client's address: its own doing, so it may know. */
    readonly address: {
        readonly code: 'lockout.address';
        readonly says: 'lockout.slow_down';
        readonly status: 429;
    };
    readonly challenge: {
        readonly code: 'lockout.challenge';
        readonly says: 'lockout.challenge';
        readonly status: 429;
    };
};
/**
 * Four counters against guessing: the account as strangers see it, the client's address, each device
 * that signed in before, and all failures together.
 *
 * @throws {ConfigFault} when a number makes no sense
 * @see ASVS 6.1.1, 6.3.1; NIST SP 800-63B-4 §3.2.2; RFC 4226 §7.3
 */
export declare function lockout(options: LockoutOptions, ground: LockoutGround): Lockout;
