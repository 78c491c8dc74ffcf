import { createHash } from 'node:crypto'

/**
 * Random choices that can be repeated: the same seed and name make the same choices, in whatever
 * order the checks run. Nothing secret comes from here; passwords of accounts do not either.
 */
export class Dice {
  readonly #seed: string
  #count = 0
  #pool: Buffer = Buffer.alloc(0)

  constructor(seed: string) {
    this.#seed = seed
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    return this.#uint32() % below
  }

  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.#uint32().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }

  /** Lower-case letters, starting with one that is no hex digit. */
  letters(count: number): string {
    return Array.from({ length: count }, () => String.fromCharCode(97 + this.below(26))).join('')
  }

  /** A whole number of exactly five digits, for products nobody has in a page by chance. */
  factor(): number {
    return 10_007 + this.below(89_000)
  }

  #uint32(): number {
    if (this.#pool.length < 4)
      this.#pool = createHash('sha256')
        .update(`${this.#seed}\0${this.#count++}`)
        .digest()
    const value = this.#pool.readUInt32BE(0)
    this.#pool = this.#pool.subarray(4)
    return value
  }
}
