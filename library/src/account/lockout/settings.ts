import { ConfigFault } from '../../kernel/fault.ts'
import type { Backoff, Rate } from '../../store/port/counters.ts'

export interface LockoutOptions {
  /** Failures on one account from unknown devices before delays begin; 5 unless told. */
  readonly freeFailures?: number
  /** The first delay in seconds; it doubles with each failure. 1 unless told. */
  readonly firstDelaySeconds?: number
  /** The longest delay in seconds; 900 (15 minutes) unless told. */
  readonly longestDelaySeconds?: number
  /**
   * Failures in a row after which unknown devices are shut out until the owner resets, unlocks or
   * signs in from a known device; 100 unless told, and at most 100 (NIST SP 800-63B-4 §3.2.2).
   */
  readonly shutAfterFailures?: number
  /** Failures from one address (IPv6: /64) before it waits; 50 in 15 minutes unless told. */
  readonly addressFailures?: number
  /** Failures a minute all over the service that count as spraying; 300 unless told. */
  readonly sprayFailuresPerMinute?: number
  /** With a challenge: asked of unknown devices after this many failures on a name; 3 unless told. */
  readonly challengeAfterFailures?: number
}

export interface LockoutSettings {
  readonly account: Backoff
  readonly device: Backoff
  /** An address while failures all over the service are few. */
  readonly calmAddress: Backoff
  /** An address while somebody sprays: a tenth of its calm budget. */
  readonly address: Backoff
  readonly spray: Rate
  /** Who does not solve the challenge waits this instead. */
  readonly soft: Backoff
}

const MINUTE = 60_000
const DAY = 86_400_000

/**
 * Judges the numbers once, at start.
 *
 * @throws {ConfigFault} for what would lock nobody, or everybody
 */
export function lockoutSettings(options: LockoutOptions): LockoutSettings {
  const whole = (name: keyof LockoutOptions, usual: number, most: number): number => {
    const value = options[name] ?? usual
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new ConfigFault(`lockout.${name}`, `is not a whole number from 1 to ${most}`)
    }
    return value
  }
  const baseMs = whole('firstDelaySeconds', 1, 3_600) * 1000
  const capMs = whole('longestDelaySeconds', 900, 86_400) * 1000
  const free = whole('freeFailures', 5, 50)
  const shutAfter = whole('shutAfterFailures', 100, 100)
  if (shutAfter <= free) {
    throw new ConfigFault('lockout.shutAfterFailures', 'is not above lockout.freeFailures')
  }
  const account = { free, baseMs, capMs, forgetMs: DAY, shutAfter }
  const perAddress = whole('addressFailures', 50, 10_000)
  const calmAddress = { free: perAddress, baseMs: 5_000, capMs: 15 * MINUTE, forgetMs: 15 * MINUTE }
  return {
    account,
    device: { ...account, free: 2 * free },
    calmAddress,
    address: { ...calmAddress, free: Math.max(1, Math.ceil(perAddress / 10)) },
    spray: { limit: whole('sprayFailuresPerMinute', 300, 1_000_000), windowMs: MINUTE },
    // Who does not solve may wait instead: a page without script must not end here.
    soft: {
      free: whole('challengeAfterFailures', 3, 50),
      baseMs: 30_000,
      capMs: 15 * MINUTE,
      forgetMs: DAY,
    },
  }
}
