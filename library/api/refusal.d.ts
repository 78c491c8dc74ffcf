/** One place in a request where something was wrong, for the client to point at. */
export interface Complaint {
    /** JSON pointer (RFC 6901) into the body, or `#/query/name`, `#/header/name`. */
    readonly pointer: string;
    /** What is wrong there, without repeating the value. */
    readonly detail: string;
}
/**
 * Why a request may not pass. A value, never thrown: refusing is an ordinary day.
 *
 * `code` is the truth, for the audit and the operator. `says` is all that the client may learn.
 */
export interface Refusal {
    /** `defence.reason` in snake case, unique in the whole library and never reused. */
    readonly code: string;
    /** The code the client sees; equal for every refusal that must not be told apart. */
    readonly says: string;
    /** HTTP status from 400 to 599. */
    readonly status: number;
    /** Whole seconds until a new attempt makes sense; becomes `Retry-After` and `retryAfter`. */
    readonly retryAfterSeconds?: number;
    /** What to mend, where the client may know. */
    readonly errors?: readonly Complaint[];
    /** Header fields that this refusal must carry, such as `allow` with 405. Lower-case names. */
    readonly headers?: Readonly<Record<string, string>>;
    /** True when the connection must not be used again (framing can no longer be trusted). */
    readonly close?: boolean;
    /** For the audit only, never for the client: what the operator wants to know. No secrets. */
    readonly why?: string;
}
/** A table of refusals as each defence exports it: `export const refusals = { … } as const`. */
export type Refusals = Readonly<Record<string, Refusal>>;
