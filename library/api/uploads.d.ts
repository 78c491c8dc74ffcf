import { type Outcome } from '../../kernel/outcome.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import { contentDisposition, type Disposition } from './give/disposition.ts';
import { type Download, type DownloadRequest } from './give/serve.ts';
import { type FileVerdict, judgeFile } from './judge/judge-file.ts';
import { diskStorage } from './keep/disk.ts';
import type { StoredFile } from './keep/storage.ts';
import { judgeFileName, repairFileName } from './names/file-name.ts';
import { type OpenedFile, type OpenMode, openWithin } from './names/open-within.ts';
import { judgePath } from './names/path.ts';
import { type UploadsOptions, type UploadsSettings } from './options.ts';
import { clamav } from './receive/clamav.ts';
import { type Body } from './receive/feed.ts';
import { type Fields, type Received, type WireBudget } from './receive/reception.ts';
import { sharpRewriter } from './receive/sharp.ts';
import { stripMetadata } from './receive/strip.ts';
import { refusals } from './refusals.ts';
export type { DiskOptions } from './keep/disk.ts';
export type { Draft, FileStorage, Quota, StoredFile, Usage } from './keep/storage.ts';
export type { DownloadOptions, UploadsOptions, UploadsSettings } from './options.ts';
export type { PolicyOptions } from './policy.ts';
export type { Body } from './receive/feed.ts';
export type { Fields, Received, ReceivedFile, WireBudget } from './receive/reception.ts';
export type { RequestBounds } from './receive/request-bounds.ts';
export type { RewriteInput, Rewriter } from './receive/rewrite.ts';
export type { ScanInput, Scanner, ScanVerdict } from './receive/scan.ts';
export type { Disposition, Download, DownloadRequest, FileVerdict, OpenedFile, OpenMode };
export { clamav, contentDisposition, diskStorage, judgeFile, judgeFileName, judgePath, openWithin, refusals, repairFileName, sharpRewriter, stripMetadata, };
/** One request to upload, as any framework can show it. `Incoming` has `header` already. */
export interface UploadRequest {
    header(name: string): string | undefined;
    readonly body: Body;
    /** Whose the files will be. */
    readonly owner: string;
    /** Aborted when the client is gone, where the body itself does not tell. */
    readonly signal?: AbortSignal;
    /** Counts the same bytes for the limits of the whole request. */
    readonly budget?: WireBudget;
    /**
     * Asked when everything is there and nothing is kept yet: the last word on a form, such as a token
     * against forgery in one of its fields.
     */
    admit?(fields: Fields): Refusal | undefined;
}
export interface LinkOptions {
    readonly disposition?: Disposition;
    readonly seconds?: number;
    /** Who alone may use it. */
    readonly holder?: string;
}
export interface Uploads {
    /** Receives `multipart/form-data`: all of its files are kept, or none. */
    receive(request: UploadRequest): Promise<Outcome<Received>>;
    /** The owner's own file; `uploads.absent` for everybody else's. */
    find(owner: string, id: string): Promise<Outcome<StoredFile>>;
    /** Newest first. */
    list(owner: string): Promise<readonly StoredFile[]>;
    /** `uploads.absent` unless it was there, was the owner's, and nobody else was faster. */
    remove(owner: string, id: string): Promise<Outcome<void>>;
    /** The owner's own file, as a safe download. */
    serve(owner: string, id: string, request: DownloadRequest): Promise<Outcome<Download>>;
    /** `<download.origin><path>?…`: the address of one file for a short while. */
    link(file: StoredFile, path: string, options?: LinkOptions): string;
    /** The file that a signed link leads to. `query` is what follows the `?`. */
    serveLink(id: string, query: string, request: DownloadRequest, holder?: string): Promise<Outcome<Download>>;
    /** The options with everything filled in. */
    readonly settings: UploadsSettings;
    /** Waits until nothing of refused uploads is left. */
    settled(): Promise<void>;
    /** As `settled`, and lets go of the storage. */
    close(): Promise<void>;
}
/**
 * Takes files in and gives them back: the bytes decide what a file is, the disk never fills, the
 * download never runs.
 *
 * @throws {ConfigFault} for a setting that cannot be meant
 * @see ASVS 5.1.1, 5.2.2; OWASP File Upload Cheat Sheet
 */
export declare function uploads(options: UploadsOptions): Uploads;
