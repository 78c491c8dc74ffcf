import { type ServerLimits } from '../../http/server.ts';
/** How large things may get, how many at once, and when this process should rest. */
export interface LimitsOptions {
    /** Connections: deadlines, rates, counts. */
    readonly server?: ServerLimits;
    /** Most bytes of a body by kind: off the wire, and again after decompression. */
    readonly body?: {
        readonly json?: number;
        readonly form?: number;
        readonly multipart?: number;
        readonly default?: number;
        /** Content codings we undo (`gzip`, `deflate`, `br`, `zstd`); empty for none. */
        readonly codings?: readonly string[];
        /** Inflated bytes for each byte off the wire, beyond the first 64 KiB. */
        readonly maxRatio?: number;
    };
    /** Requests at once in this process, how many more may wait, and how long. */
    readonly concurrency?: {
        readonly max?: number;
        readonly queue?: number;
        readonly queueSeconds?: number;
    };
    /** From when on requests are refused to keep the process alive. */
    readonly shed?: {
        readonly maxLoopDelayMs?: number;
        /** Share of the heap's size limit. */
        readonly maxHeapShare?: number;
    };
    /** When this process should be replaced; 0 for never. `jitter` is a share of each mark. */
    readonly recycle?: {
        readonly requests?: number;
        readonly rssBytes?: number;
        readonly jitter?: number;
    };
}
/** The options with every number filled in. */
export interface Limits {
    readonly server: Required<ServerLimits>;
    readonly body: Required<NonNullable<LimitsOptions['body']>>;
    readonly concurrency: Required<NonNullable<LimitsOptions['concurrency']>>;
    readonly shed: Required<NonNullable<LimitsOptions['shed']>>;
    readonly recycle: Required<NonNullable<LimitsOptions['recycle']>>;
}
export declare const LIMITS_DEFAULTS: Limits;
/**
 * Fills in what is not said and judges what is.
 *
 * @throws {ConfigFault} when a number is none, negative, or 0 where that would mean no limit
 * @see ASVS 5.2.1, 13.2.6, 15.2.2
 */
export declare function limits(options?: LimitsOptions): Limits;
