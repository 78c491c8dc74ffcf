import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import type { Bounds } from './bounds.ts'
import { pixels, Tally } from './picture.ts'
import { onlyZeros, type Source } from './source.ts'
import type { Facts } from './walk.ts'

const EXTENSION = 0x21
const IMAGE = 0x2c
const TRAILER = 0x3b

/**
 * Walks a GIF: every block and sub-block up to the trailer.
 *
 * @see GIF89a §11 to §27
 */
export async function walkGif(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  const tally = new Tally(bounds.image)
  const head = await source.read(0, 13)
  if (head.length < 13) return malformed('ends in the header')
  const [width, height] = [head.readUInt16LE(6), head.readUInt16LE(8)]
  let at = 13 + tableBytes(head[10] ?? 0)
  for (;;) {
    const block = await source.read(at, 11)
    const kind = block[0]
    if (kind === TRAILER) break
    if (kind === EXTENSION) {
      if (block.length < 2) return malformed('ends in an extension')
      const end = await skipBlocks(source, at + 2)
      if (end === undefined) return malformed('ends in an extension')
      const refusal = tally.metadata(end - at)
      if (refusal) return refusal
      at = end
    } else if (kind === IMAGE) {
      if (block.length < 11) return malformed('ends in an image descriptor')
      const refusal =
        tally.frame() ?? pixels(block.readUInt16LE(5), block.readUInt16LE(7), bounds.image)
      if (refusal) return refusal
      const dataAt = at + 10 + tableBytes(block[9] ?? 0)
      const codeSize = (await source.read(dataAt, 1))[0] ?? 0
      if (codeSize < 2 || codeSize > 8) return malformed('code size of a frame')
      const end = await skipBlocks(source, dataAt + 1)
      if (end === undefined || end === dataAt + 2) return malformed('data of a frame')
      at = end
    } else return malformed(kind === undefined ? 'ends before the trailer' : 'an unknown block')
  }
  if (tally.frames === 0) return malformed('no frame')
  if (!(await onlyZeros(source, at + 1)))
    return because(refusals.polyglot, 'bytes after the trailer')
  return pixels(width, height, bounds.image) ?? { width, height }
}

function tableBytes(flags: number): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0
}

/** Goes over sub-blocks from `at` and answers where they end, or `undefined` beyond the file. */
async function skipBlocks(source: Source, at: number): Promise<number | undefined> {
  let from = at
  let window = await source.read(from, 4096)
  let windowAt = from
  for (;;) {
    let length = window[from - windowAt]
    if (length === undefined) {
      window = await source.read(from, 4096)
      windowAt = from
      length = window[0]
    }
    if (length === undefined) return undefined
    from += 1 + length
    if (length === 0) return from
  }
}
