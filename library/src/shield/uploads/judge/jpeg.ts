import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import type { Bounds } from './bounds.ts'
import { indexedPictures, MPF } from './mpf.ts'
import { pixels, Tally } from './picture.ts'
import { onlyZeros, type Source, stretch } from './source.ts'
import type { Facts } from './walk.ts'

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const DHT = 0xc4
const DQT = 0xdb
const COM = 0xfe
/** Baseline, extended and progressive, Huffman or arithmetic; lossless and hierarchical are no web. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2, 0xc9, 0xca])

interface Walked {
  readonly end: number
  readonly width: number
  readonly height: number
  /** Where further pictures stand that the file's own index names (CIPA DC-007). */
  readonly more: readonly { readonly at: number; readonly length: number }[]
}

/**
 * Walks a JPEG: every segment, every scan to its end, nothing after EOI but zeros, or pictures that
 * the multi-picture index names (phones keep depth and gain maps so), walked like the first.
 *
 * @see ITU-T T.81 Annex B; CIPA DC-007
 */
export async function walkJpeg(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  const tally = new Tally(bounds.image)
  const first = await pictureAt(source, 0, source.size, bounds, tally)
  if ('code' in first) return first
  let end = first.end
  for (const { at, length } of first.more) {
    if (at < end || at + length > source.size) return malformed('the multi-picture index')
    if (!(await zerosBetween(source, end, at))) return because(refusals.polyglot, 'bytes after EOI')
    const next = await pictureAt(source, at, at + length, bounds, tally)
    if ('code' in next) return next
    end = next.end
  }
  if (!(await onlyZeros(source, end))) return because(refusals.polyglot, 'bytes after EOI')
  return { width: first.width, height: first.height }
}

async function pictureAt(
  source: Source,
  from: number,
  to: number,
  bounds: Bounds,
  tally: Tally,
): Promise<Walked | Refusal> {
  let size: { readonly width: number; readonly height: number } | undefined
  let scans = 0
  let more: Walked['more'] = []
  let at = from + 2
  const start = await source.read(from, 2)
  if (start[0] !== 0xff || start[1] !== SOI) return malformed('no SOI')
  for (;;) {
    const mark = await source.read(at, 4)
    const code = mark[1]
    if (mark[0] !== 0xff || code === undefined || at + 2 > to) return malformed('ends before EOI')
    if (code === 0xff) {
      at += 1
      continue
    }
    if (code === EOI) break
    const length = mark.length === 4 ? mark.readUInt16BE(2) : 0
    if (code < 0xc0 || (code >= 0xd0 && code <= SOI) || length < 2 || at + 2 + length > to) {
      return malformed('a segment')
    }
    const body = await source.read(at + 4, Math.min(length - 2, 65533))
    if (FRAMES.has(code)) {
      if (size !== undefined) return malformed('more than one frame header')
      const frame = frameOf(body, bounds)
      if ('code' in frame) return frame
      size = frame
    } else if (isForeign(code)) return malformed('an unsupported kind of JPEG')
    at += 2 + length
    if (code === SOS) {
      if (size === undefined || body.length < 6) return malformed('a scan before its frame')
      const end = await scanEnd(source, at, to)
      if (end === at) return malformed('an empty scan')
      at = end
      scans += 1
    } else if ((code >= 0xe0 && code <= 0xef) || code === COM) {
      const refusal = tally.metadata(length + 2)
      if (refusal) return refusal
      if (from === 0 && body.toString('latin1', 0, 4) === MPF)
        more = indexedPictures(body, at - length + 2)
    }
  }
  if (size === undefined || scans === 0) return malformed('no picture before EOI')
  return { end: at + 2, width: size.width, height: size.height, more }
}

/** Frame headers that are none of ours, and markers that T.81 reserves. */
function isForeign(code: number): boolean {
  const isFrame = code >= 0xc0 && code <= 0xcf && code !== DHT && code !== 0xcc
  return (
    isFrame ||
    (code >= 0xde && code <= 0xdf) ||
    (code >= 0xf0 && code <= 0xfd) ||
    (code > SOS && code < DQT)
  )
}

function frameOf(body: Buffer, bounds: Bounds): { width: number; height: number } | Refusal {
  const components = body[5] ?? 0
  if (body.length !== 6 + 3 * components) return malformed('the frame header')
  if (components !== 1 && components !== 3 && components !== 4) return malformed('the components')
  const [height, width] = [body.readUInt16BE(1), body.readUInt16BE(3)]
  return pixels(width, height, bounds.image) ?? { width, height }
}

/** Where the entropy-coded data from `at` ends: the first marker that is no stuffing and no RST. */
async function scanEnd(source: Source, at: number, to: number): Promise<number> {
  let pieceAt = at
  let cut = false
  for await (const bytes of stretch(source, at, to)) {
    if (cut && isMarker(bytes[0])) return pieceAt - 1
    for (let ff = bytes.indexOf(0xff); ff !== -1; ff = bytes.indexOf(0xff, ff + 1)) {
      if (ff + 1 < bytes.length && isMarker(bytes[ff + 1])) return pieceAt + ff
    }
    cut = bytes.at(-1) === 0xff
    pieceAt += bytes.length
  }
  return to
}

function isMarker(code: number | undefined): boolean {
  return code !== undefined && code !== 0 && code !== 0xff && !(code >= 0xd0 && code <= 0xd7)
}

async function zerosBetween(source: Source, from: number, to: number): Promise<boolean> {
  for await (const bytes of stretch(source, from, to)) {
    if (bytes.some(byte => byte !== 0)) return false
  }
  return true
}
