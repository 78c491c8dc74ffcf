import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import type { Bounds } from './bounds.ts'
import { type Box, boxes, printable } from './boxes.ts'
import { type Item, itemsOf } from './heif-items.ts'
import { walkMovie } from './mp4.ts'
import { pixels, Tally } from './picture.ts'
import { onlyZeros, type Source } from './source.ts'
import type { Facts } from './walk.ts'

const TOP: ReadonlySet<string> = new Set(['ftyp', 'meta', 'mdat', 'free', 'skip', 'uuid', 'moov'])
/** Items put together from others: their parts carry the coding. */
const DERIVED: ReadonlySet<string> = new Set(['grid', 'iden', 'iovl', 'tmap'])

/** Walks an AVIF: as HEIF, with AV1 pictures in it. */
export function walkAvif(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  return walkHeif(source, bounds, 'av01')
}

/** Walks a HEIC: as HEIF, with HEVC pictures in it. */
export function walkHeic(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  return walkHeif(source, bounds, 'hvc1')
}

/**
 * Walks a HEIF file: boxes to the end, a primary item of the coding, every item's bytes inside the
 * file, every declared size within bounds.
 *
 * @see ISO/IEC 23008-12; AV1 Image File Format §2
 */
async function walkHeif(source: Source, bounds: Bounds, coding: string): Promise<Refusal | Facts> {
  const tally = new Tally(bounds.image)
  const top = await boxes(source, 0, source.size)
  if ('code' in top) return top
  for (const box of top) {
    if (!TOP.has(box.type)) return malformed(`a box ${printable(box.type)} at the top`)
    const counts = box.type === 'free' || box.type === 'skip' || box.type === 'uuid'
    const refusal = counts ? tally.metadata(box.end - box.at) : undefined
    if (refusal) return refusal
  }
  const end = top.at(-1)?.end ?? 0
  if (!(await onlyZeros(source, end))) return because(refusals.polyglot, 'bytes after the last box')
  const metas = top.filter(box => box.type === 'meta')
  const [meta] = metas
  if (meta === undefined || metas.length > 1) return malformed('not one meta box')
  const size = await metaFault(source, meta, coding, bounds, tally)
  if ('code' in size) return size
  const movie = top.find(box => box.type === 'moov')
  const refusal = movie && (await walkMovie(source, movie, bounds, tally))
  return refusal && 'code' in refusal ? refusal : size
}

async function metaFault(
  source: Source,
  meta: Box,
  coding: string,
  bounds: Bounds,
  tally: Tally,
): Promise<Refusal | Facts> {
  const children = await boxes(source, meta.at + 4, meta.end)
  if ('code' in children) return children
  const child = (type: string): Box | undefined => children.find(box => box.type === type)
  const handler = child('hdlr')
  if (!handler || (await text(source, handler.at + 8)) !== 'pict')
    return malformed('no pict handler')
  const items = await itemsOf(source, children)
  if ('code' in items) return items
  const primary = items.all.find(item => item.id === items.primary)
  if (primary === undefined) return malformed('no primary item')
  const coded = (item: Item): boolean => item.type === coding
  if (!coded(primary) && !(DERIVED.has(primary.type) && items.all.some(coded))) {
    return because(refusals.contentMismatch, `the primary item is ${printable(primary.type)}`)
  }
  for (const item of items.all) {
    const refusal = itemFault(item, source.size, tally)
    if (refusal) return refusal
  }
  return canvas(source, child('iprp'), bounds)
}

function itemFault(item: Item, size: number, tally: Tally): Refusal | undefined {
  for (const { at, length } of item.extents) {
    if (at + length > size) return malformed('an item beyond the end')
  }
  const bytes = item.extents.reduce((sum, extent) => sum + extent.length, 0)
  if (item.external) return because(refusals.externalReference, 'an item in another file')
  if (item.type === 'av01' || item.type === 'hvc1') {
    return bytes === 0 ? malformed('an item without bytes') : undefined
  }
  return tally.metadata(bytes)
}

/** Every `ispe` property within bounds; the largest is the canvas. */
async function canvas(
  source: Source,
  properties: Box | undefined,
  bounds: Bounds,
): Promise<Refusal | Facts> {
  const outer = properties ? await boxes(source, properties.at, properties.end) : []
  if ('code' in outer) return outer
  const container = outer.find(box => box.type === 'ipco')
  const inner = container ? await boxes(source, container.at, container.end) : []
  if ('code' in inner) return inner
  let largest = { width: 0, height: 0 }
  for (const box of inner) {
    if (box.type !== 'ispe') continue
    const bytes = await source.read(box.at, 12)
    if (bytes.length < 12 || box.end - box.at !== 12) return malformed('ispe')
    const size = { width: bytes.readUInt32BE(4), height: bytes.readUInt32BE(8) }
    const refusal = pixels(size.width, size.height, bounds.image)
    if (refusal) return refusal
    if (size.width * size.height > largest.width * largest.height) largest = size
  }
  return largest.width === 0 ? malformed('no size of the picture') : largest
}

async function text(source: Source, at: number): Promise<string> {
  return (await source.read(at, 4)).toString('latin1')
}
