import type { ServerLimits } from '../../http/server.ts'

export interface LimitsOptions {
  readonly server?: ServerLimits
  /** Most bytes of a body by media type; `default` for the rest. Wire bytes and inflated bytes alike. */
  readonly body?: {
    readonly json?: number
    readonly form?: number
    readonly multipart?: number
    readonly default?: number
    /** Content codings we undo: gzip, deflate, br, zstd; [] for none. */
    readonly codings?: readonly string[]
    /** Inflated bytes per wire byte, beyond the first 64 KiB. */
    readonly maxRatio?: number
  }
  readonly concurrency?: {
    readonly max?: number
    readonly queue?: number
    readonly queueSeconds?: number
  }
  readonly shed?: { readonly maxLoopDelayMs?: number; readonly maxHeapShare?: number }
  readonly recycle?: {
    readonly requests?: number
    readonly rssBytes?: number
    readonly jitter?: number
  }
}

/** The options with every number filled in. */
export interface Limits {
  readonly server: Required<ServerLimits>
  readonly body: Required<NonNullable<LimitsOptions['body']>>
  readonly concurrency: Required<NonNullable<LimitsOptions['concurrency']>>
  readonly shed: Required<NonNullable<LimitsOptions['shed']>>
  readonly recycle: Required<NonNullable<LimitsOptions['recycle']>>
}

export declare function limits(options?: LimitsOptions): Limits
