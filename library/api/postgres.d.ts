import type { Pool } from 'pg';
import type { Stores } from '../port/stores.ts';
import { type Migrations } from '../sql/migrations.ts';
import { type SealedCounts } from './sealed.ts';
export type { Migrations } from '../sql/migrations.ts';
export type { SealedCount, SealedCounts } from './sealed.ts';
export interface PostgresOptions {
    /** Your own pool (`pg` 8.16 or newer, PostgreSQL 15 or newer); you close it. */
    readonly pool?: Pool;
    /** Or an address, `postgres://…`: the pool is then made and closed here. */
    readonly connectionString?: string;
    /** Connections of a pool made here. */
    readonly maxConnections?: number;
    /** `refuse` (default) throws when the schema is older; `apply` brings it up to date first. */
    readonly migrate?: 'apply' | 'refuse';
    /** How long a verb may take before it fails with StoreFault; 3 seconds unless told. */
    readonly deadlineMs?: number;
    /** Verbs that may wait for a connection at once; more fail at once. */
    readonly maxPending?: number;
    /** False behind a pooler that cannot carry named statements (PgBouncer before 1.21). */
    readonly prepare?: boolean;
}
/**
 * Stores in PostgreSQL, for any number of nodes.
 *
 * @throws {ConfigFault} when neither or both of pool and address are given, or the schema is not
 * one this version knows
 * @throws {StoreFault} when the database cannot be reached
 */
export declare function postgresStores(options: PostgresOptions): Promise<Stores>;
/** The schema of one PostgreSQL database, for `bulwark migrate`. */
export declare function postgresMigrations(options: Pick<PostgresOptions, 'pool' | 'connectionString'>): Promise<Migrations & {
    close(): Promise<void>;
}>;
/**
 * How many sealed values stand under each key, in every table of the database, for `bulwark keys report`.
 *
 * @throws {StoreFault} when the database cannot be reached
 */
export declare function postgresSealed(options: Pick<PostgresOptions, 'pool' | 'connectionString'>): Promise<SealedCounts>;
