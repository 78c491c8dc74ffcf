import { inspect } from 'node:util'

const REDACTED = '[secret]'

/**
 * Holds a value that must not be printed. JSON, templates, `inspect`, errors and structured clones
 * show `[secret]` or nothing; only `reveal()` gives it out, so every use can be found by that word.
 *
 * @see ASVS 13.3.1, 16.2.5
 */
export class Secret<T = string> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** The value. Call it where the value is used, and keep the answer in no variable that lives. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [Symbol.toPrimitive](): string {
    return REDACTED
  }
}

// Set from outside because isolated declarations cannot name a computed member.
Object.defineProperty(Secret.prototype, inspect.custom, { value: () => REDACTED })
