import type { Refusal } from '../kernel/refusal.ts';
import { type PathOptions } from './target.ts';
type FramingReason = 'method' | 'version' | 'transferCoding' | 'twoLengths' | 'oldChunked' | 'contentLength' | 'headerName' | 'repeatedField' | 'headerCount';
export declare const refusals: Readonly<Record<FramingReason, Refusal>>;
/** What of a request must be judged before any framework sees it. NodeIncoming is one. */
export interface RawRequest {
    readonly method: string;
    readonly target: string;
    /** `1.0`, `1.1`, `2.0`. */
    readonly httpVersion: string;
    readonly rawHeaders: readonly string[];
}
export interface FramingOptions {
    /** Most header fields: 100. */
    readonly maxHeaders?: number;
    /** Most characters of path and query together: 8192. */
    readonly maxTargetBytes?: number;
    /** What else a path may hold; nothing unless told. */
    readonly paths?: PathOptions;
}
/**
 * Refuses messages that two parsers could read in two ways, before any framework reads them: the
 * raw material of request smuggling, cache poisoning and walked-around access rules. What cannot
 * stand in a field's value (NUL, CR, LF) node's parser refuses itself.
 *
 * @returns a guard that answers one of `refusals` or of the target's (`target.ts`)
 * @see ASVS 4.2.1, 13.4.4, 15.3.7; RFC 9112 §3.2, §6.1; RFC 6585 §5
 */
export declare function framing(options?: FramingOptions): (request: RawRequest) => Refusal | undefined;
export {};
