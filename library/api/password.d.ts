import type { Keys } from '../../kernel/keys.ts';
import { type Outcome } from '../../kernel/outcome.ts';
import type { Random } from '../../kernel/random.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Admission } from '../../shield/limits/admission.ts';
import { type Argon2, type Cost } from './argon2.ts';
import { type BreachedRange } from './breach.ts';
import { type HashFormat } from './formats.ts';
import { type Context, type PolicyOptions } from './policy.ts';
export interface PasswordOptions extends PolicyOptions {
    /** Fixed parameters in place of measuring the machine; the floor is m=19456 t=2 p=1. */
    readonly cost?: Cost;
    /** What one hash may take on this machine when nothing else runs; 40 unless told. */
    readonly targetMs?: number;
    /** Memory of all hashes at once that measuring may choose; 64 unless told. */
    readonly budgetMiB?: number;
    /** More formats to verify and replace, before the ones built in. */
    readonly formats?: readonly HashFormat[];
    /** Asks a breach service for a range of SHA-1 hashes. Not asked unless given. */
    readonly breachedRange?: BreachedRange;
}
export interface PasswordGround {
    readonly keys: Keys;
    /** Earlier root keys under which peppered hashes may still stand. */
    readonly previousKeys?: readonly Keys[];
    readonly random: Random;
    readonly admission: Admission;
    /** How many hashes `admission` runs at once; for the memory budget. */
    readonly permits: number;
    /** In place of the fastest that is there. */
    readonly argon2?: Argon2;
}
/** What a check found. */
export interface Verdict {
    readonly matches: boolean;
    /** It matches, and should be hashed anew: foreign format, older pepper or cheaper parameters. */
    readonly outdated: boolean;
}
export interface Passwords {
    /** Parameters of new hashes. */
    readonly cost: Cost;
    readonly engine: Argon2['name'];
    /** Judges a password that somebody wants to set, with the words known about them. */
    judge(password: string, context?: Context): Promise<Refusal | undefined>;
    /** A PHC string. Refused with `admission.full` when too many are waiting. */
    hash(password: string): Promise<Outcome<string>>;
    /**
     * Checks a password against a stored hash. Without one, or with one that nothing reads, it hashes
     * all the same at today's cost and matches nothing.
     */
    verify(password: string, stored: string | undefined): Promise<Outcome<Verdict>>;
}
/**
 * Password hashing by argon2id with a pepper, calibrated to this machine and admitted a few at a time.
 *
 * @throws {ConfigFault} when `password.cost` is below the floor
 * @see ASVS 6.2.8, 6.3.8, 11.4.2; NIST SP 800-63B-4 §3.1.1.2; RFC 9106
 */
export declare function passwords(options: PasswordOptions, ground: PasswordGround): Promise<Passwords>;
