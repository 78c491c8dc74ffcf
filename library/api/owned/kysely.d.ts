import type { Kysely } from 'kysely';
import type { Rule } from './rule.ts';
import { type UnscopedWitness, type WrittenReason } from './unscoped.ts';
/** Rules for tables of a Kysely database, by table. */
export type OwnedTables<Db> = {
    readonly [Table in keyof Db & string]?: TableRules<Db[Table]>;
};
/** Whose the rows of one table are. */
export interface TableRules<Row> {
    readonly rule: Rule | {
        readonly read: Rule;
        readonly write: Rule;
    };
    /** Key column; `id` unless told. */
    readonly id?: keyof Row & string;
}
/** What a scoped handle can do: query and change, nothing that could shake the scope off. */
export type ScopedKysely<Db> = Pick<Kysely<Db>, 'selectFrom' | 'insertInto' | 'updateTable' | 'deleteFrom'> & {
    /** All or nothing; the handle inside has the same scope. */
    transaction<T>(work: (scoped: ScopedKysely<Db>) => Promise<T>): Promise<T>;
};
/** A database that gives nothing away until it is told for whom. */
export interface OwnedKysely<Db, Tables extends OwnedTables<Db>> {
    /** The owned tables, and only their rows that this account reaches, in every place of every query. */
    of(principal: {
        readonly accountId: string;
    }): ScopedKysely<Pick<Db, keyof Tables & keyof Db>>;
    /** All owners' rows, for the code that may; the reason is written into the audit log. */
    unscoped<const Reason extends string>(reason: WrittenReason<Reason>): Kysely<Db>;
}
/**
 * Ties ownership to Kysely: whatever query is built, each owned table in it (in FROM, joins,
 * subqueries, CTEs, as the target of a change, in ON CONFLICT) is narrowed to the account's rows
 * when the query is compiled. `clearWhere` or an `or` changes nothing about it.
 *
 * A row's owner is filled in when it is made and cannot be changed. Keep the columns of `through`
 * rules NOT NULL: a foreign parent becomes NULL.
 *
 * @throws {ConfigFault} when a table has rows that are only shared
 * @see ASVS 8.2.2, 8.2.3, 8.4.1
 */
export declare function ownedKysely<Db, const Tables extends OwnedTables<Db>>(database: Kysely<Db>, tables: Tables, parts: {
    readonly audit: UnscopedWitness;
}): OwnedKysely<Db, Tables>;
