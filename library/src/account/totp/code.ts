import { createHmac } from 'node:crypto'
import { sameText } from '../../kernel/bytes.ts'

/** SHA-1 because that is what authenticator apps speak; SHA-256 for those that can (D17). */
export type TotpAlgorithm = 'sha1' | 'sha256' | 'sha512'

export const STEP_MS = 30_000
const DIGITS = 6

/** The time step that a moment lies in. */
export function stepAt(at: number): number {
  return Math.floor(at / STEP_MS)
}

/**
 * The code of one time step.
 *
 * @see RFC 6238 §4, RFC 4226 §5.3
 */
export function totpCode(
  secret: Uint8Array,
  step: number,
  algorithm: TotpAlgorithm = 'sha1',
  digits: number = DIGITS,
): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac(algorithm, secret).update(counter).digest()
  const offset = digest.readUInt8(digest.length - 1) & 0x0f
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/**
 * Which of `steps` the code belongs to. Looks at all of them, whichever fits.
 *
 * @returns the step, or `undefined`
 */
export function matchingStep(
  secret: Uint8Array,
  code: string,
  steps: readonly number[],
  algorithm: TotpAlgorithm,
): number | undefined {
  let found: number | undefined
  for (const step of steps) {
    if (sameText(totpCode(secret, step, algorithm), code)) found = step
  }
  return found
}
