import { ConfigFault } from '../kernel/fault.ts'
import { type FactorOptions, type FactorSettings, factorSettings } from './factors/settings.ts'

/** What the account flows can be told. Everything has a safe value of its own. */
export interface FlowOptions {
  /** How the service calls itself in mails; its host unless told. */
  readonly service?: string
  /** Answers that must not be told apart leave after this long, or a whole multiple; 250 unless told. */
  readonly answerMs?: number
  /** Life of a reset link; 900 (15 minutes) unless told, at most 86,400. */
  readonly resetSeconds?: number
  /** Life of a verification link; 86,400 (a day) unless told. */
  readonly verifySeconds?: number
  /** How long a moved address can be moved back from the old mailbox; 604,800 (7 days) unless told. */
  readonly undoSeconds?: number
  /** Between the wish to be deleted and the end; 1,209,600 (14 days) unless told. */
  readonly graceSeconds?: number
  /** How fresh a proof of identity must be for a change of the account; 300 unless told. */
  readonly stepUpSeconds?: number
  /** A device is recognised for this long after its last sign-in; 15,552,000 (180 days) unless told. */
  readonly deviceSeconds?: number
  /** What an account becomes when it is registered; `user` unless told. */
  readonly role?: string
  /**
   * How often an hour one client address may start what sends a mail: registering, resending, asking
   * for a new password. 20 unless told; 2,000 in development, where every client is one machine.
   */
  readonly mailsPerAddressHourly?: number
  /** Who must have a second factor, which browsers are spared it, and how it is begun anew. */
  readonly factors?: FactorOptions
}

export interface AccountSettings {
  /** Public origin; links are made from it and from nothing that a request says. */
  readonly origin: string
  readonly service: string
  readonly answerMs: number
  readonly resetMs: number
  readonly verifyMs: number
  readonly undoMs: number
  readonly graceMs: number
  readonly stepUpMs: number
  readonly deviceMs: number
  readonly role: string
  readonly mailsPerAddressHourly: number
  readonly factors: FactorSettings
}

const DAY = 86_400

/**
 * Judges the options once, at start.
 *
 * @throws {ConfigFault} when a number is out of its bounds
 */
export function accountSettings(origin: string, options: FlowOptions = {}): AccountSettings {
  const bounded = (name: keyof FlowOptions, usual: number, least: number, most: number): number => {
    const value = options[name] ?? usual
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      throw new ConfigFault(`account.${name}`, `is not a number from ${least} to ${most}`)
    }
    return value
  }
  return {
    origin,
    service: options.service ?? new URL(origin).host,
    answerMs: bounded('answerMs', 250, 0, 10_000),
    resetMs: bounded('resetSeconds', 900, 60, DAY) * 1000,
    verifyMs: bounded('verifySeconds', DAY, 60, 30 * DAY) * 1000,
    undoMs: bounded('undoSeconds', 7 * DAY, 3_600, 90 * DAY) * 1000,
    graceMs: bounded('graceSeconds', 14 * DAY, 0, 365 * DAY) * 1000,
    stepUpMs: bounded('stepUpSeconds', 300, 10, 3_600) * 1000,
    deviceMs: bounded('deviceSeconds', 180 * DAY, 60, 400 * DAY) * 1000,
    role: options.role ?? 'user',
    mailsPerAddressHourly: bounded('mailsPerAddressHourly', 20, 1, 1_000_000),
    factors: factorSettings(options.factors),
  }
}
