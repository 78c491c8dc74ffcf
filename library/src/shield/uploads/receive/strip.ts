import type { RewriteInput, Rewriter } from './rewrite.ts'

const PIECE_BYTES = 64 * 1024
/** Colour is part of the picture; the rest of the ancillary chunks is talk about it. */
const PNG_KEPT: ReadonlySet<string> = new Set(
  'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs acTL fcTL fdAT'.split(
    ' ',
  ),
)
const WEBP_KEPT: ReadonlySet<string> = new Set([
  'VP8 ',
  'VP8L',
  'VP8X',
  'ALPH',
  'ANIM',
  'ANMF',
  'ICCP',
])
const EXIF_AND_XMP = 0x08 | 0x04

/**
 * Takes EXIF, XMP, comments, thumbnails and unknown blocks out of JPEG, PNG and WebP without touching
 * a pixel: where a picture was taken is nobody's business. The orientation of a JPEG stays. Works
 * on files that were judged, so that lengths can be relied upon. Other types are left as they are.
 */
export function stripMetadata(): Rewriter {
  return input => {
    switch (input.type) {
      case 'image/png':
        return stripPng(input)
      case 'image/jpeg':
        return stripJpeg(input)
      case 'image/webp':
        return stripWebp(input)
      default:
        return undefined
    }
  }
}

async function* copy(input: RewriteInput, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to; ) {
    const piece = await input.read(at, Math.min(PIECE_BYTES, to - at))
    if (piece.length === 0) throw new Error('the file is shorter than it was')
    yield piece
    at += piece.length
  }
}

async function* stripPng(input: RewriteInput): AsyncGenerator<Buffer> {
  yield* copy(input, 0, 8)
  for (let at = 8; at < input.bytes; ) {
    const head = await input.read(at, 8)
    const type = head.toString('latin1', 4, 8)
    const end = at + 12 + head.readUInt32BE(0)
    if (PNG_KEPT.has(type)) yield* copy(input, at, end)
    if (type === 'IEND') return
    at = end
  }
}

async function* stripWebp(input: RewriteInput): AsyncGenerator<Buffer> {
  const head = await input.read(0, 12)
  const end = 8 + head.readUInt32LE(4)
  const kept: { readonly at: number; readonly end: number; readonly id: string }[] = []
  for (let at = 12; at + 8 <= end; ) {
    const chunk = await input.read(at, 8)
    const length = chunk.readUInt32LE(4)
    const next = Math.min(end, at + 8 + length + (length % 2))
    const id = chunk.toString('latin1', 0, 4)
    if (WEBP_KEPT.has(id)) kept.push({ at, end: next, id })
    at = next
  }
  const riff = Buffer.from(head)
  riff.writeUInt32LE(4 + kept.reduce((sum, chunk) => sum + chunk.end - chunk.at, 0), 4)
  yield riff
  for (const chunk of kept) {
    if (chunk.id === 'VP8X') {
      const extended = Buffer.from(await input.read(chunk.at, chunk.end - chunk.at))
      extended[8] = (extended[8] ?? 0) & ~EXIF_AND_XMP
      yield extended
    } else yield* copy(input, chunk.at, chunk.end)
  }
}

async function* stripJpeg(input: RewriteInput): AsyncGenerator<Buffer> {
  yield Buffer.from([0xff, 0xd8])
  let at = 2
  let turned = 1
  const kept: { readonly at: number; readonly end: number }[] = []
  for (;;) {
    const mark = await input.read(at, 4)
    const code = mark[1] ?? 0
    if (code === 0xff) {
      at += 1
      continue
    }
    if (code === 0xda || code === 0xd9) break
    const end = at + 2 + mark.readUInt16BE(2)
    if (code === 0xe1) turned = orientationOf(await input.read(at + 4, end - at - 4)) ?? turned
    if (isPicture(code, await input.read(at + 4, 12))) kept.push({ at, end })
    at = end
  }
  if (turned !== 1) yield orientationSegment(turned)
  for (const segment of kept) yield* copy(input, segment.at, segment.end)
  yield* copy(input, at, await pictureEnd(input, at))
}

/** Tables, frames, JFIF, the colour profile and Adobe's word on the colours; no comments. */
function isPicture(code: number, head: Buffer): boolean {
  if (code === 0xfe) return false
  if (code < 0xe0 || code > 0xef) return true
  const label = head.toString('latin1')
  return (
    label.startsWith('JFIF\0') || label.startsWith('ICC_PROFILE\0') || label.startsWith('Adobe')
  )
}

/** After the EOI of the first picture: further pictures and padding stay behind. */
async function pictureEnd(input: RewriteInput, from: number): Promise<number> {
  let before = 0
  for (let at = from; at < input.bytes; ) {
    const piece = await input.read(at, Math.min(PIECE_BYTES, input.bytes - at))
    if (before === 0xff && piece[0] === 0xd9) return at + 1
    const end = piece.indexOf(EOI)
    if (end !== -1) return at + end + 2
    before = piece.at(-1) ?? 0
    at += piece.length
  }
  return input.bytes
}

const EOI = Buffer.from([0xff, 0xd9])
const ORIENTATION = 0x0112

/** The orientation in an EXIF segment, 1 to 8. @see Exif 2.32 §4.6.4 */
function orientationOf(body: Buffer): number | undefined {
  if (body.toString('latin1', 0, 6) !== 'Exif\0\0' || body.length < 18) return undefined
  const tiff = body.subarray(6)
  const little = tiff[0] === 0x49
  const u16 = (at: number): number =>
    at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  for (let i = 0; i < u16(directory); i++) {
    const field = directory + 2 + 12 * i
    const value = u16(field + 8)
    if (u16(field) === ORIENTATION) return value >= 1 && value <= 8 ? value : undefined
  }
  return undefined
}

/** An APP1 segment that says nothing else. */
function orientationSegment(turned: number): Buffer {
  const hex = `ffe10022457869660000 4d4d002a00000008 0001 011200030000000100${turned.toString(16).padStart(2, '0')}0000 00000000`
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}
