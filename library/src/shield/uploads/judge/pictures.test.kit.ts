import { crc32, deflateSync } from 'node:zlib'

/** Bytes, text as UTF-8, or bytes as numbers, one after the other. */
export type Piece = Buffer | string | readonly number[]

export function join(...pieces: readonly Piece[]): Buffer {
  return Buffer.concat(
    pieces.map(piece => (typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece))),
  )
}

export function be(value: number, bytes: number): Buffer {
  const out = Buffer.alloc(bytes)
  out.writeUIntBE(value, 0, bytes)
  return out
}

export function le(value: number, bytes: number): Buffer {
  const out = Buffer.alloc(bytes)
  out.writeUIntLE(value, 0, bytes)
  return out
}

/** Bytes that look random and are the same every time. */
export function noise(length: number, seed = 1): Buffer {
  const out = Buffer.alloc(length)
  let state = seed * 2654435761
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    out[i] = state >>> 24
  }
  return out
}

// PNG

export function chunk(type: string, data: Piece = [], badSum = false): Buffer {
  const body = join(type, data)
  return join(be(body.length - 4, 4), body, be((crc32(body) ^ (badSum ? 1 : 0)) >>> 0, 4))
}

export interface PngOptions {
  readonly width?: number
  readonly height?: number
  readonly depth?: number
  readonly colour?: number
  readonly interlaced?: boolean
  readonly before?: readonly Buffer[]
  readonly after?: readonly Buffer[]
  readonly rows?: Buffer
  readonly data?: readonly Buffer[]
  readonly tail?: Piece
}

const PNG = Buffer.from('89504e470d0a1a0a', 'hex')

export function png(options: PngOptions = {}): Buffer {
  const { width = 4, height = 3, depth = 8, colour = 2, interlaced = false } = options
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colour] ?? 1
  const row = 1 + Math.ceil((width * channels * depth) / 8)
  const rows = options.rows ?? Buffer.alloc(row * height)
  const data = options.data ?? [deflateSync(rows)]
  return join(
    PNG,
    chunk('IHDR', join(be(width, 4), be(height, 4), [depth, colour, 0, 0, interlaced ? 1 : 0])),
    ...(options.before ?? []),
    ...data.map(piece => chunk('IDAT', piece)),
    ...(options.after ?? []),
    chunk('IEND'),
    options.tail ?? [],
  )
}

/** An APNG of `frames` frames, the first of them the picture itself. */
export function apng(frames: number, size = { width: 4, height: 3 }): Buffer {
  const control = (sequence: number): Buffer =>
    chunk(
      'fcTL',
      join(
        be(sequence, 4),
        be(size.width, 4),
        be(size.height, 4),
        Buffer.alloc(8),
        [0, 1, 0, 10, 0, 0],
      ),
    )
  const rows = deflateSync(Buffer.alloc((1 + size.width * 3) * size.height))
  const more = Array.from({ length: frames - 1 }, (_, i) => [
    control(2 * i + 1),
    chunk('fdAT', join(be(2 * i + 2, 4), rows)),
  ]).flat()
  return png({
    ...size,
    before: [chunk('acTL', join(be(frames, 4), be(0, 4))), control(0)],
    after: more,
  })
}

// JPEG

export function segment(code: number, data: Piece): Buffer {
  const body = join(data)
  return join([0xff, code], be(body.length + 2, 2), body)
}

export interface JpegOptions {
  readonly width?: number
  readonly height?: number
  readonly frame?: number
  readonly components?: number
  readonly before?: readonly Buffer[]
  readonly scan?: Piece
  readonly end?: Piece
  readonly tail?: Piece
}

export function jpeg(options: JpegOptions = {}): Buffer {
  const { width = 16, height = 8, frame = 0xc0, components = 1 } = options
  const parts = Array.from({ length: components }, (_, i) => [i + 1, 0x11, 0]).flat()
  const scans = Array.from({ length: components }, (_, i) => [i + 1, 0]).flat()
  return join(
    [0xff, 0xd8],
    segment(0xe0, join('JFIF\0', [1, 1, 0, 0, 1, 0, 1, 0, 0])),
    ...(options.before ?? []),
    segment(0xdb, join([0], Buffer.alloc(64, 16))),
    segment(frame, join([8], be(height, 2), be(width, 2), [components], parts)),
    segment(0xc4, join([0], [1], Buffer.alloc(15), [0])),
    segment(0xda, join([components], scans, [0, 63, 0])),
    options.scan ?? [0, 0xff, 0, 0x3f],
    options.end ?? [0xff, 0xd9],
    options.tail ?? [],
  )
}

/** A segment of EXIF with the orientation, and a place where the picture was taken. */
export function exif(orientation: number, words = 'N 52 22'): Buffer {
  const text = join(words, [0])
  const tiff = join(
    'II*\0',
    le(8, 4),
    le(2, 2),
    join(le(0x010e, 2), le(2, 2), le(text.length, 4), le(38, 4)),
    join(le(0x0112, 2), le(3, 2), le(1, 4), le(orientation, 2), le(0, 2)),
    le(0, 4),
    text,
  )
  return segment(0xe1, join('Exif\0\0', tiff))
}

// GIF

export interface GifOptions {
  readonly width?: number
  readonly height?: number
  readonly frames?: number
  readonly frameSize?: readonly [number, number]
  readonly before?: Piece
  readonly codeSize?: number
  readonly tail?: Piece
}

export function gif(options: GifOptions = {}): Buffer {
  const { width = 2, height = 2, frames = 1, codeSize = 2, frameSize = [width, height] } = options
  const frame = join([0x2c, 0, 0, 0, 0], le(frameSize[0], 2), le(frameSize[1], 2), [
    0,
    codeSize,
    2,
    0x4c,
    0x01,
    0,
  ])
  return join(
    'GIF89a',
    le(width, 2),
    le(height, 2),
    [0x80, 0, 0],
    [0, 0, 0, 255, 255, 255],
    options.before ?? [],
    ...Array.from({ length: frames }, () => frame),
    [0x3b],
    options.tail ?? [],
  )
}

/** A GIF extension with its data in sub-blocks. */
export function extension(label: number, data: Piece): Buffer {
  const body = join(data)
  const blocks: Piece[] = []
  for (let at = 0; at < body.length; at += 255) {
    const block = body.subarray(at, at + 255)
    blocks.push([block.length], block)
  }
  return join([0x21, label], ...blocks, [0])
}

// WebP

export function riff(form: string, ...chunks: readonly Buffer[]): Buffer {
  const body = join(form, ...chunks)
  return join('RIFF', le(body.length, 4), body)
}

export function riffChunk(id: string, data: Piece): Buffer {
  const body = join(data)
  return join(id, le(body.length, 4), body, body.length % 2 ? [0] : [])
}

export function vp8l(width: number, height: number): Buffer {
  return riffChunk(
    'VP8L',
    join([0x2f], le(((width - 1) | ((height - 1) << 14)) >>> 0, 4), [0, 7, 7]),
  )
}

export function vp8(width: number, height: number): Buffer {
  return riffChunk(
    'VP8 ',
    join([0x10, 0, 0], [0x9d, 1, 0x2a], le(width, 2), le(height, 2), noise(8)),
  )
}

export function vp8x(flags: number, width: number, height: number): Buffer {
  return riffChunk('VP8X', join([flags, 0, 0, 0], le(width - 1, 3), le(height - 1, 3)))
}

export function anmf(width: number, height: number, x = 0, y = 0, inner?: Buffer): Buffer {
  return riffChunk(
    'ANMF',
    join(
      le(x / 2, 3),
      le(y / 2, 3),
      le(width - 1, 3),
      le(height - 1, 3),
      le(100, 3),
      [0],
      inner ?? vp8l(width, height),
    ),
  )
}

// BMP

export interface BmpOptions {
  readonly width?: number
  readonly height?: number
  readonly depth?: number
  readonly packing?: number
  readonly headerBytes?: number
  readonly length?: number
  readonly pixels?: Buffer
  readonly tail?: Piece
}

export function bmp(options: BmpOptions = {}): Buffer {
  const { width = 3, height = 2, depth = 24, packing = 0, headerBytes = 40 } = options
  const at = 14 + headerBytes
  const pixels =
    options.pixels ?? Buffer.alloc(Math.ceil((width * depth) / 32) * 4 * Math.abs(height))
  const size = Buffer.alloc(4)
  size.writeInt32LE(height)
  return join(
    'BM',
    le(options.length ?? at + pixels.length, 4),
    le(0, 4),
    le(at, 4),
    le(headerBytes, 4),
    le(width, 4),
    size,
    le(1, 2),
    le(depth, 2),
    le(packing, 4),
    Buffer.alloc(headerBytes - 20),
    pixels,
    options.tail ?? [],
  )
}

// ISO base media files

export function box(type: string, ...content: readonly Piece[]): Buffer {
  const body = join(...content)
  return join(be(body.length + 8, 4), Buffer.from(type, 'latin1'), body)
}

export function ftyp(major: string, ...compatible: readonly string[]): Buffer {
  return box('ftyp', major, be(0, 4), ...compatible)
}

export interface HeifOptions {
  readonly major?: string
  readonly compatible?: readonly string[]
  readonly coding?: string
  readonly primary?: number
  readonly handler?: string
  readonly width?: number
  readonly height?: number
  /** Where the coded bytes are said to be, after the true place. */
  readonly offset?: number
  readonly length?: number
  readonly external?: number
  readonly more?: readonly Buffer[]
  readonly tail?: Piece
}

const ZERO4 = [0, 0, 0, 0]

/** A still picture of one item. */
export function heif(options: HeifOptions = {}): Buffer {
  const { major = 'avif', coding = 'av01', width = 16, height = 16, primary = 1 } = options
  const head = ftyp(major, ...(options.compatible ?? [major, 'mif1']))
  const payload = noise(40)
  const meta = (at: number): Buffer =>
    box(
      'meta',
      ZERO4,
      box('hdlr', ZERO4, ZERO4, options.handler ?? 'pict', Buffer.alloc(13)),
      box('pitm', ZERO4, be(primary, 2)),
      box(
        'iloc',
        ZERO4,
        [0x44, 0],
        be(1, 2),
        be(1, 2),
        be(options.external ?? 0, 2),
        be(1, 2),
        be(at + (options.offset ?? 0), 4),
        be(options.length ?? payload.length, 4),
      ),
      box('iinf', ZERO4, be(1, 2), box('infe', [2, 0, 0, 0], be(1, 2), be(0, 2), coding, [0])),
      box('iprp', box('ipco', box('ispe', ZERO4, be(width, 4), be(height, 4)))),
    )
  const at = head.length + meta(0).length + join(...(options.more ?? [])).length + 8
  return join(head, meta(at), ...(options.more ?? []), box('mdat', payload), options.tail ?? [])
}

export interface Mp4Options {
  readonly brand?: string
  readonly width?: number
  readonly height?: number
  readonly reference?: Buffer
  readonly tracks?: number
  readonly words?: Buffer
  readonly more?: readonly Buffer[]
  readonly media?: Buffer
  readonly tail?: Piece
}

/** A movie with one track, whose samples nobody looks at. */
export function mp4(options: Mp4Options = {}): Buffer {
  const { width = 320, height = 240, tracks = 1 } = options
  const own = box('url ', [0, 0, 0, 1])
  const track = box(
    'trak',
    box('tkhd', Buffer.alloc(76), be(width, 2), [0, 0], be(height, 2), [0, 0]),
    box(
      'mdia',
      box('hdlr', ZERO4, ZERO4, 'vide', Buffer.alloc(13)),
      box('minf', box('dinf', box('dref', ZERO4, be(1, 4), options.reference ?? own))),
    ),
  )
  return join(
    ftyp(options.brand ?? 'isom', 'isom', 'mp41'),
    box(
      'moov',
      box('mvhd', Buffer.alloc(100)),
      ...Array.from({ length: tracks }, () => track),
      options.words ?? [],
    ),
    ...(options.more ?? []),
    box('mdat', options.media ?? noise(64)),
    options.tail ?? [],
  )
}
