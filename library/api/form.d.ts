import { type Outcome } from '../../kernel/outcome.ts';
import type { Refusal } from '../../kernel/refusal.ts';
type FormReason = 'malformed' | 'repeated' | 'name' | 'tooManyFields' | 'nameTooLong' | 'valueTooLong';
export declare const refusals: Readonly<Record<FormReason, Refusal>>;
/** No prototype; a list exactly where declared. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;
export interface FieldRules {
    /** Names that may come any number of times: always lists, also of one or none. */
    readonly lists?: readonly string[];
    readonly maxFields?: number;
    readonly maxNameLength?: number;
    readonly maxValueLength?: number;
}
export declare const FIELD_DEFAULTS: Required<FieldRules>;
/**
 * `application/x-www-form-urlencoded`, strictly: each name once unless declared as a list, so that
 * the value that was checked is the value that is used.
 *
 * @see ASVS 1.1.1, 15.3.6, 15.3.7
 */
export declare function parseForm(body: Uint8Array | string, rules?: FieldRules): Outcome<Fields>;
/** What follows the `?`, read by the same rules. Pointers begin with `#/query`. */
export declare function parseQuery(query: string, rules?: FieldRules): Outcome<Fields>;
/** Throws early when a list is declared under a name that could never be read. */
export declare function judgeLists(lists: readonly string[], option: string): void;
export {};
