import { crc32 } from 'node:zlib'
import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import { activeIn } from './active.ts'
import type { Bounds } from './bounds.ts'
import { inflate } from './inflate.ts'
import { pixels, Tally } from './picture.ts'
import { onlyZeros, type Source, stretch } from './source.ts'
import type { Facts } from './walk.ts'

const SIGNATURE_BYTES = 8
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}
/** Start and step of the seven passes (PNG §8.1): x, y, across, down. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

interface Chunk {
  readonly type: string
  readonly at: number
  readonly length: number
}

interface Header {
  readonly width: number
  readonly height: number
  readonly bits: number
  readonly colour: number
  readonly interlaced: boolean
}

/**
 * Walks a PNG or APNG: every chunk with its checksum, the picture data inflated and counted to the
 * last byte, texts unpacked and read, nothing after IEND but zeros.
 *
 * @see PNG third edition §5, §11
 */
export async function walkPng(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  const tally = new Tally(bounds.image)
  const chunks: Chunk[] = []
  let at = SIGNATURE_BYTES
  for (;;) {
    const chunk = await chunkAt(source, at)
    if ('code' in chunk) return chunk
    chunks.push(chunk)
    at += chunk.length + 12
    if (chunk.type === 'IEND') break
    if (chunk.type !== 'IDAT' && chunk.type !== 'fdAT') {
      const refusal = tally.metadata(chunk.length + 12)
      if (refusal) return refusal
    }
  }
  const ihdr = chunks[0]
  if (ihdr?.type !== 'IHDR' || ihdr.length !== 13) return malformed('IHDR is not the first chunk')
  const header = headerOf(await source.read(ihdr.at, 13))
  if ('code' in header) return header
  const refusal =
    pixels(header.width, header.height, bounds.image) ??
    orderFault(chunks, header) ??
    (await textFault(source, chunks, tally)) ??
    (await pictureFault(source, chunks, header, tally, bounds))
  if (refusal) return refusal
  if (!(await onlyZeros(source, at))) return because(refusals.polyglot, 'bytes after IEND')
  return { width: header.width, height: header.height }
}

async function chunkAt(source: Source, at: number): Promise<Chunk | Refusal> {
  const head = await source.read(at, 8)
  if (head.length < 8) return malformed('ends before IEND')
  const length = head.readUInt32BE(0)
  const type = head.toString('latin1', 4, 8)
  if (!/^[A-Za-z]{2}[A-Z][A-Za-z]$/.test(type)) return malformed('a chunk without a valid type')
  if (at + 12 + length > source.size) return malformed(`${type} goes beyond the end`)
  let sum = crc32(head.subarray(4, 8))
  for await (const bytes of stretch(source, at + 8, at + 8 + length)) sum = crc32(bytes, sum)
  const told = await source.read(at + 8 + length, 4)
  if (told.length < 4 || told.readUInt32BE(0) !== sum) return malformed(`checksum of ${type}`)
  return { type, at: at + 8, length }
}

function headerOf(bytes: Buffer): Header | Refusal {
  const depth = bytes[8] ?? 0
  const colour = bytes[9] ?? 0
  const lace = bytes[12] ?? 0
  if (DEPTHS[colour]?.includes(depth) !== true) return malformed('colour type and depth')
  if (bytes[10] !== 0 || bytes[11] !== 0 || lace > 1) return malformed('IHDR methods')
  return {
    width: bytes.readUInt32BE(0),
    height: bytes.readUInt32BE(4),
    bits: (CHANNELS[colour] ?? 1) * depth,
    colour,
    interlaced: lace === 1,
  }
}

/** IHDR, PLTE and IEND once, IDAT in one run, what the colour type needs. */
function orderFault(chunks: readonly Chunk[], header: Header): Refusal | undefined {
  const types = chunks.map(chunk => chunk.type)
  const first = types.indexOf('IDAT')
  const last = types.lastIndexOf('IDAT')
  if (first === -1) return malformed('no IDAT')
  if (types.slice(first, last + 1).some(type => type !== 'IDAT')) return malformed('IDAT in pieces')
  if (types.lastIndexOf('IHDR') !== 0) return malformed('more than one IHDR')
  if ((chunks.at(-1)?.length ?? 0) !== 0) return malformed('IEND is not empty')
  const palette = types.indexOf('PLTE')
  if (palette !== types.lastIndexOf('PLTE') || palette > first) return malformed('PLTE')
  const size = chunks[palette]?.length ?? 0
  if (palette !== -1 && (size === 0 || size > 768 || size % 3 !== 0)) return malformed('PLTE')
  if (header.colour === 3 && palette === -1) return malformed('no PLTE')
  const strange = types.find(type => /^[A-Z]/.test(type) && !/^(?:IHDR|PLTE|IDAT|IEND)$/.test(type))
  return strange === undefined ? undefined : malformed(`unknown critical chunk ${strange}`)
}

/** Unpacks zTXt, iTXt and iCCP, whose contents the raw bytes do not show. */
async function textFault(
  source: Source,
  chunks: readonly Chunk[],
  tally: Tally,
): Promise<Refusal | undefined> {
  for (const chunk of chunks) {
    if (chunk.type !== 'zTXt' && chunk.type !== 'iTXt' && chunk.type !== 'iCCP') continue
    const data = await source.read(chunk.at, chunk.length)
    const from = packedFrom(chunk.type, data)
    if (from === -1) return malformed(chunk.type)
    if (from === undefined) continue
    const pieces: Buffer[] = []
    const { end, out } = await inflate(
      'zlib',
      [data.subarray(from)],
      tally.room,
      bytes => pieces.push(bytes) > 0,
    )
    if (end === 'over') return because(refusals.bomb, `${chunk.type} inflates beyond its limit`)
    if (end !== 'whole') return malformed(`${chunk.type} does not inflate`)
    const active = chunk.type === 'iCCP' ? undefined : activeIn(Buffer.concat(pieces))
    if (active !== undefined)
      return because(refusals.activeContent, `${chunk.type} holds ${active}`)
    const refusal = tally.metadata(out)
    if (refusal) return refusal
  }
  return undefined
}

/** Where compressed data begins; `undefined` when there is none, -1 when the chunk is malformed. */
function packedFrom(type: string, data: Buffer): number | undefined {
  const zero = data.indexOf(0)
  if (zero < 1 || zero > 79) return -1
  if (type !== 'iTXt') return data[zero + 1] === 0 ? zero + 2 : -1
  const flag = data[zero + 1]
  if (flag === 0) return undefined
  const language = data.indexOf(0, zero + 3)
  const keyword = language === -1 ? -1 : data.indexOf(0, language + 1)
  return flag === 1 && data[zero + 2] === 0 && keyword !== -1 ? keyword + 1 : -1
}

async function pictureFault(
  source: Source,
  chunks: readonly Chunk[],
  header: Header,
  tally: Tally,
  bounds: Bounds,
): Promise<Refusal | undefined> {
  const data = chunks.filter(chunk => chunk.type === 'IDAT')
  const refusal = await dataFault(source, data, 0, expected(header, header.width, header.height))
  if (refusal) return refusal
  return framesFault(source, chunks, header, tally, bounds)
}

/** The frames of an APNG: their data counted like IDAT. */
async function framesFault(
  source: Source,
  chunks: readonly Chunk[],
  header: Header,
  tally: Tally,
  bounds: Bounds,
): Promise<Refusal | undefined> {
  for (let i = 0; i < chunks.length; i++) {
    const chunk = chunks[i]
    if (chunk?.type === 'fdAT') return malformed('fdAT without fcTL')
    if (chunk?.type !== 'fcTL') continue
    const control = await source.read(chunk.at, chunk.length)
    if (control.length !== 26) return malformed('fcTL')
    const [width, height] = [control.readUInt32BE(4), control.readUInt32BE(8)]
    const right = control.readUInt32BE(12) + width
    const bottom = control.readUInt32BE(16) + height
    if (right > header.width || bottom > header.height) return malformed('a frame off the canvas')
    const refusal = pixels(width, height, bounds.image) ?? tally.frame()
    if (refusal) return refusal
    const data: Chunk[] = []
    for (let next = chunks[i + 1]; next?.type === 'fdAT'; next = chunks[i + 1]) {
      data.push(next)
      i += 1
    }
    if (data.length === 0) continue // the default image, in IDAT
    const fault = await dataFault(source, data, 4, expected(header, width, height))
    if (fault) return fault
  }
  return undefined
}

/** Inflates the picture data of `chunks`, which must come to exactly `bytes`. */
async function dataFault(
  source: Source,
  chunks: readonly Chunk[],
  skip: number,
  bytes: number,
): Promise<Refusal | undefined> {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length - skip, 0)
  if (chunks.some(chunk => chunk.length < skip)) return malformed('picture data')
  const { end, out, used } = await inflate('zlib', joined(source, chunks, skip), bytes)
  if (end === 'over') return because(refusals.bomb, `more than ${bytes} bytes of picture data`)
  if (end !== 'whole') return malformed('the picture data does not inflate')
  if (out !== bytes) return malformed(`${out} bytes of picture data where ${bytes} belong`)
  if (used !== total) return because(refusals.polyglot, 'bytes after the picture data')
  return undefined
}

async function* joined(
  source: Source,
  chunks: readonly Chunk[],
  skip: number,
): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield* stretch(source, chunk.at + skip, chunk.at + chunk.length)
}

/** Bytes of the unfiltered rows, one filter byte each. */
function expected(header: Header, width: number, height: number): number {
  const row = (columns: number): number => 1 + Math.ceil((columns * header.bits) / 8)
  if (!header.interlaced) return row(width) * height
  let sum = 0
  for (const [x, y, across, down] of ADAM7) {
    const columns = Math.ceil((width - x) / across)
    const rows = Math.ceil((height - y) / down)
    if (columns > 0 && rows > 0) sum += row(columns) * rows
  }
  return sum
}
