import { type Outcome } from '../../kernel/outcome.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import { type JsonReason } from './json-reader.ts';
export declare const refusals: Readonly<Record<JsonReason, Refusal>>;
export interface JsonLimits {
    /** Levels of arrays and objects. At most 1000: the reader calls itself. */
    readonly maxDepth?: number;
    /** Members of all objects and elements of all arrays together. */
    readonly maxKeys?: number;
    /** UTF-16 units of any one string or name. */
    readonly maxStringLength?: number;
    /** Bytes of the whole text (of a string: UTF-16 units). */
    readonly maxBytes?: number;
}
export declare const JSON_DEFAULTS: Required<JsonLimits>;
/**
 * Reads JSON that every reader understands alike: what two parsers could take in two ways, or
 * JavaScript would quietly change, is refused. What is let through equals `JSON.parse`'s answer.
 * Limits hold while reading, so nothing beyond them is ever built.
 *
 * Refusals carry a JSON pointer and the offset in UTF-16 units (bytes are decoded first).
 *
 * @see ASVS 1.5.3, 2.2.1, 15.3.6; RFC 8259, RFC 7493 (I-JSON)
 */
export declare function parseJson(input: Uint8Array | string, limits?: JsonLimits): Outcome<unknown>;
/**
 * The same with limits judged once, for every path that reads more than one text.
 *
 * @throws {ConfigFault} when a limit is no positive whole number
 */
export declare function jsonParser(limits?: JsonLimits): (input: Uint8Array | string) => Outcome<unknown>;
export declare function jsonLimits(limits: JsonLimits): Required<JsonLimits>;
