/** What is wrong with a JSON text. The client may know: it wrote the text. */
export type JsonReason =
  | 'syntax'
  | 'notUtf8'
  | 'bom'
  | 'empty'
  | 'trailing'
  | 'tooLarge'
  | 'tooDeep'
  | 'tooManyKeys'
  | 'tooLong'
  | 'duplicateKey'
  | 'prototype'
  | 'surrogate'
  | 'number'

/** What every level hands up once something is wrong. Never leaves this file. */
const FAILED: unique symbol = Symbol('failed')
type Read = unknown | typeof FAILED

const STRING_PLAIN = /[^"\\\0-\x1f\ud800-\udfff]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const ZERO = /^-?[0.]+(?:[eE]|$)/
const MAX_NUMBER_LENGTH = 100

/**
 * A recursive descent over the text, one object for one text. It stops at the first thing that is
 * wrong: `reason` and `at` say what and where, and on the way out each level adds its own name to
 * the pointer, so that a good text pays nothing for it.
 */
export class JsonReader {
  reason: JsonReason | undefined
  /** Offset in UTF-16 units; after a failure, where it was. */
  at = 0
  readonly #text: string
  readonly #maxDepth: number
  readonly #maxString: number
  #keysLeft: number
  readonly #path: (string | number)[] = []

  constructor(text: string, maxDepth: number, maxKeys: number, maxStringLength: number) {
    this.#text = text
    this.#maxDepth = maxDepth
    this.#keysLeft = maxKeys
    this.#maxString = maxStringLength
  }

  /** The value, or undefined with a `reason`. */
  read(): unknown {
    this.#skipSpace()
    if (this.at === this.#text.length) return this.#answer(this.#fail('empty'))
    const value = this.#value(0)
    if (value === FAILED) return this.#answer(value)
    this.#skipSpace()
    return this.at === this.#text.length ? value : this.#answer(this.#fail('trailing'))
  }

  /** JSON pointer (RFC 6901) to where it failed. */
  pointer(): string {
    return this.#path
      .toReversed()
      .map(step => `/${String(step).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join('')
  }

  #answer(_failed: typeof FAILED): undefined {
    return undefined
  }

  #fail(reason: JsonReason): typeof FAILED {
    this.reason = reason
    return FAILED
  }

  #failIn(step: string | number): typeof FAILED {
    this.#path.push(step)
    return FAILED
  }

  #skipSpace(): void {
    const text = this.#text
    for (;;) {
      const code = text.charCodeAt(this.at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.at++
    }
  }

  #value(depth: number): Read {
    switch (this.#text.charCodeAt(this.at)) {
      case 0x22: // "
        return this.#string()
      case 0x7b: // {
        return this.#object(depth + 1)
      case 0x5b: // [
        return this.#array(depth + 1)
      case 0x74:
        return this.#word('true', true)
      case 0x66:
        return this.#word('false', false)
      case 0x6e:
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  #word(word: string, value: boolean | null): Read {
    if (!this.#text.startsWith(word, this.at)) return this.#fail('syntax')
    this.at += word.length
    return value
  }

  #object(depth: number): Read {
    if (depth > this.#maxDepth) return this.#fail('tooDeep')
    const object: Record<string, unknown> = {}
    this.at++
    this.#skipSpace()
    if (this.#text.charCodeAt(this.at) === 0x7d) {
      this.at++
      return object
    }
    for (;;) {
      if (this.#text.charCodeAt(this.at) !== 0x22) return this.#fail('syntax')
      const start = this.at
      const key = this.#string()
      if (typeof key !== 'string') return FAILED
      if (!this.#mayName(object, key, start)) return this.#failIn(key)
      this.#skipSpace()
      if (this.#text.charCodeAt(this.at) !== 0x3a) return this.#fail('syntax')
      this.at++
      this.#skipSpace()
      const value = this.#value(depth)
      if (value === FAILED) return this.#failIn(key)
      if (key === 'constructor' && hasPrototype(value)) {
        this.at = start
        this.#fail('prototype')
        return this.#failIn(key)
      }
      object[key] = value
      this.#skipSpace()
      const next = this.#text.charCodeAt(this.at)
      if (next === 0x7d) {
        this.at++
        return object
      }
      if (next !== 0x2c) return this.#fail('syntax')
      this.at++
      this.#skipSpace()
    }
  }

  #mayName(object: object, key: string, start: number): boolean {
    if (key === '__proto__') this.reason = 'prototype'
    else if (Object.hasOwn(object, key)) this.reason = 'duplicateKey'
    else if (this.#keysLeft-- <= 0) this.reason = 'tooManyKeys'
    else return true
    this.at = start
    return false
  }

  #array(depth: number): Read {
    if (depth > this.#maxDepth) return this.#fail('tooDeep')
    const array: unknown[] = []
    this.at++
    this.#skipSpace()
    if (this.#text.charCodeAt(this.at) === 0x5d) {
      this.at++
      return array
    }
    for (;;) {
      if (this.#keysLeft-- <= 0) {
        this.#fail('tooManyKeys')
        return this.#failIn(array.length)
      }
      const value = this.#value(depth)
      if (value === FAILED) return this.#failIn(array.length)
      array.push(value)
      this.#skipSpace()
      const next = this.#text.charCodeAt(this.at)
      if (next === 0x5d) {
        this.at++
        return array
      }
      if (next !== 0x2c) return this.#fail('syntax')
      this.at++
      this.#skipSpace()
    }
  }

  #string(): Read {
    const start = this.at + 1
    STRING_PLAIN.lastIndex = start
    STRING_PLAIN.test(this.#text)
    const end = STRING_PLAIN.lastIndex
    if (end - start > this.#maxString) return this.#fail('tooLong')
    if (this.#text.charCodeAt(end) === 0x22) {
      this.at = end + 1
      return this.#text.slice(start, end)
    }
    return this.#oddString(start)
  }

  /** Strings with escapes, surrogates or something wrong in them. */
  #oddString(start: number): Read {
    const text = this.#text
    let end = start
    for (; ; end++) {
      const code = text.charCodeAt(end)
      if (code === 0x22) break
      if (code === 0x5c) end++
      if (code < 0x20 || Number.isNaN(code)) return this.#fail('syntax')
      // An escape takes at most six units for one, so this is surely too long.
      if (end - start > this.#maxString * 6) return this.#fail('tooLong')
    }
    const value = unescaped(text.slice(start - 1, end + 1))
    if (value === undefined) return this.#fail('syntax')
    if (value.length > this.#maxString) return this.#fail('tooLong')
    if (!value.isWellFormed()) return this.#fail('surrogate')
    this.at = end + 1
    return value
  }

  #number(): Read {
    NUMBER.lastIndex = this.at
    const found = NUMBER.exec(this.#text)
    if (found === null) return this.#fail('syntax')
    const token = found[0]
    if (token.length > MAX_NUMBER_LENGTH) return this.#fail('number')
    const value = Number(token)
    // Decision: what would come out as another number is refused: infinities, whole numbers
    // beyond 2^53 - 1 and fractions too small for anything but zero.
    // Cost: larger whole numbers, and 1e20, have to be sent as strings.
    const lost = Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value)
    if (lost || (value === 0 && !ZERO.test(token))) return this.#fail('number')
    this.at += token.length
    return value
  }
}

function hasPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
}

/** Escapes are the engine's business: the token is a whole JSON text of its own. */
function unescaped(token: string): string | undefined {
  try {
    const value: unknown = JSON.parse(token)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
