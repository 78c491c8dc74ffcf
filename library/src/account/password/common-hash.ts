import { hash } from 'node:crypto'

/** 40 bits: among 36,000 entries one password in thirty million is refused by mistake. */
export const HASH_BYTES = 5

/** How a lower-case password stands in the list. */
export function commonHash(word: string): Buffer {
  return hash('sha256', `bulwark/common/${word}`, 'buffer').subarray(0, HASH_BYTES)
}
