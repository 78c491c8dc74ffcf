import { createHash, type Hash, hash } from 'node:crypto'
import type { Draft } from './storage.ts'

/** Files up to this size stay in memory until they are judged: most refused ones never see the disk. */
const MEMORY_BYTES = 64 * 1024
/** So many bytes go to the disk in one call. */
const BATCH_BYTES = 1024 * 1024

/** Told when bytes have gone to the disk, or that they could not. */
export interface SpoolListener {
  drained(): void
  failed(error: unknown): void
}

/** Takes one file as it arrives: into memory while it is small, then into a draft. */
export class Spool {
  readonly #begin: () => Promise<Draft>
  readonly #listener: SpoolListener
  readonly #isSummed: boolean
  #isLarge = false
  #bytes = 0
  #memory: Buffer = Buffer.alloc(0)
  #memoryUsed = 0
  #hash: Hash | undefined
  #queue: Buffer[] = []
  readonly #ours = new WeakSet<Buffer>()
  #pending = 0
  #draft: Draft | undefined
  #writing: Promise<void> | undefined
  #failure: unknown
  #discarded = false

  /** @param sum `none` is for measuring what the sum costs; such a file cannot be kept */
  constructor(
    begin: () => Promise<Draft>,
    listener: SpoolListener,
    sum: 'sha256' | 'none' = 'sha256',
  ) {
    this.#begin = begin
    this.#listener = listener
    this.#isSummed = sum === 'sha256'
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Bytes that are not on the disk yet and should be. */
  get pending(): number {
    return this.#pending
  }

  /** @param isOurs that nobody else has the piece, and its memory may be given back */
  take(piece: Buffer, isOurs = false): void {
    this.#bytes += piece.length
    if (isOurs) this.#ours.add(piece)
    if (!this.#isLarge) {
      if (this.#bytes <= MEMORY_BYTES) {
        this.#remember(piece)
        return
      }
      this.#isLarge = true
      if (this.#isSummed) this.#hash = createHash('sha256')
      if (this.#memoryUsed > 0) this.#enqueue(this.#memory.subarray(0, this.#memoryUsed))
      this.#memory = Buffer.alloc(0)
    }
    this.#enqueue(piece)
  }

  /** One piece is kept as it is; more are copied together, so that drops keep no lakes alive. */
  #remember(piece: Buffer): void {
    if (this.#memoryUsed === 0) {
      this.#memory = piece
      this.#memoryUsed = piece.length
      return
    }
    const needed = this.#memoryUsed + piece.length
    if (needed > this.#memory.length || this.#memory.length === this.#memoryUsed) {
      const room = Math.min(MEMORY_BYTES, Math.max(1024, 2 * needed))
      const larger = Buffer.allocUnsafe(room)
      this.#memory.copy(larger, 0, 0, this.#memoryUsed)
      this.#memory = larger
    }
    piece.copy(this.#memory, this.#memoryUsed)
    this.#memoryUsed = needed
  }

  #enqueue(piece: Buffer): void {
    this.#hash?.update(piece)
    this.#queue.push(piece)
    this.#pending += piece.length
    this.#writing ??= this.#write().catch((error: unknown) => {
      this.#failure = error
      this.#listener.failed(error)
    })
  }

  async #write(): Promise<void> {
    this.#draft ??= await this.#begin()
    while (this.#queue.length > 0 && !this.#discarded) {
      let bytes = 0
      let count = 0
      for (const piece of this.#queue) {
        if (count > 0 && bytes + piece.length > BATCH_BYTES) break
        bytes += piece.length
        count += 1
      }
      const pieces = this.#queue.splice(0, count)
      await this.#draft.write(pieces)
      if (this.#draft.isDoneWithPieces === true) this.#giveBack(pieces)
      this.#pending -= bytes
      this.#listener.drained()
    }
    this.#writing = undefined
  }

  /**
   * Decision: memory of pieces that are on the disk is freed at once, because the collector lets some
   * 60 MiB of them gather first. Cost: who reads a piece in spite of all finds it empty.
   */
  #giveBack(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      const { buffer } = piece
      // A piece that is a part of something is not ours alone: the rest may be another file's.
      const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === piece.length
      if (isWhole && this.#ours.has(piece)) buffer.transfer(0)
    }
  }

  /** The whole file, when it was small enough to stay in memory. */
  get memory(): Buffer | undefined {
    return this.#isLarge ? undefined : this.#memory.subarray(0, this.#memoryUsed)
  }

  /** Lower-case hex, after the last piece. */
  sha256(): string {
    if (this.#hash !== undefined) return this.#hash.digest('hex')
    if (this.#isLarge) throw new Error('this file has no sum')
    return hash('sha256', this.#memory.subarray(0, this.#memoryUsed), 'hex')
  }

  /** The draft with everything that came. What was in memory goes there now; call it once. */
  async draft(): Promise<Draft> {
    await this.#writing
    if (this.#failure !== undefined) throw this.#failure
    const memory = this.memory
    this.#draft ??= await this.#begin()
    if (memory !== undefined) await this.#draft.write([memory])
    return this.#draft
  }

  async discard(): Promise<void> {
    this.#discarded = true
    this.#queue = []
    await this.#writing
    await this.#draft?.discard()
  }
}
