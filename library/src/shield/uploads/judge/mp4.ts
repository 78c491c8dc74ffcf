import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import { findActive } from './active.ts'
import type { Bounds } from './bounds.ts'
import { type Box, boxes, printable } from './boxes.ts'
import { pixels, Tally } from './picture.ts'
import { onlyZeros, part, type Source } from './source.ts'
import type { Facts } from './walk.ts'

const MEDIA: ReadonlySet<string> = new Set(['ftyp', 'moov', 'mdat', 'moof', 'sidx', 'mfra', 'styp'])
const PADDING: ReadonlySet<string> = new Set([
  'free',
  'skip',
  'wide',
  'uuid',
  'meta',
  'emsg',
  'prft',
  'pdin',
])
const CONTAINERS: ReadonlySet<string> = new Set([
  'moov',
  'trak',
  'mdia',
  'minf',
  'dinf',
  'stbl',
  'edts',
  'mvex',
])
const MAX_DEPTH = 8
const SELF_CONTAINED = 1

/**
 * Walks an MP4: boxes to the end, a movie with a track, sample data, nothing that lives in another
 * file. The coded pictures themselves are not looked into.
 *
 * @see ISO/IEC 14496-12
 */
export async function walkMp4(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  const tally = new Tally({ ...bounds.image, maxFrames: Number.POSITIVE_INFINITY })
  const top = await boxes(source, 0, source.size)
  if ('code' in top) return top
  for (const box of top) {
    if (MEDIA.has(box.type)) continue
    if (!PADDING.has(box.type)) return malformed(`a box ${printable(box.type)} at the top`)
    const refusal = tally.metadata(box.end - box.at) ?? (await wordsFault(source, box))
    if (refusal) return refusal
  }
  if (!(await onlyZeros(source, top.at(-1)?.end ?? 0))) {
    return because(refusals.polyglot, 'bytes after the last box')
  }
  const movies = top.filter(box => box.type === 'moov')
  const [movie] = movies
  if (movie === undefined || movies.length > 1) return malformed('not one moov box')
  if (!top.some(box => box.type === 'mdat')) return malformed('no mdat box')
  return (await wordsFault(source, movie)) ?? walkMovie(source, movie, bounds, tally)
}

/** Walks the tracks of a movie, or of a picture sequence. */
export async function walkMovie(
  source: Source,
  movie: Box,
  bounds: Bounds,
  tally: Tally,
): Promise<Refusal | Facts> {
  let size = { width: 0, height: 0 }
  let tracks = 0
  const pending: { readonly box: Box; readonly depth: number }[] = [{ box: movie, depth: 0 }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { box, depth } = next
    if (CONTAINERS.has(box.type)) {
      if (depth > MAX_DEPTH) return malformed('boxes too deep')
      if (box.type === 'trak') tracks += 1
      const inner = await boxes(source, box.at, box.end)
      if ('code' in inner) return inner
      pending.push(...inner.map(child => ({ box: child, depth: depth + 1 })))
    } else if (box.type === 'tkhd') {
      const track = await trackSize(source, box)
      if (track === undefined) return malformed('tkhd')
      const refusal =
        track.width === 0 ? undefined : pixels(track.width, track.height, bounds.image)
      if (refusal) return refusal
      if (track.width * track.height > size.width * size.height) size = track
    } else {
      const refusal =
        box.type === 'dref'
          ? await referenceFault(source, box)
          : await samplesFault(source, box, tally)
      if (refusal) return refusal
    }
  }
  if (tracks === 0) return malformed('no track')
  return size.width === 0 ? {} : size
}

/** Width and height of a track header, 16.16 fixed point at its end; zero for sound. */
async function trackSize(
  source: Source,
  box: Box,
): Promise<{ width: number; height: number } | undefined> {
  const bytes = await source.read(box.at, 96)
  const version = bytes[0] ?? 0
  const at = version === 1 ? 88 : 76
  if (version > 1 || box.end - box.at !== at + 8 || bytes.length < at + 8) return undefined
  return { width: bytes.readUInt32BE(at) >>> 16, height: bytes.readUInt32BE(at + 4) >>> 16 }
}

/** Data references may only say: in this file. */
async function referenceFault(source: Source, box: Box): Promise<Refusal | undefined> {
  const entries = await boxes(source, box.at + 8, box.end)
  if ('code' in entries) return entries
  for (const entry of entries) {
    const flags = (await source.read(entry.at, 4))[3] ?? 0
    if ((flags & SELF_CONTAINED) === 0) {
      return because(refusals.externalReference, 'media data in another place')
    }
  }
  return undefined
}

/** Counts the samples of a picture sequence as frames. */
async function samplesFault(source: Source, box: Box, tally: Tally): Promise<Refusal | undefined> {
  if (box.type !== 'stsz') return undefined
  const bytes = await source.read(box.at, 12)
  if (bytes.length < 12) return malformed('stsz')
  return tally.frame(bytes.readUInt32BE(8))
}

/** Names, comments and covers stand in a movie's head: nothing active in them. */
async function wordsFault(source: Source, box: Box): Promise<Refusal | undefined> {
  return findActive(part(source, box.at, box.end - box.at))
}
