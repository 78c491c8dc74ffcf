import type { Refusal } from '../kernel/refusal.ts'

/** What of a request must be judged before any framework sees it. NodeIncoming is one. */
export interface RawRequest {
  readonly method: string
  readonly target: string
  /** `1.0`, `1.1`, `2.0`. */
  readonly httpVersion: string
  readonly rawHeaders: readonly string[]
}

export interface FramingOptions {
  readonly maxHeaders?: number
  readonly maxTargetBytes?: number
  /** What else a target may hold; all false unless told. */
  readonly paths?: {
    readonly encodedSlash?: boolean
    readonly encodedPercent?: boolean
    readonly doubleSlash?: boolean
    readonly semicolon?: boolean
    readonly absoluteForm?: boolean
  }
}

export declare function framing(
  options?: FramingOptions,
): (request: RawRequest) => Refusal | undefined
