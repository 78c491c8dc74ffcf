import type { Audit } from '../../audit/audit.ts';
import { type Outcome } from '../../kernel/outcome.ts';
import type { Random } from '../../kernel/random.ts';
import type { KeyRing } from '../secrets/ring.ts';
import { prismaSealed } from './prisma.ts';
import { progressBar, reseal } from './reseal.ts';
import { sealedRows } from './rows.ts';
import { sqlColumn } from './sql-column.ts';
export type { PrismaSealed } from './prisma.ts';
export type { Resealed, Resealing, ResealOptions, ResealProgress, SealedSource, SealedValue, } from './reseal.ts';
export type { SealedColumn, SealedRows, SealedTable } from './rows.ts';
export type { SendSql, SqlColumn } from './sql-column.ts';
export { prismaSealed, progressBar, reseal, sealedRows, sqlColumn };
export declare const refusals: {
    readonly malformed: {
        readonly code: 'fields.malformed';
        readonly says: 'server.failed';
        readonly status: 500;
    };
    readonly unknownKey: {
        readonly code: 'fields.unknown_key';
        readonly says: 'server.failed';
        readonly status: 500;
    };
    /** Changed, moved to another row, column or table, or sealed by somebody else. */
    readonly tampered: {
        readonly code: 'fields.tampered';
        readonly says: 'server.failed';
        readonly status: 500;
    };
};
/** How a field can be searched for. */
export interface IndexOptions {
    /** Makes spellings that should be found alike equal, such as lower case. Nothing unless told. */
    readonly normalize?: (text: string) => string;
    /** Bits kept of the hash, a multiple of 8 from 16 to 256; 128. Fewer blur who has what. */
    readonly bits?: number;
}
/** One column whose values are sealed. */
export interface Field {
    readonly table: string;
    readonly column: string;
    /**
     * Seals a text for one row.
     *
     * @throws {ConfigFault} when the row has no id, or the text is no well-formed Unicode
     */
    seal(rowId: string, text: string): string;
    /** Answers `fields.malformed`, `fields.unknown_key` or `fields.tampered` when it does not open. */
    open(rowId: string, sealed: string): Outcome<string>;
    /** Sealed anew under today's key; the very same text when it is under it already. */
    reseal(rowId: string, sealed: string): Outcome<string>;
    /** Whether it was sealed under today's key. */
    isCurrent(sealed: string): boolean;
    /** What to store beside it for equality search, under today's key. */
    index(text: string): string;
    /** What to search for: one for each key in the ring, today's first. Use with `IN (…)`. */
    indexes(text: string): readonly string[];
}
/** Makes fields from a ring of root keys. */
export interface Fields {
    /** @throws {ConfigFault} when a name is empty or the index has too few or too many bits */
    field(table: string, column: string, index?: IndexOptions): Field;
}
/** What sealing depends on. */
export interface FieldParts {
    readonly ring: KeyRing;
    readonly random: Random;
    /** Hears of every value that does not open, as `fields.open_refused`. */
    readonly audit?: Pick<Audit, 'record'> | undefined;
}
/**
 * Seals single columns with XAES-256-GCM, so that a stolen database or backup tells nothing, and a
 * sealed value moved to another row, column or table does not open.
 *
 * @see ASVS 11.3.2, 11.3.3, 14.2.6; C2SP XAES-256-GCM
 */
export declare function fields(parts: FieldParts): Fields;
