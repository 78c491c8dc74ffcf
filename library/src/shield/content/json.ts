import type { Outcome } from '../../kernel/outcome.ts'

export interface JsonLimits {
  readonly maxDepth?: number
  /** Members of all objects and elements of all arrays together. */
  readonly maxKeys?: number
  readonly maxStringLength?: number
  readonly maxBytes?: number
}

/** Strict JSON: a subset of what JSON.parse takes, with equal values. Refusals carry pointer and offset. */
export declare function parseJson(input: Uint8Array | string, limits?: JsonLimits): Outcome<unknown>
