import type { Stores } from '../port/stores.ts';
import { type Migrations } from '../sql/migrations.ts';
export interface SqliteOptions {
    /** The file, made with its directory (readable by its owner only) when absent; or `:memory:`. */
    readonly path: string;
    /** `apply` (default) brings the schema up to date at open; `refuse` throws when it is older. */
    readonly migrate?: 'apply' | 'refuse';
    /** How long one attempt waits for another process's write lock, event loop included. */
    readonly busyMs?: number;
    /** How long a verb waits for that lock in all before it fails with StoreFault. */
    readonly deadlineMs?: number;
}
/**
 * Stores in one SQLite file: for one process, or a few on one machine.
 *
 * @throws {ConfigFault} when the path cannot be opened, or its schema is not one we know
 */
export declare function sqliteStores(options: SqliteOptions): Stores;
/** The schema of one SQLite file, for `bulwark migrate`. */
export declare function sqliteMigrations(options: Pick<SqliteOptions, 'path'>): Migrations;
/**
 * Writes a whole copy of the file as it is now to `to`, while others go on reading and writing; it
 * can be opened in place of the original. Blocks its own event loop: run it in another process.
 *
 * @throws {ConfigFault} when the copy is there already: backups are never overwritten
 */
export declare function sqliteBackup({ path, to }: {
    path: string;
    to: string;
}): Promise<void>;
