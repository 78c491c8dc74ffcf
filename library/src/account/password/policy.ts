import type { Refusal } from '../../kernel/refusal.ts'
import { type Blocklist, commonPasswords } from './blocklist.ts'
import { isPredictable, period } from './predictable.ts'

const refusal = (reason: string, detail: string): Refusal => ({
  code: `password.${reason}`,
  says: `password.${reason}`,
  status: 422,
  errors: [{ pointer: '/password', detail }],
})

export const refusals: Readonly<
  Record<
    'tooShort' | 'tooLong' | 'malformed' | 'common' | 'predictable' | 'context' | 'breached',
    Refusal
  >
> = {
  tooShort: refusal('too_short', 'is too short'),
  tooLong: refusal('too_long', 'is longer than 256 characters'),
  malformed: refusal('malformed', 'holds characters that cannot be typed again'),
  common: refusal('common', 'is one of the passwords that are tried first'),
  predictable: refusal('predictable', 'is a run or a repetition'),
  context: refusal('context', 'is little more than a name, an address or the name of the service'),
  breached: refusal('breached', 'is known from a data breach'),
}

/** Lengths in code points. Together with the bytes they keep hashing cheap (ASVS 6.2.9). */
export const LENGTH = { alone: 15, withSecondFactor: 8, most: 256, mostBytes: 1024 } as const

export interface PolicyOptions {
  /** Code points; 15 unless told, 8 where a second factor is enforced for everybody. */
  readonly minLength?: number
  /** Words that no password may be built of, beside name and address of the person. */
  readonly contextWords?: readonly string[]
  /** In place of the list that ships. */
  readonly blocklist?: Blocklist
}

/** What is known of whom the password is for. */
export type Context = readonly (string | undefined)[]

export type Policy = (password: string, context?: Context) => Refusal | undefined

/**
 * Judges a password that somebody wants to set. No classes of characters, no expiry: length, and not
 * among what is tried first.
 *
 * @returns `password.too_short`, `.too_long`, `.malformed`, `.common`, `.predictable`, `.context`, or
 *   `undefined` for a good one
 * @see ASVS 6.2.1, 6.2.4, 6.2.5, 6.2.9, 6.2.11; NIST SP 800-63B-4 §3.1.1.2
 */
export async function passwordPolicy(options: PolicyOptions = {}): Promise<Policy> {
  const least = options.minLength ?? LENGTH.alone
  const isCommon = options.blocklist ?? (await commonPasswords())
  const ours = options.contextWords ?? []
  const tooShort = refusal('too_short', `is shorter than ${least} characters`)
  return (password, context = []) => {
    if (password.length > 2 * LENGTH.most) return refusals.tooLong
    if (!password.isWellFormed() || password.includes('\0')) return refusals.malformed
    const normal = normalised(password)
    const length = [...normal].length
    if (length > LENGTH.most || Buffer.byteLength(normal) > LENGTH.mostBytes) {
      return refusals.tooLong
    }
    if (length < least) return tooShort
    if (isCommonIn(normal, isCommon)) return refusals.common
    if (isPredictable(normal)) return refusals.predictable
    if (isAboutThem(normal, [...ours, ...context])) return refusals.context
    return undefined
  }
}

/**
 * Decision: NFC at set and at verify, so that one password typed on two keyboards is one (NIST asks
 * for it, ASVS 6.2.8 for the bytes as received). Nothing is trimmed, folded or cut.
 * Cost: passwords that differ only in composition are one; nobody guesses by that.
 */
export function normalised(password: string): string {
  return password.normalize('NFC')
}

/** The whole, what is left without digits and signs around it, and the piece it repeats. */
function isCommonIn(password: string, isCommon: Blocklist): boolean {
  const bare = password.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  const piece = password.slice(0, period(password.toLowerCase()))
  return isCommon(password) || isCommon(bare) || isCommon(piece)
}

const LEAST_WORD = 4
const LEAST_OWN = 8

function isAboutThem(password: string, context: Context): boolean {
  let left = password.toLowerCase()
  const words = context.flatMap(one => (one ?? '').toLowerCase().split(/[^\p{L}\p{N}]+/u))
  const known = words.filter(word => word.length >= LEAST_WORD)
  for (const word of known.sort((a, b) => b.length - a.length)) left = left.replaceAll(word, '')
  if (left.length === password.length) return false
  return [...left.replace(/[^\p{L}\p{N}]/gu, '')].length < LEAST_OWN
}
