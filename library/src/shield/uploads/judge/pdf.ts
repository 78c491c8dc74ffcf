import { setImmediate as breathe } from 'node:timers/promises'
import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import { activeIn } from './active.ts'
import type { Bounds } from './bounds.ts'
import { Expansion } from './expansion.ts'
import { addressFault, dangerOf } from './pdf-danger.ts'
import { decode } from './pdf-stream.ts'
import { type PdfDictionary, PdfReader, PdfReference, type PdfValue } from './pdf-values.ts'
import { isOfType, readTable, readXrefStream, type Section } from './pdf-xref.ts'
import type { Source } from './source.ts'
import type { Facts } from './walk.ts'

const MAX_PDF_BYTES = 64 * 1024 * 1024 // held in memory while it is read
const HEADER = /^%PDF-(?:1\.[0-7]|2\.0)[ \t]*[\r\n]/
const BREATH_BYTES = 256 * 1024
/** An object that is nothing but a number, as indirect lengths are. */
const NUMBER_OBJECT = /(?<![^\s\0])(\d{1,10})\s+\d{1,5}\s+obj\s+(\d{1,10})\s+endobj/g

interface StreamObject {
  readonly number: number
  readonly at: number
  readonly dictionary: PdfDictionary
  readonly data: Buffer
}

/**
 * Walks a PDF from its first byte to its last: nothing but objects, cross-references, trailers and
 * comments; every cross-reference leads to an object that was seen; compressed objects are unpacked
 * and read like the others; names decoded before they are judged.
 *
 * @see ISO 32000-2 §7
 */
export async function walkPdf(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  if (source.size > MAX_PDF_BYTES) {
    return because(refusals.tooLarge, `a PDF of more than ${MAX_PDF_BYTES} bytes`)
  }
  const bytes = await source.read(0, source.size)
  if (!HEADER.test(bytes.toString('latin1', 0, 16))) return malformed('the header')
  const walk = new PdfWalk(bytes, bounds)
  return (await walk.objects()) ?? (await walk.streams()) ?? walk.references() ?? {}
}

class PdfWalk {
  readonly #bytes: Buffer
  readonly #bounds: Bounds
  readonly #reader: PdfReader
  readonly #expansion: Expansion
  /** Where objects of a number begin; updates define them again. */
  readonly #begins = new Map<number, Set<number>>()
  readonly #streams: StreamObject[] = []
  readonly #sections = new Map<number, Section>()
  readonly #containers = new Set<number>()
  readonly #inContainers = new Set<number>()
  #lengths: Map<number, number[]> | undefined
  #danger: Refusal | undefined
  #start: number | undefined
  #ended = false

  constructor(bytes: Buffer, bounds: Bounds) {
    this.#bytes = bytes
    this.#bounds = bounds
    this.#expansion = new Expansion(bounds.archive)
    this.#reader = new PdfReader(bytes, 0, this.#name, (from, to) => this.#comment(from, to))
  }

  readonly #name = (name: string): void => {
    this.#danger ??= dangerOf(name, this.#bounds.pdf)
  }

  #comment(from: number, to: number): void {
    if (this.#bytes.toString('latin1', from, from + 5) === '%%EOF') this.#ended = true
    const active = activeIn(this.#bytes.subarray(from, to))
    if (active !== undefined) this.#danger ??= because(refusals.activeContent, `holds ${active}`)
  }

  /** Everything at the top level, in the order of the file. */
  async objects(): Promise<Refusal | undefined> {
    const reader = this.#reader
    let breath = 0
    for (;;) {
      reader.blanks()
      if (reader.at >= this.#bytes.length) break
      const at = reader.at
      const ended = this.#ended
      if (reader.word('xref')) {
        const section = readTable(reader, at)
        if (section === undefined) return malformed('a cross-reference table')
        this.#sections.set(at, section)
      } else if (reader.word('startxref')) {
        reader.blanks()
        this.#start = reader.integer()
        this.#ended = false
      } else {
        const number = this.#objectHead()
        if (number === undefined) {
          return ended ? because(refusals.polyglot, 'bytes after the end') : malformed('no object')
        }
        const fault = this.#object(number, at)
        if (fault) return fault
      }
      if (reader.fault !== undefined) return malformed(reader.fault)
      if (this.#danger) return this.#danger
      if (reader.at - breath > BREATH_BYTES) {
        breath = reader.at
        await breathe()
      }
    }
    return this.#ended && this.#start !== undefined ? undefined : malformed('no end')
  }

  #objectHead(): number | undefined {
    const reader = this.#reader
    const number = reader.integer()
    reader.blanks()
    const generation = reader.integer()
    reader.blanks()
    return generation !== undefined && reader.word('obj') ? number : undefined
  }

  #object(number: number, at: number): Refusal | undefined {
    const reader = this.#reader
    this.#ended = false
    const begins = this.#begins.get(number) ?? new Set()
    this.#begins.set(number, begins.add(at))
    const value = reader.value()
    if (reader.fault !== undefined) return malformed(reader.fault)
    const address = addressFault(value)
    if (address) return address
    reader.blanks()
    if (reader.word('stream')) {
      if (!(value instanceof Map)) return malformed('a stream without dictionary')
      const data = this.#streamData(value)
      if (data === undefined) return malformed('the length of a stream')
      this.#streams.push({ number, at, dictionary: value, data })
      reader.blanks()
    }
    return reader.word('endobj') ? undefined : malformed('an object without end')
  }

  /** The bytes between `stream` and `endstream`, which `Length` must measure. */
  #streamData(dictionary: PdfDictionary): Buffer | undefined {
    const reader = this.#reader
    if (this.#bytes[reader.at] === 13) reader.at += 1
    if (this.#bytes[reader.at] !== 10) return undefined
    const from = reader.at + 1
    const told = dictionary.get('Length')
    const lengths = told instanceof PdfReference ? this.#lengthsOf(told.object) : [told]
    for (const length of lengths) {
      if (typeof length !== 'number' || length < 0 || from + length > this.#bytes.length) continue
      reader.at = from + length
      if (this.#bytes[reader.at] === 13) reader.at += 1
      if (this.#bytes[reader.at] === 10) reader.at += 1
      if (reader.word('endstream')) return this.#bytes.subarray(from, from + length)
    }
    return undefined
  }

  /** The numbers that object `number` is: one, or more where updates changed it. */
  #lengthsOf(object: number): readonly number[] {
    if (this.#lengths === undefined) {
      this.#lengths = new Map()
      for (const match of this.#bytes.toString('latin1').matchAll(NUMBER_OBJECT)) {
        const [number, value] = [Number(match[1]), Number(match[2])]
        const known = this.#lengths.get(number)
        if (known) known.push(value)
        else this.#lengths.set(number, [value])
      }
    }
    return this.#lengths.get(object) ?? []
  }

  /** Inflates every stream, and reads those that hold objects or cross-references. */
  async streams(): Promise<Refusal | undefined> {
    const encrypted = this.#encrypted()
    if (encrypted && !this.#bounds.pdf.dangerouslyAllowEncrypted) {
      return because(refusals.encrypted, 'an encrypted PDF')
    }
    for (const stream of this.#streams) {
      const { dictionary } = stream
      const isXref = isOfType(dictionary, 'XRef')
      const isContainer =
        isOfType(dictionary, 'ObjStm') || (dictionary.has('N') && dictionary.has('First'))
      if (encrypted && !isXref) continue
      const data = await decode(dictionary, stream.data, this.#expansion, isXref || isContainer)
      if (data === undefined) continue
      if (!Buffer.isBuffer(data)) return data
      const refusal = isXref ? this.#xref(stream, data) : await this.#container(stream, data)
      if (refusal) return refusal
    }
    return undefined
  }

  #encrypted(): boolean {
    const trailers = [...this.#sections.values()].map(section => section.trailer)
    const streams = this.#streams.map(stream => stream.dictionary)
    return [...trailers, ...streams.filter(it => isOfType(it, 'XRef'))].some(it =>
      it.has('Encrypt'),
    )
  }

  #xref(stream: StreamObject, data: Buffer): Refusal | undefined {
    const section = readXrefStream(stream.dictionary, data, stream.at)
    if (section === undefined) return malformed('a cross-reference stream')
    this.#sections.set(stream.at, section)
    return undefined
  }

  async #container(stream: StreamObject, data: Buffer): Promise<Refusal | undefined> {
    const [first, count] = [stream.dictionary.get('First'), stream.dictionary.get('N')]
    if (typeof first !== 'number' || typeof count !== 'number' || first > data.length) {
      return malformed('an object stream')
    }
    this.#containers.add(stream.number)
    const head = new PdfReader(data.subarray(0, first), 0, this.#name)
    for (let i = 0; i < count; i++) {
      head.blanks()
      const number = head.integer()
      head.blanks()
      if (number === undefined || head.integer() === undefined) return malformed('an object stream')
      this.#inContainers.add(number)
    }
    const reader = new PdfReader(data, first, this.#name)
    let breath = first
    for (reader.blanks(); reader.at < data.length; reader.blanks()) {
      const fault = addressFault(reader.value())
      if (reader.fault !== undefined) return malformed(`in an object stream, ${reader.fault}`)
      if (fault ?? this.#danger) return fault ?? this.#danger
      if (reader.at - breath > BREATH_BYTES) {
        breath = reader.at
        await breathe()
      }
    }
    return undefined
  }

  /** From `startxref` on: every section was seen, and names only objects that were seen. */
  references(): Refusal | undefined {
    const seen = new Set<number>()
    const pending: (number | undefined)[] = [this.#start]
    let root: PdfValue | undefined
    while (pending.length > 0) {
      const at = this.#landing(pending.pop() ?? -1)
      const section = this.#sections.get(at)
      if (section === undefined) return malformed('startxref or Prev leads nowhere')
      if (seen.has(at)) continue
      seen.add(at)
      for (const [number, offset] of section.offsets) {
        if (this.#begins.get(number)?.has(this.#landing(offset)) !== true) {
          return malformed(`the cross-reference of object ${number}`)
        }
      }
      for (const number of section.containers) {
        if (!this.#containers.has(number))
          return malformed('a cross-reference into no object stream')
      }
      root ??= section.trailer.get('Root')
      for (const key of ['Prev', 'XRefStm']) {
        const next = section.trailer.get(key)
        if (typeof next === 'number') pending.push(next)
      }
    }
    if (!(root instanceof PdfReference)) return malformed('no catalogue')
    const { object } = root
    const known = this.#begins.has(object) || this.#inContainers.has(object)
    return known ? undefined : malformed('no catalogue')
  }

  /** Offsets may lead to the white space before what they mean. */
  #landing(offset: number): number {
    const reader = new PdfReader(this.#bytes, Math.max(0, offset), this.#name)
    while (/[\0\t\n\f\r ]/.test(String.fromCharCode(this.#bytes[reader.at] ?? 1))) reader.at += 1
    return reader.at
  }
}
