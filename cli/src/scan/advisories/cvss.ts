import type { Severity } from '../../output/finding.ts'

const V3: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
}

const PRIVILEGES = {
  U: { N: 0.85, L: 0.62, H: 0.27 },
  C: { N: 0.85, L: 0.68, H: 0.5 },
} as const

/**
 * The base score of a CVSS 3.0 or 3.1 vector, or `undefined` for anything else.
 *
 * @see FIRST CVSS 3.1 §7.1 and appendix A
 */
export function cvss3(vector: string): number | undefined {
  if (!/^CVSS:3\.[01]\//.test(vector)) return undefined
  const metric = new Map(
    vector
      .split('/')
      .slice(1)
      .map(pair => pair.split(':') as [string, string]),
  )
  const value = (name: string) => V3[name]?.[metric.get(name) ?? ''] ?? Number.NaN
  const changed = metric.get('S') === 'C'
  const scope: Readonly<Record<string, number>> = changed ? PRIVILEGES.C : PRIVILEGES.U
  const privileges = scope[metric.get('PR') ?? ''] ?? Number.NaN
  const base = 1 - (1 - value('C')) * (1 - value('I')) * (1 - value('A'))
  const impact = changed ? 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 : 6.42 * base
  const ease = 8.22 * value('AV') * value('AC') * privileges * value('UI')
  if (Number.isNaN(impact + ease) || !/^[UC]$/.test(metric.get('S') ?? '')) return undefined
  if (impact <= 0) return 0
  return roundedUp(Math.min(changed ? 1.08 * (impact + ease) : impact + ease, 10))
}

/** To one decimal, upwards; the specification says how, because floats would disagree. */
function roundedUp(score: number): number {
  const scaled = Math.round(score * 100_000)
  return scaled % 10_000 === 0 ? scaled / 100_000 : (Math.floor(scaled / 10_000) + 1) / 10
}

/** The qualitative rating of a score. */
export function rated(score: number): Severity {
  if (score >= 9) return 'critical'
  if (score >= 7) return 'high'
  if (score >= 4) return 'medium'
  return score > 0 ? 'low' : 'info'
}
