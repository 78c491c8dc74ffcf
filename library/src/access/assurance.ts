import { ConfigFault } from '../kernel/fault.ts'

/** A proof of identity and when it was given, by its name in `amr`. */
export interface Proven {
  readonly factor: string
  readonly at: number
}

/** NIST SP 800-63B-4 §2: one factor, or two of different kinds. */
export type Aal = 'aal1' | 'aal2'

/**
 * In a session's factors: the second factor was not asked for, because the browser is trusted. It
 * proves nothing; until a second factor is proven, the session is not fresh for anything.
 */
export const TRUSTED = 'device'

/** First factors: something known, or somebody else's word. One more of them adds nothing. */
const FIRST: ReadonlySet<string> = new Set(['pwd', 'fed'])
/** Something that is had, by RFC 8176 where it has a name: an app, a key, a code on paper. */
const SECOND: ReadonlySet<string> = new Set(['otp', 'hwk', 'recovery'])
/** What people call them. */
const NAMES: Readonly<Record<string, string>> = {
  totp: 'otp',
  passkey: 'hwk',
  'backup-code': 'recovery',
  password: 'pwd',
}

/** Whether it is a factor that can stand beside a password. Unknown words are none. */
export function isSecond(factor: string): boolean {
  return SECOND.has(factor)
}

/** Whether the browser's trust stood in for a second factor that has not been proven since. */
export function owesSecond(factors: readonly Proven[]): boolean {
  return factors.some(one => one.factor === TRUSTED)
}

/**
 * The assurance level that a session's proofs come to, whatever the account could prove besides. A
 * passkey that verified its user is two factors in one; a password and another provider's word are one.
 *
 * AAL3 is never claimed: it asks for keys that cannot leave their hardware, and we ask nobody for
 * attestation.
 *
 * @see NIST SP 800-63B-4 §2.1, §2.2.1, §2.3
 */
export function aalOf(factors: readonly Proven[]): Aal {
  const has = (isIt: (factor: string) => boolean): boolean =>
    factors.some(({ factor }) => isIt(factor))
  const verified = has(factor => factor === 'hwk') && has(factor => factor === 'user')
  return verified || (has(isSecond) && has(factor => FIRST.has(factor))) ? 'aal2' : 'aal1'
}

/** The words of `amr` for what people call a factor: `passkey` is `hwk`, `totp` is `otp`. */
export function factorWords(given: string | readonly string[]): readonly string[] {
  return (typeof given === 'string' ? [given] : given).map(name =>
    Object.hasOwn(NAMES, name) ? (NAMES[name] ?? name) : name,
  )
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * Seconds of `'90s'`, `'5m'`, `'12h'`, `'1d'`, or of a number as it is.
 *
 * @throws {ConfigFault} when it is none of them
 */
export function secondsOf(within: string | number): number {
  const [, digits, unit = ''] = /^([1-9]\d{0,6})([smhd])$/.exec(String(within)) ?? []
  const seconds = typeof within === 'number' ? within : Number(digits) * (UNITS[unit] ?? Number.NaN)
  if (Number.isSafeInteger(seconds) && seconds > 0) return seconds
  throw new ConfigFault('require.within', "write seconds, or a text such as '5m', '12h', '1d'")
}
