import type { Clock } from '../kernel/clock.ts';
import type { Keys } from '../kernel/keys.ts';
import type { Random } from '../kernel/random.ts';
import type { AuditEntry, AuditLog, AuditQuery } from '../store/port/audit-log.ts';
import { checkpointFile, readCheckpoints } from './checkpoint-file.ts';
import type { Checkpoint, CheckpointShelf } from './checkpoints.ts';
import type { AuditEvent } from './event.ts';
import { events } from './events.ts';
import { exported } from './export.ts';
import { jsonlFile, rowOfJsonl } from './jsonl-file.ts';
import { type AuditRecord, recordOf } from './record.ts';
import { isRecorded, refusalEvent } from './refusal-event.ts';
import { type AuditOptions } from './settings.ts';
import { type AuditSink } from './sink.ts';
import { rowsOf, verifyLog } from './verify.ts';
export type { Checkpoint, CheckpointShelf } from './checkpoints.ts';
export type { Keeping } from './entry.ts';
export type { AuditDetail, AuditEvent, AuditRequest } from './event.ts';
export type { CatalogueCode, EventCode, Severity } from './events.ts';
export type { ExportFormat } from './export.ts';
export type { AuditRecord } from './record.ts';
export type { AuditOptions } from './settings.ts';
export type { AuditSink } from './sink.ts';
export type { Finding, FindingKind, Verdict, VerifyParts } from './verify.ts';
export { checkpointFile, events, exported, isRecorded, jsonlFile, readCheckpoints, recordOf, refusalEvent, rowOfJsonl, rowsOf, verifyLog, };
/** What the log lives on. */
export interface AuditParts {
    readonly log: AuditLog;
    readonly keys: Keys;
    readonly clock: Clock;
    readonly random: Random;
    /** Where signed checkpoints are kept, such as `checkpointFile(path)`. */
    readonly checkpoints?: CheckpointShelf | undefined;
    /** Second places for the log, such as `jsonlFile(path)`. */
    readonly sinks?: readonly AuditSink[] | undefined;
}
/** Writes down what happens. */
export interface Audit {
    /** Makes an entry for `along.events` of a store's verb: written with the change or not at all. */
    entry(event: AuditEvent): AuditEntry;
    /** Takes an event and returns at once. Written in order, at once or within ten milliseconds. */
    record(event: AuditEvent): void;
    /** Resolves when the disk has it and everything recorded before it. @throws {StoreFault} */
    recordDurable(event: AuditEvent): Promise<void>;
    /** Waits for the disk if the event is one of `failClosed`, and not at all if not. @throws {StoreFault} */
    recordByPolicy(event: AuditEvent): Promise<void>;
    /** Reads the log, newest first unless asked otherwise. @throws {StoreFault} */
    read(query: AuditQuery): Promise<readonly AuditRecord[]>;
    /**
     * Takes the personal data of an account out of the log and writes down that it did; the chain
     * stays whole. Answers how many rows it touched. @throws {StoreFault}
     */
    erase(accountId: string, by?: Pick<AuditEvent, 'actorId' | 'request'>): Promise<number>;
    /**
     * Drops rows older than `days` that every sink has, in a way that leaves the rest verifiable.
     * Answers how many. @throws {StoreFault}
     */
    retain(days: number): Promise<number>;
    /**
     * What is due by the options: drops what is older than `retentionDays`, once a day in each
     * process. Answers how many rows went. @throws {StoreFault}
     */
    tidy(): Promise<number>;
    /** Signs the end of the log now; `undefined` when there is nothing new or no shelf. */
    checkpoint(): Promise<Checkpoint | undefined>;
    /** Resolves when the sinks have all rows, or have failed to take them. */
    forwarded(): Promise<void>;
    /** Calls `listener` after rows were written; answers how to stop that. For streams and sinks. */
    onWritten(listener: () => void): () => void;
    /** Resolves when everything recorded so far is written. @throws {StoreFault} */
    flush(): Promise<void>;
    /** Writes what waits, signs the end, lets go of the sinks; takes nothing more. @throws {StoreFault} */
    close(): Promise<void>;
    /** Events that wait for the log now, and those lost to a full queue since the start. */
    health(): {
        readonly waiting: number;
        readonly lost: number;
    };
}
/**
 * The audit log: every event on one line, linked by a keyed hash to the one before it.
 *
 * @throws {ConfigFault} when an option is not what its type says, or `failClosed` names no code
 * @see ASVS 16.2.1, 16.3.1, 16.4.2, 16.5.3
 */
export declare function audit(options: AuditOptions, parts: AuditParts): Audit;
