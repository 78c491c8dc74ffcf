import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import type { Expansion } from './expansion.ts'
import { inflate } from './inflate.ts'
import { type PdfDictionary, PdfName, type PdfValue } from './pdf-values.ts'

const MAX_READ_BYTES = 32 * 1024 * 1024
/** Filters that make bytes out of text; Flate may stand behind them. */
const TEXTUAL: Readonly<Record<string, (bytes: Buffer) => Buffer | undefined>> = {
  ASCIIHexDecode: fromHex,
  AHx: fromHex,
  ASCII85Decode: fromBase85,
  A85: fromBase85,
}
const FLATE: ReadonlySet<string> = new Set(['FlateDecode', 'Fl'])

/** The filters of a stream, outermost first. */
export function filtersOf(dictionary: PdfDictionary): readonly string[] {
  const value = dictionary.get('Filter') ?? dictionary.get('F')
  const list: readonly PdfValue[] = Array.isArray(value)
    ? value
    : value === undefined
      ? []
      : [value]
  return list.map(filter => (filter instanceof PdfName ? filter.name : '?'))
}

/**
 * Undoes what can be undone of a stream's filters, counting what comes out.
 *
 * @param keep whether the caller wants to read the result; then every filter must be known
 */
export async function decode(
  dictionary: PdfDictionary,
  data: Buffer,
  expansion: Expansion,
  keep: boolean,
): Promise<Buffer | Refusal | undefined> {
  let bytes = data
  const filters = filtersOf(dictionary)
  for (const [i, filter] of filters.entries()) {
    const textual = TEXTUAL[filter]
    if (textual) {
      const decoded = textual(bytes)
      if (decoded === undefined) return malformed(`a stream that is not ${filter}`)
      bytes = decoded
    } else if (FLATE.has(filter)) {
      const needed = keep || filters.slice(i + 1).some(next => FLATE.has(next))
      const unpacked = await unpack(bytes, expansion, needed)
      if (!Buffer.isBuffer(unpacked)) return unpacked
      bytes = unpacked
    } else return keep ? malformed(`a filter ${filter} where objects stand`) : undefined
  }
  return keep ? predicted(dictionary, bytes) : undefined
}

async function unpack(
  data: Buffer,
  expansion: Expansion,
  keep: boolean,
): Promise<Buffer | Refusal | undefined> {
  const pieces: Buffer[] = []
  const most = keep ? Math.min(expansion.left, MAX_READ_BYTES) : expansion.left
  const { end, out } = await inflate(
    'zlib',
    slices(data),
    most,
    bytes => !keep || pieces.push(bytes) > 0,
  )
  expansion.spend(out)
  if (end === 'over') return because(refusals.bomb, 'a stream inflates beyond the limit')
  if (end !== 'whole') return malformed('a stream that does not inflate')
  return keep ? Buffer.concat(pieces) : undefined
}

function* slices(data: Buffer): Generator<Buffer> {
  for (let at = 0; at < data.length; at += 64 * 1024) yield data.subarray(at, at + 64 * 1024)
}

function fromHex(bytes: Buffer): Buffer | undefined {
  const text = bytes.toString('latin1').replace(/[\s\0]/g, '')
  const end = text.indexOf('>')
  const digits = end === -1 ? text : text.slice(0, end)
  if (!/^[0-9a-fA-F]*$/.test(digits)) return undefined
  return Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex')
}

function fromBase85(bytes: Buffer): Buffer | undefined {
  const text = bytes
    .toString('latin1')
    .replace(/[\s\0]/g, '')
    .replace(/^<~/, '')
  const end = text.indexOf('~')
  const digits = end === -1 ? text : text.slice(0, end)
  if (!/^[!-uz]*$/.test(digits)) return undefined
  const out = Buffer.alloc(digits.length * 4)
  let [written, count, sum] = [0, 0, 0]
  for (let i = 0; i < digits.length; i++) {
    const code = digits.charCodeAt(i)
    if (code === 122) {
      written += 4
      continue
    }
    sum = sum * 85 + (code - 33)
    count += 1
    if (count === 5) {
      written = out.writeUInt32BE(sum % 0x1_0000_0000, written)
      count = 0
      sum = 0
    }
  }
  if (count > 1) {
    for (let i = count; i < 5; i++) sum = sum * 85 + 84
    const last = Buffer.alloc(4)
    last.writeUInt32BE(sum % 0x1_0000_0000)
    written += last.copy(out, written, 0, count - 1)
  }
  return out.subarray(0, written)
}

/** Undoes a PNG predictor (ISO 32000-2 §7.4.4.4), as cross-reference streams use it. */
function predicted(dictionary: PdfDictionary, bytes: Buffer): Buffer | Refusal {
  const value = dictionary.get('DecodeParms') ?? dictionary.get('DP')
  const list: readonly PdfValue[] = Array.isArray(value) ? value : [value ?? null]
  const parameters = list.find(item => item instanceof Map)
  const numberOf = (key: string, otherwise: number): number => {
    const found = parameters instanceof Map ? parameters.get(key) : undefined
    return typeof found === 'number' ? found : otherwise
  }
  const predictor = numberOf('Predictor', 1)
  if (predictor === 1) return bytes
  const pixel = Math.ceil((numberOf('Colors', 1) * numberOf('BitsPerComponent', 8)) / 8)
  const row = Math.ceil(
    (numberOf('Columns', 1) * numberOf('Colors', 1) * numberOf('BitsPerComponent', 8)) / 8,
  )
  if (predictor < 10 || !(row > 0 && row < 1e6) || bytes.length % (row + 1) !== 0) {
    return malformed('a predictor')
  }
  const rows = bytes.length / (row + 1)
  const out = Buffer.alloc(rows * row)
  for (let y = 0; y < rows; y++) {
    const kind = bytes[y * (row + 1)] ?? 0
    for (let x = 0; x < row; x++) {
      const left = x >= pixel ? (out[y * row + x - pixel] ?? 0) : 0
      const up = y > 0 ? (out[(y - 1) * row + x] ?? 0) : 0
      const corner = y > 0 && x >= pixel ? (out[(y - 1) * row + x - pixel] ?? 0) : 0
      const raw = bytes[y * (row + 1) + 1 + x] ?? 0
      out[y * row + x] = raw + guess(kind, left, up, corner)
    }
  }
  return out
}

/** The filters of PNG §9. */
function guess(kind: number, left: number, up: number, corner: number): number {
  if (kind === 1) return left
  if (kind === 2) return up
  if (kind === 3) return (left + up) >> 1
  if (kind !== 4) return 0
  const [a, b, c] = [
    Math.abs(up - corner),
    Math.abs(left - corner),
    Math.abs(left + up - 2 * corner),
  ]
  return a <= b && a <= c ? left : b <= c ? up : corner
}
