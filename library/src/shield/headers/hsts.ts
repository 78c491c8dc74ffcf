import { ConfigFault } from '../../kernel/fault.ts'

/** Strict-Transport-Security in figures (RFC 6797). */
export interface Hsts {
  readonly maxAgeSeconds: number
  readonly includeSubDomains?: boolean
  /** Asks browsers to ship our name in their list. Hard to take back: every subdomain, for years. */
  readonly preload?: boolean
}

/** The ramp: each stage long enough to notice a subdomain that has no TLS yet. */
export type HstsStage = 'minutes' | 'week' | 'month' | 'full'

const STAGES: Readonly<Record<HstsStage, number>> = {
  minutes: 300,
  week: 604_800,
  month: 2_592_000,
  full: 63_072_000,
}

const YEAR = 31_536_000

/** The field's value; undefined for none. */
export function hstsValue(wanted: HstsStage | Hsts | false): string | undefined {
  if (wanted === false) return undefined
  const hsts: Hsts = typeof wanted === 'string' ? { maxAgeSeconds: STAGES[wanted] } : wanted
  const { maxAgeSeconds, includeSubDomains = true, preload = false } = hsts
  if (!Number.isSafeInteger(maxAgeSeconds) || maxAgeSeconds < 0) {
    throw new ConfigFault(
      'headers.hsts',
      `write one of ${Object.keys(STAGES).join(', ')}, or seconds`,
    )
  }
  if (preload && (!includeSubDomains || maxAgeSeconds < YEAR)) {
    throw new ConfigFault(
      'headers.hsts',
      'preload needs a year and includeSubDomains; lists refuse less',
    )
  }
  return [
    `max-age=${maxAgeSeconds}`,
    ...(includeSubDomains ? ['includeSubDomains'] : []),
    ...(preload ? ['preload'] : []),
  ].join('; ')
}
