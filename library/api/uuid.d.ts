import { type Outcome } from '../kernel/outcome.ts';
declare const parsed: unique symbol;
/** The name of a row, parsed at the edge. A name only, never a proof (ASVS 11.5.1). */
export type Uuid = string & {
    readonly [parsed]: 'uuid';
};
/**
 * Parses an id from a path, a query or a body before anything looks it up. Upper case is folded, as
 * RFC 9562 §4 asks of readers, so that one row has one name in every store.
 *
 * @returns `access.malformed_id`, which says the same as a row that is absent
 */
export declare function uuid(text: unknown): Outcome<Uuid>;
export {};
