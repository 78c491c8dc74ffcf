import { RLS_SETTING, type RlsTable, rlsRecipe, setAccount } from './rls.ts';
import { anyOf, everyone, nobody, ownedBy, type Rule, sharedWith, through } from './rule.ts';
import { type UnscopedWitness, type WrittenReason } from './unscoped.ts';
export type { RlsTable, Rule, UnscopedWitness, WrittenReason };
export { anyOf, everyone, nobody, ownedBy, RLS_SETTING, rlsRecipe, setAccount, sharedWith, through };
/** Sends one statement; answers the rows it returns. The only thing asked of a database client. */
export type RunSql = (text: string, values: readonly SqlValue[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;
export type SqlValue = string | number | bigint | boolean | null | Uint8Array;
/** A table whose rows belong to accounts. */
export interface OwnedOptions<Row> {
    readonly table: string;
    /** Key column; `id` unless told. */
    readonly id?: keyof Row & string;
    /** All columns to read, the key among them. */
    readonly columns: readonly (keyof Row & string)[];
    /** Whose a row is; or one rule for reading and one for changing, removing and making. */
    readonly rule: Rule | {
        readonly read: Rule;
        readonly write: Rule;
    };
    /** `uuid` refuses everything else at the edge; `any` binds what comes. */
    readonly ids?: 'uuid' | 'any';
}
/** Where a table lives. */
export interface OwnedParts {
    readonly run: RunSql;
    readonly dialect: 'sqlite' | 'postgres';
    /** Hears of unscoped handles. */
    readonly audit: UnscopedWitness;
}
/** Which rows to list: those whose columns equal, in order of the key. */
export interface OwnedQuery<Row> {
    readonly where?: Partial<Row>;
    readonly afterId?: string;
    /** 1 to 1,000; 100 unless told. */
    readonly limit?: number;
}
declare const scope: unique symbol;
/** What one can do with rows. `Scope` tells the compiler whose rows they are. */
export interface Rows<Row, Scope extends 'owned' | 'unscoped'> {
    readonly [scope]?: Scope;
    /** `undefined` when it is absent, somebody else's, or the id is none: nobody learns which. */
    get(id: string): Promise<Row | undefined>;
    /** Those of the ids that are there. */
    many(ids: readonly string[]): Promise<readonly Row[]>;
    list(query?: OwnedQuery<Row>): Promise<readonly Row[]>;
    count(where?: Partial<Row>): Promise<number>;
    /** False when the row's parent is absent or somebody else's. The owner is filled in. */
    create(values: Partial<Row>): Promise<boolean>;
    /** False when nothing was changed: absent, somebody else's, or moved to a parent that is. */
    update(id: string, change: Partial<Row>): Promise<boolean>;
    remove(id: string): Promise<boolean>;
}
/** A table that gives nothing away until it is told whose rows. */
export interface OwnedTable<Row> {
    of(principal: {
        readonly accountId: string;
    }): Rows<Row, 'owned'>;
    /**
     * All owners' rows, for the code that may. The reason is written into the audit log.
     *
     * @throws {ConfigFault} when the reason is shorter than ten characters
     */
    unscoped<const Reason extends string>(reason: WrittenReason<Reason>): Rows<Row, 'unscoped'>;
}
/**
 * Ties ownership to the query: every read, list, count, change and removal carries the rule in its
 * own WHERE, so absent and foreign rows are one answer after one and the same trip.
 *
 * @throws {ConfigFault} when a name is none, or the key is not among the columns
 * @see ASVS 8.2.2, 8.2.3, 8.4.1
 */
export declare function owned<Row extends object>(options: OwnedOptions<Row>, parts: OwnedParts): OwnedTable<Row>;
