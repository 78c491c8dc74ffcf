import type { Readable } from 'node:stream';
import type { Incoming } from '../../http/incoming.ts';
import { type Outcome } from '../../kernel/outcome.ts';
import type { Refusal } from '../../kernel/refusal.ts';
export declare const refusals: Readonly<Record<BodyReason, Refusal>>;
type BodyReason = 'declaredTooLarge' | 'tooLarge' | 'inflatedTooLarge' | 'ratio' | 'coding' | 'badCoding' | 'aborted';
export interface BodyLimit {
    readonly maxBytes: number;
    /** Inflated bytes for each byte off the wire, beyond the first 64 KiB: 50. */
    readonly maxRatio?: number;
    /** Content codings that are undone; none unless told. */
    readonly codings?: readonly string[];
}
/** One aggregate for all that a request makes us hold: wire bytes, multipart parts, inflated bytes. */
export interface BodyBudget {
    readonly maxBytes: number;
    readonly maxRatio: number;
    readonly wireBytes: number;
    readonly inflatedBytes: number;
    /** Counts bytes off the wire; `limits.too_large` (413) once they are too many. */
    wire(bytes: number): Refusal | undefined;
    /** Counts bytes after decompression: `limits.inflated_too_large` or `limits.ratio` (413). */
    inflated(bytes: number): Refusal | undefined;
}
/** @see ASVS 5.2.1, 5.2.3 */
export declare function bodyBudget(limit: BodyLimit): BodyBudget;
/** Judges what is declared, before a byte of the body is read: length (413) and coding (415). */
export declare function declaredBody(request: Incoming, limit: BodyLimit): Refusal | undefined;
/**
 * Reads a body within its budget and undoes its coding. Once a byte too many has come, nothing more
 * is read: the stream is left paused, and the refusal says that the connection must close (see
 * `leaveUnread`).
 *
 * @param coding the request's Content-Encoding, as `declaredBody` let it through
 */
export declare function readBody(stream: Readable, budget: BodyBudget, coding?: string): Promise<Outcome<Buffer>>;
export {};
