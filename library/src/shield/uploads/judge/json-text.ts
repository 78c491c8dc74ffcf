import type { Refusal } from '../../../kernel/refusal.ts'
import { malformed } from '../refusals.ts'
import type { Source } from './source.ts'
import { walkWords } from './text.ts'
import type { Facts } from './walk.ts'

const MAX_DEPTH = 512

/** What may come next. */
type Expect = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'nothing'

const STRING_REST = /[^"\\\x00-\x1f]*/y
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const WORD = /[-+.\w]*/y
const SPACE = /[ \t\n\r]*/y

/**
 * Reads JSON in pieces of any length without building it: the same texts pass as `JSON.parse` takes,
 * to a depth of 512. A byte order mark before it is let through.
 *
 * @see RFC 8259
 */
export class JsonReader {
  #expect: Expect = 'value'
  /** Open arrays and objects, innermost last. */
  readonly #open: ('[' | '{')[] = []
  /** Inside a string, after a backslash, with so many hex digits to come. */
  #string = false
  #isKey = false
  #escape = false
  #hex = 0
  /** A number or word so far. */
  #word = ''
  #fault: string | undefined

  /** Why the text is not JSON, once that is known. */
  get fault(): string | undefined {
    return this.#fault
  }

  write(text: string): void {
    let at = 0
    while (at < text.length && this.#fault === undefined) {
      at = this.#string ? this.#inString(text, at) : this.#outside(text, at)
    }
  }

  end(): void {
    if (this.#word !== '') this.#endWord()
    if (this.#string || this.#open.length > 0 || this.#expect !== 'nothing') {
      this.#fault ??= 'ends in the middle'
    }
  }

  #inString(text: string, at: number): number {
    const character = text[at] ?? ''
    if (this.#hex > 0) {
      if (!/[0-9a-fA-F]/.test(character)) this.#fault = 'an escape'
      this.#hex -= 1
      return at + 1
    }
    if (this.#escape) {
      this.#escape = false
      if (character === 'u') this.#hex = 4
      else if (!'"\\/bfnrt'.includes(character)) this.#fault = 'an escape'
      return at + 1
    }
    STRING_REST.lastIndex = at
    STRING_REST.exec(text)
    const end = STRING_REST.lastIndex
    if (end === text.length) return end
    if (text[end] === '\\') this.#escape = true
    else if (text[end] === '"') this.#endString()
    else this.#fault = 'a control character in a string'
    return end + 1
  }

  #endString(): void {
    this.#string = false
    if (this.#isKey) this.#expect = ':'
    else this.#endValue()
  }

  #endValue(): void {
    this.#expect = this.#open.length === 0 ? 'nothing' : ', or end'
  }

  #outside(text: string, from: number): number {
    WORD.lastIndex = from
    WORD.exec(text)
    const end = WORD.lastIndex
    if (end > from) {
      this.#word += text.slice(from, end)
      if (this.#word.length > 1024) this.#fault = 'a number without end'
      return end
    }
    if (this.#word !== '') this.#endWord()
    SPACE.lastIndex = from
    SPACE.exec(text)
    if (SPACE.lastIndex > from) return SPACE.lastIndex
    if (this.#fault === undefined) this.#sign(text[from] ?? '')
    return from + 1
  }

  #endWord(): void {
    const isValue = this.#expect === 'value' || this.#expect === 'value or ]'
    const word = this.#word
    this.#word = ''
    if (
      !isValue ||
      !(word === 'true' || word === 'false' || word === 'null' || NUMBER.test(word))
    ) {
      this.#fault = 'a word that is no value'
    } else this.#endValue()
  }

  #sign(sign: string): void {
    const expect = this.#expect
    const isValue = expect === 'value' || expect === 'value or ]'
    const isKey = expect === 'key' || expect === 'key or }'
    if (sign === '"' && (isValue || isKey)) {
      this.#string = true
      this.#isKey = isKey
    } else if ((sign === '[' || sign === '{') && isValue) {
      if (this.#open.length >= MAX_DEPTH) this.#fault = 'values too deep'
      this.#open.push(sign)
      this.#expect = sign === '[' ? 'value or ]' : 'key or }'
    } else if (sign === ':' && expect === ':') this.#expect = 'value'
    else if (sign === ',' && expect === ', or end') {
      this.#expect = this.#open.at(-1) === '[' ? 'value' : 'key'
    } else if (sign === ']' && (expect === 'value or ]' || expect === ', or end')) this.#close('[')
    else if (sign === '}' && (expect === 'key or }' || expect === ', or end')) this.#close('{')
    else this.#fault = 'a sign where none belongs'
  }

  #close(open: '[' | '{'): void {
    if (this.#open.pop() !== open) this.#fault = 'a bracket that closes another'
    else this.#endValue()
  }
}

/** Walks a JSON text to its end. */
export async function walkJson(source: Source): Promise<Refusal | Facts> {
  const reader = new JsonReader()
  let first = true
  const refusal = await walkWords(source, words => {
    const text = words.toString('utf8')
    reader.write(first && text.startsWith('\ufeff') ? text.slice(1) : text)
    first = false
    return reader.fault === undefined ? undefined : malformed(`not JSON: ${reader.fault}`)
  })
  if (refusal) return refusal
  reader.end()
  return reader.fault === undefined ? {} : malformed(`not JSON: ${reader.fault}`)
}
