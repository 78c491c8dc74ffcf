import type { Rows } from './owned.ts';
import { type Rule } from './rule.ts';
import { type UnscopedWitness, type WrittenReason } from './unscoped.ts';
/** A piece of SQL as Drizzle's `sql` makes it. */
export interface DrizzleSql {
    getSQL(): unknown;
}
/**
 * What is used of `drizzle-orm`, by shape; pass the module: `import * as drizzle from 'drizzle-orm'`.
 * Its types are not imported, because they do not pass a strict compiler.
 */
export interface DrizzleTools {
    readonly sql: {
        (text: TemplateStringsArray, ...values: unknown[]): DrizzleSql;
        raw(text: string): DrizzleSql;
        identifier(name: string): unknown;
        param(value: unknown, column: never): unknown;
        join(parts: never[]): DrizzleSql;
    };
    getTableName(table: never): string;
    getTableColumns(table: never): object;
}
/** A Drizzle table, by shape. */
export interface DrizzleTable {
    readonly $inferSelect: object;
    readonly $inferInsert: object;
}
/** What is used of a Drizzle database, by shape: PostgreSQL and SQLite in all their drivers. */
export interface DrizzleDatabase {
    select(): {
        from(table: never): unknown;
    };
    select(fields: never): {
        from(table: never): unknown;
    };
    insert(table: never): {
        values(values: never): unknown;
    };
    update(table: never): {
        set(values: never): unknown;
    };
    delete(table: never): unknown;
}
/** Whose the rows of a Drizzle table are. */
export interface DrizzleRules<Columns> {
    readonly rule: Rule | {
        readonly read: Rule;
        readonly write: Rule;
    };
    /** Property of the key column; `id` unless told. */
    readonly id?: keyof Columns & string;
    /** `uuid` refuses everything else at the edge; `any` binds what comes. */
    readonly ids?: 'uuid' | 'any';
}
/** Rows of a Drizzle table; `find` takes any further condition of Drizzle. */
export interface DrizzleRows<Row, New, Scope extends 'owned' | 'unscoped'> extends Omit<Rows<Row, Scope>, 'create'> {
    find(where: DrizzleSql, query?: {
        readonly orderBy?: DrizzleSql;
        readonly limit?: number;
    }): Promise<readonly Row[]>;
    create(values: Partial<New>): Promise<boolean>;
}
/** A table that gives nothing away until it is told whose rows. */
export interface OwnedDrizzle<Row, New> {
    of(principal: {
        readonly accountId: string;
    }): DrizzleRows<Row, New, 'owned'>;
    /** All owners' rows, for the code that may; the reason is written into the audit log. */
    unscoped<const Reason extends string>(reason: WrittenReason<Reason>): DrizzleRows<Row, New, 'unscoped'>;
}
/**
 * Ties ownership to a Drizzle table, as `owned` does for plain SQL. Keep the columns of `through`
 * rules NOT NULL: a foreign parent becomes NULL, and the row is refused.
 *
 * @throws {ConfigFault} when the table lacks the key or the owner, or has rows that are only shared
 * @see ASVS 8.2.2, 8.2.3, 8.4.1
 */
export declare function ownedDrizzle<T extends DrizzleTable>(database: DrizzleDatabase, table: T, rules: DrizzleRules<T['$inferSelect']>, parts: {
    readonly drizzle: DrizzleTools;
    readonly audit: UnscopedWitness;
}): OwnedDrizzle<T['$inferSelect'], T['$inferInsert']>;
