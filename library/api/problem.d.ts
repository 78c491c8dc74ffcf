import type { Complaint, Refusal } from '../kernel/refusal.ts';
/** `application/problem+json` (RFC 9457) as Bulwark writes it. */
export interface Problem {
    /** A page in the docs about `code`. */
    readonly type: string;
    /** The status' standard phrase; never more, so that no title tells two causes apart. */
    readonly title: string;
    readonly status: number;
    /** What the refusal `says`. */
    readonly code: string;
    readonly requestId: string;
    readonly retryAfter?: number;
    readonly errors?: readonly Complaint[];
}
export declare const PROBLEM_TYPE = "application/problem+json";
/** Turns a refusal into what the client may learn. `why` and `code` stay behind. */
export declare function problemOf(refusal: Refusal, requestId: string): Problem;
