import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import type { Bounds } from './bounds.ts'
import { pixels, Tally } from './picture.ts'
import { onlyZeros, type Source } from './source.ts'
import type { Facts } from './walk.ts'

interface Chunk {
  readonly id: string
  readonly at: number
  readonly length: number
}

interface Size {
  readonly width: number
  readonly height: number
}

const ANIMATED = 0x02

/**
 * Walks a WebP: the RIFF length is the file's, chunks fill it, the picture's own header agrees with
 * the canvas.
 *
 * @see RFC 9649 §2
 */
export async function walkWebp(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  const head = await source.read(0, 12)
  if (head.length < 12) return malformed('ends in the header')
  const end = 8 + head.readUInt32LE(4)
  if (end > source.size) return malformed('the RIFF length goes beyond the end')
  const chunks = await chunksOf(source, 12, end)
  if ('code' in chunks) return chunks
  const tally = new Tally(bounds.image)
  const first = chunks[0]
  const size =
    first?.id === 'VP8X'
      ? await extended(source, chunks, bounds, tally)
      : await simple(source, chunks, bounds)
  if ('code' in size) return size
  if (!(await onlyZeros(source, end))) return because(refusals.polyglot, 'bytes after the RIFF')
  return size
}

async function chunksOf(
  source: Source,
  from: number,
  end: number,
): Promise<readonly Chunk[] | Refusal> {
  const chunks: Chunk[] = []
  for (let at = from; at < end; ) {
    const head = at + 8 <= end ? await source.read(at, 8) : undefined
    if (head?.length !== 8) return malformed('a cut chunk')
    const length = head.readUInt32LE(4)
    if (at + 8 + length > end) return malformed('a chunk beyond the RIFF')
    chunks.push({ id: head.toString('latin1', 0, 4), at: at + 8, length })
    at += 8 + length
    if (length % 2 === 1 && at < end) {
      if ((await source.read(at, 1))[0] !== 0) return malformed('padding that is not zero')
      at += 1
    }
  }
  return chunks
}

async function simple(
  source: Source,
  chunks: readonly Chunk[],
  bounds: Bounds,
): Promise<Size | Refusal> {
  const [picture, ...rest] = chunks
  if (picture === undefined || !isPicture(picture)) return malformed('no picture chunk')
  if (rest.length > 0) return malformed('chunks beside the picture of a simple WebP')
  return sizeOf(source, picture, bounds)
}

async function extended(
  source: Source,
  chunks: readonly Chunk[],
  bounds: Bounds,
  tally: Tally,
): Promise<Size | Refusal> {
  const [header, ...rest] = chunks
  const data = header === undefined ? Buffer.alloc(0) : await source.read(header.at, header.length)
  if (data.length !== 10) return malformed('VP8X')
  const canvas = { width: 1 + data.readUIntLE(4, 3), height: 1 + data.readUIntLE(7, 3) }
  const animated = ((data[0] ?? 0) & ANIMATED) !== 0
  const fault = pixels(canvas.width, canvas.height, bounds.image)
  if (fault) return fault
  let pictures = 0
  for (const chunk of rest) {
    if (chunk.id === 'VP8X') return malformed('more than one VP8X')
    if (isPicture(chunk)) {
      if (animated) return malformed('a still picture in an animation')
      const size = await sizeOf(source, chunk, bounds)
      if ('code' in size) return size
      if (size.width !== canvas.width || size.height !== canvas.height) {
        return malformed('the picture is not of the size of its canvas')
      }
      pictures += 1
    } else if (chunk.id === 'ANMF') {
      const refusal = animated
        ? (tally.frame() ?? (await frameFault(source, chunk, canvas, bounds)))
        : malformed('a frame without animation')
      if (refusal) return refusal
      pictures += 1
    } else if (chunk.id !== 'ALPH') {
      const refusal = tally.metadata(chunk.length + 8)
      if (refusal) return refusal
    }
  }
  if (pictures === 0 || (!animated && pictures > 1)) return malformed('not one picture')
  return canvas
}

/** One frame of an animation lies inside the canvas and holds a picture of its size. */
async function frameFault(
  source: Source,
  chunk: Chunk,
  canvas: Size,
  bounds: Bounds,
): Promise<Refusal | undefined> {
  const head = await source.read(chunk.at, 16)
  if (chunk.length < 16 || head.length < 16) return malformed('ANMF')
  const [width, height] = [1 + head.readUIntLE(6, 3), 1 + head.readUIntLE(9, 3)]
  const right = 2 * head.readUIntLE(0, 3) + width
  const bottom = 2 * head.readUIntLE(3, 3) + height
  if (right > canvas.width || bottom > canvas.height) return malformed('a frame off the canvas')
  const inner = await chunksOf(source, chunk.at + 16, chunk.at + chunk.length)
  if ('code' in inner) return inner
  const pictures = inner.filter(isPicture)
  const [picture] = pictures
  if (picture === undefined || pictures.length > 1) return malformed('a frame without one picture')
  if (inner.some(other => other !== picture && other.id !== 'ALPH')) {
    return malformed('a strange chunk in a frame')
  }
  const size = await sizeOf(source, picture, bounds)
  if ('code' in size) return size
  return size.width === width && size.height === height ? undefined : malformed('size of a frame')
}

function isPicture(chunk: Chunk): boolean {
  return chunk.id === 'VP8 ' || chunk.id === 'VP8L'
}

/** Width and height from the bit stream's own header. @see RFC 6386 §9.1; RFC 9649 §3.4 */
async function sizeOf(source: Source, chunk: Chunk, bounds: Bounds): Promise<Size | Refusal> {
  const head = await source.read(chunk.at, Math.min(10, chunk.length))
  const size = chunk.id === 'VP8L' ? lossless(head) : lossy(head, chunk.length)
  if (size === undefined) return malformed(`the header of ${chunk.id.trim()}`)
  return pixels(size.width, size.height, bounds.image) ?? size
}

function lossless(head: Buffer): Size | undefined {
  if (head.length < 6 || head[0] !== 0x2f) return undefined
  const bits = head.readUInt32LE(1)
  if (bits >>> 29 !== 0) return undefined // version
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) }
}

function lossy(head: Buffer, length: number): Size | undefined {
  if (head.length < 10 || head.readUIntBE(3, 3) !== 0x9d012a) return undefined
  const tag = head.readUIntLE(0, 3)
  if ((tag & 1) !== 0 || tag >>> 5 > length - 10) return undefined // a key frame, its first partition inside
  return { width: head.readUInt16LE(6) & 0x3fff, height: head.readUInt16LE(8) & 0x3fff }
}
