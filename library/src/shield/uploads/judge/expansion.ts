import type { Refusal } from '../../../kernel/refusal.ts'
import { because, refusals } from '../refusals.ts'
import type { ArchiveBounds } from './bounds.ts'

/** A short text may repeat itself; only what grows beyond this is measured by its ratio. */
const RATIO_FROM_BYTES = 100 * 1024

/** What has come out of everything compressed in one file, all depths together. */
export class Expansion {
  readonly #bounds: ArchiveBounds
  #bytes = 0
  #entries = 0

  constructor(bounds: ArchiveBounds) {
    this.#bounds = bounds
  }

  /** Most bytes that may come out in all. */
  get left(): number {
    return Math.max(0, this.#bounds.maxExpandedBytes - this.#bytes)
  }

  /** Most bytes that may come out of `packed` bytes now. */
  room(packed: number): number {
    return Math.min(this.left, Math.max(RATIO_FROM_BYTES, packed * this.#bounds.maxRatio))
  }

  /** Counts what came out. */
  spend(bytes: number): void {
    this.#bytes += bytes
  }

  /** Counts entries. */
  enter(entries: number): Refusal | undefined {
    this.#entries += entries
    if (this.#entries <= this.#bounds.maxEntries) return undefined
    return because(refusals.archiveEntries, `more than ${this.#bounds.maxEntries} entries`)
  }

  tooMuch(what: string): Refusal {
    const { maxExpandedBytes, maxRatio } = this.#bounds
    return because(
      refusals.bomb,
      `${what} expands beyond ${maxExpandedBytes} bytes in all or ${maxRatio} to 1`,
    )
  }
}
