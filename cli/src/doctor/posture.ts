import type { Finding as Posture } from 'bulwark/doctor'
import type { Finding, Severity } from '../output/finding.ts'

export const TIERS = ['development', 'production', 'strict'] as const

export type Tier = (typeof TIERS)[number]

export function isTier(text: string): text is Tier {
  return TIERS.some(tier => tier === text)
}

const SEVERITY = { critical: 'critical', warning: 'medium', advice: 'low' } as const

/** What the doctor found, as all scanners print it. In `strict` a warning counts as high. */
export function asFinding(found: Posture, file: string, tier: Tier): Finding {
  const { id, what, why, fix, detail, docs, accepted } = found
  const usual: Severity = SEVERITY[found.severity]
  return {
    rule: { id, what, why, fix },
    severity: tier === 'strict' && usual === 'medium' ? 'high' : usual,
    title: what,
    notes: [...(detail === undefined ? [] : [detail]), `See ${docs}.`],
    file,
    line: 1,
    fingerprint: `doctor/${id}`,
    details: { docs, ...(detail !== undefined && { detail }) },
    ...(accepted !== undefined && { suppressed: { reason: accepted } }),
  }
}
