import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import type { ArchiveBounds } from './bounds.ts'
import { entryPathFault } from './entry-path.ts'
import type { Expansion } from './expansion.ts'

const BLOCK = 512
const MAX_NAME_RECORD = 64 * 1024
const FILES: ReadonlySet<string> = new Set(['0', '\0', '5', '7'])
/** Records about the next entry: PAX, and GNU's long names. */
const RECORDS: ReadonlySet<string> = new Set(['x', 'L', 'K'])

/** Whether a piece of text begins a POSIX or GNU tar. */
export function looksLikeTar(head: Buffer): boolean {
  return head.length >= BLOCK && head.toString('latin1', 257, 262) === 'ustar'
}

/** Walks a tar as it streams by: paths, links and devices. @see POSIX pax, "ustar Interchange Format" */
export class TarReader {
  readonly #bounds: ArchiveBounds
  readonly #expansion: Expansion
  #held: Buffer = Buffer.alloc(0)
  /** Bytes of content and padding still to pass over. */
  #skip = 0
  /** Content of a record about the next entry, and how much of it is still to come. */
  #record: Buffer[] = []
  #recordBytes = 0
  #recordType = ''
  #longName: string | undefined
  #fault: Refusal | undefined

  constructor(bounds: ArchiveBounds, expansion: Expansion) {
    this.#bounds = bounds
    this.#expansion = expansion
  }

  get fault(): Refusal | undefined {
    return this.#fault
  }

  write(piece: Buffer): void {
    let bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece])
    while (bytes.length > 0 && this.#fault === undefined) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, bytes.length)
        if (this.#recordBytes > 0) this.#collect(bytes.subarray(0, passed))
        this.#skip -= passed
        bytes = bytes.subarray(passed)
        if (this.#skip === 0) this.#endRecord()
        continue
      }
      if (bytes.length < BLOCK) break
      this.#header(bytes.subarray(0, BLOCK))
      bytes = bytes.subarray(BLOCK)
    }
    this.#held = Buffer.from(bytes)
  }

  #header(block: Buffer): void {
    if (block.every(byte => byte === 0)) return
    if (octal(block, 148, 8) !== sumOf(block)) {
      this.#fault = malformed('the checksum of a tar header')
      return
    }
    const size = octal(block, 124, 12)
    const type = block.toString('latin1', 156, 157)
    if (size === undefined) {
      this.#fault = malformed('the size of a tar entry')
      return
    }
    this.#skip = Math.ceil(size / BLOCK) * BLOCK
    if (RECORDS.has(type)) {
      if (size > MAX_NAME_RECORD) this.#fault = malformed('a long tar record')
      this.#recordType = type
      this.#recordBytes = size
      return
    }
    if (type === 'g') return
    const prefix = text(block, 345, 155)
    const name = this.#longName ?? (prefix === '' ? '' : `${prefix}/`) + text(block, 0, 100)
    this.#longName = undefined
    this.#fault = this.#expansion.enter(1) ?? entryPathFault(name)
    if (!FILES.has(type) && !this.#bounds.dangerouslyAllowLinks) {
      this.#fault ??= because(
        refusals.archiveLink,
        `a tar entry of the type ${JSON.stringify(type)}`,
      )
    }
  }

  #collect(bytes: Buffer): void {
    const wanted = bytes.subarray(0, this.#recordBytes)
    this.#record.push(Buffer.from(wanted))
    this.#recordBytes -= wanted.length
  }

  #endRecord(): void {
    const record = Buffer.concat(this.#record).toString('utf8')
    this.#record = []
    if (this.#recordType === 'L') this.#longName = record.replace(/\0+$/, '')
    if (this.#recordType === 'x') {
      this.#longName = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(record)?.[1] ?? this.#longName
    }
    this.#recordType = ''
  }
}

function text(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? length : end)
}

function octal(block: Buffer, at: number, length: number): number | undefined {
  const digits = text(block, at, length).trim()
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}

/** The sum of all bytes, the checksum's own read as blanks. */
function sumOf(block: Buffer): number {
  let sum = 8 * 0x20
  for (const [at, byte] of block.entries()) if (at < 148 || at >= 156) sum += byte
  return sum
}
