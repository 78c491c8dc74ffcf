import { type PdfDictionary, PdfName, type PdfReader, type PdfValue } from './pdf-values.ts'

/** Where one cross-reference section says that objects are. */
export interface Section {
  /** Where it stands. */
  readonly at: number
  /** Object number to offset. */
  readonly offsets: ReadonlyMap<number, number>
  /** Numbers of the object streams that hold further objects. */
  readonly containers: ReadonlySet<number>
  readonly trailer: PdfDictionary
}

const MAX_OBJECTS = 8_388_607 // ISO 32000-1 annex C

/** Reads a table after its word `xref`, and the trailer behind it. */
export function readTable(reader: PdfReader, at: number): Section | undefined {
  const offsets = new Map<number, number>()
  for (;;) {
    reader.blanks()
    if (reader.word('trailer')) break
    const first = reader.integer()
    reader.blanks()
    const count = reader.integer()
    if (first === undefined || count === undefined || first + count > MAX_OBJECTS) return undefined
    for (let i = 0; i < count; i++) {
      reader.blanks()
      const offset = reader.integer()
      reader.blanks()
      const generation = reader.integer()
      reader.blanks()
      const used = reader.word('n')
      if (offset === undefined || generation === undefined || !(used || reader.word('f'))) {
        return undefined
      }
      if (used && offset > 0) offsets.set(first + i, offset)
    }
  }
  const trailer = reader.value()
  return trailer instanceof Map ? { at, offsets, containers: new Set(), trailer } : undefined
}

/** Reads the decoded content of a cross-reference stream. @see ISO 32000-2 §7.5.8 */
export function readXrefStream(
  dictionary: PdfDictionary,
  data: Buffer,
  at: number,
): Section | undefined {
  const widths = numbers(dictionary.get('W'))
  const size = dictionary.get('Size')
  if (widths?.length !== 3 || typeof size !== 'number' || widths.some(width => width > 8)) {
    return undefined
  }
  const [typeBytes = 0, secondBytes = 0, thirdBytes = 0] = widths
  const row = typeBytes + secondBytes + thirdBytes
  const index = dictionary.has('Index') ? numbers(dictionary.get('Index')) : [0, size]
  if (row === 0 || index === undefined || index.length % 2 === 1) return undefined
  const offsets = new Map<number, number>()
  const containers = new Set<number>()
  let next = 0
  for (let pair = 0; pair < index.length; pair += 2) {
    const [first = 0, count = 0] = index.slice(pair, pair + 2)
    if (first + count > MAX_OBJECTS) return undefined
    for (let i = 0; i < count; i++, next += row) {
      if (next + row > data.length) return undefined
      const type = typeBytes === 0 ? 1 : bigEndian(data, next, typeBytes)
      const second = bigEndian(data, next + typeBytes, secondBytes)
      if (type === 1 && second > 0) offsets.set(first + i, second)
      if (type === 2) containers.add(second)
    }
  }
  return { at, offsets, containers, trailer: dictionary }
}

function bigEndian(data: Buffer, at: number, bytes: number): number {
  let value = 0
  for (let i = 0; i < bytes; i++) value = value * 256 + (data[at + i] ?? 0)
  return value
}

function numbers(value: PdfValue | undefined): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined
  const list: readonly PdfValue[] = value
  const found = list.filter(item => typeof item === 'number' && Number.isInteger(item) && item >= 0)
  return found.length === list.length ? (found as number[]) : undefined
}

/** Whether a dictionary says it is of this type. */
export function isOfType(dictionary: PdfDictionary, type: string): boolean {
  const value = dictionary.get('Type')
  return value instanceof PdfName && value.name === type
}
