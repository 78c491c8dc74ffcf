import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'

/** What second factors can be told. Everything has a safe value of its own. */
export interface FactorOptions {
  /**
   * Who must have an authenticator app or a passkey. Nobody unless told; without `roles`, everybody.
   * In the days of grace, which begin with the first request under the role, people are told of it;
   * after them a session is good for setting one up and for nothing else.
   */
  readonly required?: {
    readonly roles?: string | readonly string[]
    /** 0 to 90; 7 unless told. */
    readonly graceDays?: number
  }
  /**
   * How long a browser is spared the second factor when its person says so; 30 unless told, 0 for
   * never, 90 at most.
   */
  readonly trustDays?: number
  /** Hours between the wish to begin anew without factors and its fulfilment; 72 unless told, 1 to 720. */
  readonly recoveryHours?: number
  /** What new apps are set up with; `sha1` unless told, which every app speaks, `sha256` some. */
  readonly totpAlgorithm?: 'sha1' | 'sha256'
  /** What happens to other sessions when a factor comes or goes; they end unless told. */
  readonly otherSessions?: 'end' | 'keep'
  /** More addresses that are told of every change of factors (NIST SP 800-63B-4 §4.6). */
  readonly notifyAlso?: (accountId: string) => Promise<readonly string[]>
}

export interface FactorSettings {
  readonly required:
    | { readonly roles: readonly string[] | undefined; readonly graceMs: number }
    | undefined
  /** 0: no browser is ever trusted. */
  readonly trustMs: number
  readonly recoveryMs: number
  readonly totpAlgorithm: 'sha1' | 'sha256'
  readonly otherSessions: 'end' | 'keep'
  readonly notifyAlso: (accountId: string) => Promise<readonly string[]>
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * Judges the options once, at start.
 *
 * @throws {ConfigFault} when a number is out of its bounds or a word is unknown
 */
export function factorSettings(options: FactorOptions = {}): FactorSettings {
  onlyKnown('account.factors', options, [
    'required',
    'trustDays',
    'recoveryHours',
    'totpAlgorithm',
    'otherSessions',
    'notifyAlso',
  ])
  const { required, trustDays = 30, recoveryHours = 72, otherSessions = 'end' } = options
  const { totpAlgorithm = 'sha1' } = options
  if (totpAlgorithm !== 'sha1' && totpAlgorithm !== 'sha256') {
    throw new ConfigFault('account.factors.totpAlgorithm', "write 'sha1' or 'sha256'")
  }
  if (otherSessions !== 'end' && otherSessions !== 'keep') {
    throw new ConfigFault('account.factors.otherSessions', "write 'end' or 'keep'")
  }
  return {
    required: required && requirement(required),
    trustMs: bounded('trustDays', trustDays, 0, 90) * DAY_MS,
    recoveryMs: bounded('recoveryHours', recoveryHours, 1, 720) * HOUR_MS,
    totpAlgorithm,
    otherSessions,
    notifyAlso: options.notifyAlso ?? (async () => []),
  }
}

function requirement(
  required: NonNullable<FactorOptions['required']>,
): NonNullable<FactorSettings['required']> {
  onlyKnown('account.factors.required', required, ['roles', 'graceDays'])
  const { roles, graceDays = 7 } = required
  const list = typeof roles === 'string' ? [roles] : roles
  if (list !== undefined && !(list.length > 0 && list.every(role => role !== ''))) {
    throw new ConfigFault('account.factors.required.roles', 'is empty; leave it away for everybody')
  }
  return { roles: list, graceMs: bounded('required.graceDays', graceDays, 0, 90) * DAY_MS }
}

function bounded(name: string, value: number, least: number, most: number): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value
  throw new ConfigFault(`account.factors.${name}`, `is not a number from ${least} to ${most}`)
}
