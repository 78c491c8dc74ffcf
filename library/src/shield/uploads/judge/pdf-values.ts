/** A name, decoded: `/J#53` is `JS`. */
export class PdfName {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** `12 0 R` */
export class PdfReference {
  readonly object: number
  constructor(object: number) {
    this.object = object
  }
}

/** What stands in a PDF object. Strings keep their bytes as Latin-1 text. */
export type PdfValue =
  | PdfName
  | PdfReference
  | PdfDictionary
  | readonly PdfValue[]
  | number
  | string
  | boolean
  | null
export type PdfDictionary = ReadonlyMap<string, PdfValue>

const MAX_DEPTH = 100
const TAB = 9
const SPACE = 32
const PERCENT = 37
const LEFT = 40
const RIGHT = 41
const SLASH = 47
const LESS = 60
const MORE = 62
const BACKSLASH = 92

/** White space (ISO 32000-2 table 1): NUL, tab, line feed, form feed, carriage return, blank. */
export function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === 10 || byte === 13 || byte === TAB || byte === 12 || byte === 0
}

const DELIMITERS: ReadonlySet<number> = new Set(Buffer.from('()<>[]{}/%'))

function isRegular(byte: number | undefined): boolean {
  return byte !== undefined && !isBlank(byte) && !DELIMITERS.has(byte)
}

/** Reads values out of bytes, one after the other. @see ISO 32000-2 §7.2, §7.3 */
export class PdfReader {
  readonly bytes: Buffer
  at: number
  /** Why the bytes are not PDF syntax. Once set, every further value is `null`. */
  fault: string | undefined
  readonly #onName: (name: string) => void
  readonly #onComment: (from: number, to: number) => void

  constructor(
    bytes: Buffer,
    at: number,
    onName: (name: string) => void,
    onComment: (from: number, to: number) => void = () => undefined,
  ) {
    this.bytes = bytes
    this.at = at
    this.#onName = onName
    this.#onComment = onComment
  }

  /** Goes over white space and comments. */
  blanks(): void {
    const { bytes } = this
    for (;;) {
      while (isBlank(bytes[this.at]) && this.at < bytes.length) this.at += 1
      if (bytes[this.at] !== PERCENT) return
      const from = this.at
      while (this.at < bytes.length && bytes[this.at] !== 10 && bytes[this.at] !== 13) this.at += 1
      this.#onComment(from, this.at)
    }
  }

  /** Takes `word` when it stands here as a word of its own. */
  word(word: string): boolean {
    const end = this.at + word.length
    if (this.bytes.toString('latin1', this.at, end) !== word || isRegular(this.bytes[end]))
      return false
    this.at = end
    return true
  }

  /** A whole number without a sign, or `undefined`. */
  integer(): number | undefined {
    const from = this.at
    while (isDigit(this.bytes[this.at])) this.at += 1
    const text = this.bytes.toString('latin1', from, this.at)
    if (text === '' || text.length > 15 || isRegular(this.bytes[this.at])) {
      this.at = from
      return undefined
    }
    return Number(text)
  }

  value(depth = 0): PdfValue {
    this.blanks()
    const { bytes } = this
    const byte = bytes[this.at]
    if (this.fault !== undefined) return null
    if (depth > MAX_DEPTH) return this.#stop('values too deep')
    if (byte === SLASH) return this.#name()
    if (byte === LEFT) return this.#string()
    if (byte === LESS) return bytes[this.at + 1] === LESS ? this.#dictionary(depth) : this.#hex()
    if (byte === 91) return this.#array(depth)
    if (isDigit(byte)) {
      const reference = this.#reference()
      if (reference) return reference
    }
    return this.#other()
  }

  #stop(fault: string): null {
    this.fault ??= fault
    this.at = this.bytes.length
    return null
  }

  #name(): PdfName {
    const from = ++this.at
    while (isRegular(this.bytes[this.at])) this.at += 1
    const raw = this.bytes.toString('latin1', from, this.at)
    const name = raw.includes('#')
      ? raw.replace(/#([0-9a-fA-F]{2})/g, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        )
      : raw
    this.#onName(name)
    return new PdfName(name)
  }

  #string(): string | null {
    const from = ++this.at
    let depth = 1
    for (; this.at < this.bytes.length; this.at++) {
      const byte = this.bytes[this.at]
      if (byte === BACKSLASH) this.at += 1
      else if (byte === LEFT) depth += 1
      else if (byte === RIGHT && --depth === 0) {
        this.at += 1
        return this.bytes.toString('latin1', from, this.at - 1)
      }
    }
    return this.#stop('a string without end')
  }

  #hex(): string | null {
    const end = this.bytes.indexOf(MORE, this.at)
    const digits = end === -1 ? '!' : this.bytes.toString('latin1', this.at + 1, end)
    if (!/^[0-9a-fA-F\s\0]*$/.test(digits)) return this.#stop('a hexadecimal string')
    this.at = end + 1
    return Buffer.from(digits.replace(/[\s\0]/g, ''), 'hex').toString('latin1')
  }

  #dictionary(depth: number): PdfDictionary | null {
    this.at += 2
    const entries = new Map<string, PdfValue>()
    for (;;) {
      this.blanks()
      if (this.bytes[this.at] === MORE && this.bytes[this.at + 1] === MORE) {
        this.at += 2
        return entries
      }
      if (this.bytes[this.at] !== SLASH) return this.#stop('a dictionary')
      const key = this.#name().name
      if (entries.has(key)) return this.#stop(`key ${key.slice(0, 20)} twice`)
      entries.set(key, this.value(depth + 1))
      if (this.fault !== undefined) return null
    }
  }

  #array(depth: number): PdfValue[] | null {
    this.at += 1
    const values: PdfValue[] = []
    for (;;) {
      this.blanks()
      if (this.bytes[this.at] === 93) {
        this.at += 1
        return values
      }
      values.push(this.value(depth + 1))
      if (this.fault !== undefined) return null
    }
  }

  #reference(): PdfReference | undefined {
    const from = this.at
    const object = this.integer()
    if (object !== undefined && isBlank(this.bytes[this.at])) {
      this.blanks()
      const generation = this.integer()
      if (generation !== undefined && isBlank(this.bytes[this.at])) {
        this.blanks()
        if (this.word('R')) return new PdfReference(object)
      }
    }
    this.at = from
    return undefined
  }

  #other(): number | boolean | null {
    const from = this.at
    while (isRegular(this.bytes[this.at])) this.at += 1
    const text = this.bytes.toString('latin1', from, Math.min(this.at, from + 64))
    if (text === 'true') return true
    if (text === 'false') return false
    if (text === 'null') return null
    if (/^[+-]*\d*\.?\d*-?\d*$/.test(text) && /\d|\./.test(text))
      return Number.parseFloat(text) || 0
    return this.#stop('a word that is no value')
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57
}
