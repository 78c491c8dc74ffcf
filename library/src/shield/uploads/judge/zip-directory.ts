import { isUtf8 } from 'node:buffer'
import { crc32 } from 'node:zlib'
import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import { onlyZeros, type Source } from './source.ts'

/** One entry as the central directory tells it. */
export interface Entry {
  readonly name: string
  readonly rawName: Buffer
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly localAt: number
  /** Unix mode, or 0 when another system made it. */
  readonly mode: number
}

export interface Directory {
  readonly entries: readonly Entry[]
  /** Where the central directory begins, so where the last entry must end. */
  readonly at: number
}

const END = Buffer.from('PK\x05\x06', 'latin1')
const END_BYTES = 22
const END64_BYTES = 56
const LOCATOR_BYTES = 20
const CENTRAL_BYTES = 46
const MAX16 = 0xffff
const MAX32 = 0xffffffff
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024
const UTF8_FLAG = 0x800
const UNIX: ReadonlySet<number> = new Set([3, 19])

interface Trailer {
  readonly count: number
  readonly bytes: number
  readonly at: number
  /** Where the central directory must end. */
  readonly end: number
}

/**
 * Reads the central directory of a ZIP whose every number fits the others, so that all readers see
 * the same entries.
 *
 * @see APPNOTE.TXT 6.3.10 §4.3
 */
export async function readDirectory(
  source: Source,
  enter: (entries: number) => Refusal | undefined,
): Promise<Directory | Refusal> {
  const trailer = await trailerOf(source)
  if ('code' in trailer) return trailer
  const refusal = enter(trailer.count)
  if (refusal) return refusal
  if (trailer.at + trailer.bytes !== trailer.end) return malformed('the place of the directory')
  if (trailer.bytes > MAX_DIRECTORY_BYTES) return malformed('the length of the directory')
  const bytes = await source.read(trailer.at, trailer.bytes)
  const entries: Entry[] = []
  let at = 0
  while (at < bytes.length) {
    const entry = centralAt(bytes, at)
    if ('code' in entry) return entry
    entries.push(entry)
    at += CENTRAL_BYTES + variableBytes(bytes, at)
  }
  if (entries.length !== trailer.count) return malformed('the number of entries')
  return { entries, at: trailer.at }
}

async function trailerOf(source: Source): Promise<Trailer | Refusal> {
  const from = Math.max(0, source.size - END_BYTES - MAX16)
  const tail = await source.read(from, source.size - from)
  const at = tail.lastIndexOf(END)
  if (at === -1 || at + END_BYTES > tail.length) return malformed('no end of the directory')
  const comment = tail.readUInt16LE(at + 20)
  const end = from + at + END_BYTES + comment
  if (end > source.size) return malformed('the comment goes beyond the end')
  if (!(await onlyZeros(source, end))) return because(refusals.polyglot, 'bytes after the archive')
  const short = {
    count: tail.readUInt16LE(at + 10),
    bytes: tail.readUInt32LE(at + 12),
    at: tail.readUInt32LE(at + 16),
    end: from + at,
  }
  if (tail.readUInt32LE(at + 4) !== 0 || tail.readUInt16LE(at + 8) !== short.count) {
    return malformed('an archive in several parts')
  }
  return long(source, short)
}

/** The ZIP64 trailer where there is one; it must not contradict the short one. */
async function long(source: Source, short: Trailer): Promise<Trailer | Refusal> {
  const locator = await source.read(Math.max(0, short.end - LOCATOR_BYTES), LOCATOR_BYTES)
  const needed = short.count === MAX16 || short.bytes === MAX32 || short.at === MAX32
  if (locator.length < LOCATOR_BYTES || locator.toString('latin1', 0, 4) !== 'PK\x06\x07') {
    return needed ? malformed('no ZIP64 locator') : short
  }
  const end = short.end - LOCATOR_BYTES - END64_BYTES
  const record = end < 0 ? undefined : await source.read(end, END64_BYTES)
  if (record?.length !== END64_BYTES || record.toString('latin1', 0, 4) !== 'PK\x06\x06') {
    return malformed('the ZIP64 end of the directory')
  }
  if (Number(locator.readBigUInt64LE(8)) !== end) return malformed('the ZIP64 locator')
  const trailer = {
    count: Number(record.readBigUInt64LE(32)),
    bytes: Number(record.readBigUInt64LE(40)),
    at: Number(record.readBigUInt64LE(48)),
    end,
  }
  const fits = (wide: number, narrow: number, most: number): boolean =>
    narrow === most || wide === narrow
  return fits(trailer.count, short.count, MAX16) &&
    fits(trailer.bytes, short.bytes, MAX32) &&
    fits(trailer.at, short.at, MAX32)
    ? trailer
    : malformed('two ends of the directory that differ')
}

function variableBytes(bytes: Buffer, at: number): number {
  return bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
}

function centralAt(bytes: Buffer, at: number): Entry | Refusal {
  if (at + CENTRAL_BYTES > bytes.length || bytes.toString('latin1', at, at + 4) !== 'PK\x01\x02') {
    return malformed('the central directory')
  }
  if (at + CENTRAL_BYTES + variableBytes(bytes, at) > bytes.length) {
    return malformed('the central directory')
  }
  const nameAt = at + CENTRAL_BYTES
  const extraAt = nameAt + bytes.readUInt16LE(at + 28)
  const rawName = bytes.subarray(nameAt, extraAt)
  const extra = bytes.subarray(extraAt, extraAt + bytes.readUInt16LE(at + 30))
  const flags = bytes.readUInt16LE(at + 8)
  const name = nameOf(rawName, flags, extra)
  if (name === undefined) return because(refusals.archivePath, 'an entry with two names')
  const wide = new Wide(field(extra, 0x0001))
  const size = wide.or(bytes.readUInt32LE(at + 24))
  const packed = wide.or(bytes.readUInt32LE(at + 20))
  const localAt = wide.or(bytes.readUInt32LE(at + 42))
  if (wide.missing || bytes.readUInt16LE(at + 34) !== 0) return malformed('a ZIP64 entry')
  return {
    name,
    rawName,
    flags,
    method: bytes.readUInt16LE(at + 10),
    crc: bytes.readUInt32LE(at + 16),
    packed,
    size,
    localAt,
    mode: UNIX.has(bytes[at + 5] ?? 0) ? bytes.readUInt16LE(at + 40) : 0,
  }
}

/** Takes 64-bit numbers out of the ZIP64 field, in order, for those that are all ones. */
class Wide {
  readonly #field: Buffer | undefined
  #at = 0
  missing = false

  constructor(field: Buffer | undefined) {
    this.#field = field
  }

  or(narrow: number): number {
    if (narrow !== MAX32) return narrow
    if (this.#field === undefined || this.#at + 8 > this.#field.length) {
      this.missing = true
      return 0
    }
    this.#at += 8
    return Number(this.#field.readBigUInt64LE(this.#at - 8))
  }
}

/** The data of an extra field. */
function field(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== id) continue
    return extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2))
  }
  return undefined
}

const UNICODE_PATH = 0x7075

/** The name; `undefined` when readers would disagree about it (APPNOTE §4.6.9, Appendix D). */
function nameOf(raw: Buffer, flags: number, extra: Buffer): string | undefined {
  const isUnicode = (flags & UTF8_FLAG) !== 0
  if (isUnicode && !isUtf8(raw)) return undefined
  const name = isUnicode ? raw.toString('utf8') : cp437(raw)
  const other = field(extra, UNICODE_PATH)
  if (other === undefined) return name
  if (other.length < 5 || !isUtf8(other.subarray(5))) return undefined
  if (other.readUInt32LE(1) !== crc32(raw)) return name // stale by its own checksum: ignored by all
  const told = other.toString('utf8', 5)
  const isAscii = raw.every(byte => byte < 0x80)
  return isUnicode || isAscii ? (told === name ? name : undefined) : told
}

/** The upper half of code page 437, which names without the UTF-8 flag are in. */
const UPPER =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

function cp437(raw: Buffer): string {
  return raw.toString('latin1').replace(/[\x80-\xff]/g, it => UPPER[it.charCodeAt(0) - 128] ?? '_')
}
