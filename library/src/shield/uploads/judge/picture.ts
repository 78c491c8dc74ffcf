import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import type { ImageBounds } from './bounds.ts'

/** Judges a canvas or a frame before anybody decodes it. */
export function pixels(width: number, height: number, bounds: ImageBounds): Refusal | undefined {
  if (width === 0 || height === 0) return malformed('a picture without width or height')
  if (width * height > bounds.maxPixels) {
    return because(
      refusals.pixelBomb,
      `${width} x ${height} pixels where ${bounds.maxPixels} are the most`,
    )
  }
  return undefined
}

/** Counts frames and the bytes that are not picture. */
export class Tally {
  readonly #bounds: ImageBounds
  #frames = 0
  #metadata = 0

  constructor(bounds: ImageBounds) {
    this.#bounds = bounds
  }

  get frames(): number {
    return this.#frames
  }

  frame(count = 1): Refusal | undefined {
    this.#frames += count
    if (this.#frames <= this.#bounds.maxFrames) return undefined
    return because(refusals.bomb, `more than ${this.#bounds.maxFrames} frames`)
  }

  metadata(bytes: number): Refusal | undefined {
    this.#metadata += bytes
    if (this.#metadata <= this.#bounds.maxMetadataBytes) return undefined
    return because(
      refusals.metadataTooLarge,
      `more than ${this.#bounds.maxMetadataBytes} bytes of metadata`,
    )
  }

  /** How many bytes of metadata may still come. */
  get room(): number {
    return this.#bounds.maxMetadataBytes - this.#metadata
  }
}
