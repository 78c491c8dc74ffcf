import type { Readable } from 'node:stream'
import type { Incoming } from '../../http/incoming.ts'
import type { Outcome } from '../../kernel/outcome.ts'
import type { Refusal } from '../../kernel/refusal.ts'

export interface BodyLimit {
  readonly maxBytes: number
  readonly maxRatio?: number
  readonly codings?: readonly string[]
}

/** One aggregate for everything a request makes us hold: wire, multipart parts, inflated bytes. */
export interface BodyBudget {
  readonly maxBytes: number
  readonly wireBytes: number
  readonly inflatedBytes: number
  /** Counts bytes off the wire; a refusal (413) once they are too many. */
  wire(bytes: number): Refusal | undefined
  /** Counts bytes after decompression, against the same maximum and the ratio. */
  inflated(bytes: number): Refusal | undefined
}

export declare function bodyBudget(limit: BodyLimit): BodyBudget
/** Judges the declared length and coding: 413, 415, 400. Before the body. */
export declare function declaredBody(request: Incoming, limit: BodyLimit): Refusal | undefined
/** Reads (and inflates, by Content-Encoding) a body within the budget; stops reading when over. */
export declare function readBody(
  stream: Readable,
  budget: BodyBudget,
  coding?: string,
): Promise<Outcome<Buffer>>
