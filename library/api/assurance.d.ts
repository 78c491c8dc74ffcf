/** A proof of identity and when it was given, by its name in `amr`. */
export interface Proven {
    readonly factor: string;
    readonly at: number;
}
/** NIST SP 800-63B-4 §2: one factor, or two of different kinds. */
export type Aal = 'aal1' | 'aal2';
/**
 * In a session's factors: the second factor was not asked for, because the browser is trusted. It
 * proves nothing; until a second factor is proven, the session is not fresh for anything.
 */
export declare const TRUSTED = "device";
/** Whether it is a factor that can stand beside a password. Unknown words are none. */
export declare function isSecond(factor: string): boolean;
/** Whether the browser's trust stood in for a second factor that has not been proven since. */
export declare function owesSecond(factors: readonly Proven[]): boolean;
/**
 * The assurance level that a session's proofs come to, whatever the account could prove besides. A
 * passkey that verified its user is two factors in one; a password and another provider's word are one.
 *
 * AAL3 is never claimed: it asks for keys that cannot leave their hardware, and we ask nobody for
 * attestation.
 *
 * @see NIST SP 800-63B-4 §2.1, §2.2.1, §2.3
 */
export declare function aalOf(factors: readonly Proven[]): Aal;
/** The words of `amr` for what people call a factor: `passkey` is `hwk`, `totp` is `otp`. */
export declare function factorWords(given: string | readonly string[]): readonly string[];
/**
 * Seconds of `'90s'`, `'5m'`, `'12h'`, `'1d'`, or of a number as it is.
 *
 * @throws {ConfigFault} when it is none of them
 */
export declare function secondsOf(within: string | number): number;
