import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import type { Bounds } from './bounds.ts'
import { pixels } from './picture.ts'
import { onlyZeros, type Source } from './source.ts'
import type { Facts } from './walk.ts'

const HEADERS: ReadonlySet<number> = new Set([12, 40, 52, 56, 64, 108, 124])
const DEPTHS: ReadonlySet<number> = new Set([1, 2, 4, 8, 16, 24, 32])
const RLE8 = 1
const RLE4 = 2
const BITFIELDS = 3
const ALPHABITFIELDS = 6

/** Walks a BMP: its two headers, and that the pixels are where they say and all there is. */
export async function walkBmp(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  const head = await source.read(0, 54)
  if (head.length < 26) return malformed('ends in the header')
  const end = head.readUInt32LE(2)
  const pixelsAt = head.readUInt32LE(10)
  const headerBytes = head.readUInt32LE(14)
  if (!HEADERS.has(headerBytes) || 14 + headerBytes > pixelsAt) return malformed('the header')
  if (end > source.size || pixelsAt >= end) return malformed('the file length in the header')
  const old = headerBytes === 12
  if (!old && head.length < 54) return malformed('ends in the header')
  const width = old ? head.readUInt16LE(18) : head.readInt32LE(18)
  const height = old ? head.readUInt16LE(20) : Math.abs(head.readInt32LE(22))
  const planes = head.readUInt16LE(old ? 22 : 26)
  const depth = head.readUInt16LE(old ? 24 : 28)
  const packing = old ? 0 : head.readUInt32LE(30)
  if (planes !== 1 || !DEPTHS.has(depth) || width < 0) return malformed('planes, depth or width')
  const fault = pixels(width, height, bounds.image)
  if (fault) return fault
  if (packing === RLE8 || packing === RLE4) {
    if (depth !== (packing === RLE8 ? 8 : 4)) return malformed('the compression')
  } else {
    if (packing !== 0 && packing !== BITFIELDS && packing !== ALPHABITFIELDS) {
      return malformed('the compression')
    }
    const bytes = Math.ceil((width * depth) / 32) * 4 * height
    if (pixelsAt + bytes > end) return malformed('fewer pixels than the header says')
    const room = bounds.image.maxMetadataBytes // profiles stand behind the pixels
    if (headerBytes < 124 && end - pixelsAt - bytes > 4) return malformed('bytes after the pixels')
    if (end - pixelsAt - bytes > room) return because(refusals.metadataTooLarge, 'the profile')
  }
  if (!(await onlyZeros(source, end))) return because(refusals.polyglot, 'bytes after the pixels')
  return { width, height }
}
