import { createHash } from 'node:crypto'
import type { Draft } from '../keep/storage.ts'

/** What a rewriter gets to see: a whole file that was judged and accepted. */
export interface RewriteInput {
  readonly path: string
  readonly bytes: number
  readonly type: string
  /** Up to `length` bytes from `at`. */
  read(at: number, length: number): Promise<Buffer>
  readonly signal: AbortSignal
}

/**
 * Makes a new file of the same type out of an accepted one: re-encoded, or without metadata. What
 * comes out is judged like what came in. `undefined` leaves the file as it is; a throw refuses it.
 */
export type Rewriter = (
  input: RewriteInput,
) => AsyncIterable<Uint8Array> | undefined | Promise<AsyncIterable<Uint8Array> | undefined>

export interface Rewritten {
  readonly draft: Draft
  readonly bytes: number
  readonly sha256: string
}

/** Writes what a rewriter gives into a draft of its own; stops after `maxBytes`. */
export async function spooled(
  pieces: AsyncIterable<Uint8Array>,
  draft: Draft,
  maxBytes: number,
): Promise<Rewritten> {
  const sum = createHash('sha256')
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > maxBytes) throw new Error(`the rewritten file has more than ${maxBytes} bytes`)
    sum.update(piece)
    await draft.write([Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)])
  }
  return { draft, bytes, sha256: sum.digest('hex') }
}
