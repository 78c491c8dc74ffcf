import type { FindingReport, Report } from './report.ts'

interface Named {
  readonly check: string
  readonly finding: FindingReport
}

export interface Comparison {
  readonly fresh: readonly Named[]
  readonly fixed: readonly Named[]
  readonly unchanged: readonly Named[]
  /** Checks that passed or failed before and came to no verdict now: nobody knows. */
  readonly lost: readonly string[]
}

/** What changed from `old` to `now`. A finding is only fixed if its check ran and passed. */
export function compare(old: Report, now: Report): Comparison {
  const before = failuresOf(old)
  const after = failuresOf(now)
  const verdicts = new Map(now.checks.map(({ id, verdict }) => [id, verdict]))
  const settled = (check: string) => ['pass', 'fail'].includes(verdicts.get(check) ?? '')
  const gone = [...before].filter(([fingerprint]) => !after.has(fingerprint)).map(([, one]) => one)
  return {
    fresh: [...after].filter(([fingerprint]) => !before.has(fingerprint)).map(([, one]) => one),
    unchanged: [...after].filter(([fingerprint]) => before.has(fingerprint)).map(([, one]) => one),
    fixed: gone.filter(({ check }) => settled(check)),
    lost: old.checks
      .filter(({ verdict }) => verdict === 'pass' || verdict === 'fail')
      .filter(({ id }) => !settled(id))
      .map(({ id }) => id),
  }
}

export function comparisonText({ fresh, fixed, unchanged, lost }: Comparison): string {
  const lines = (title: string, list: readonly Named[]) =>
    list.length === 0
      ? []
      : [
          `${title} (${list.length})`,
          ...list.map(({ check, finding }) => `  ${check.padEnd(26)} ${finding.says}`),
          '',
        ]
  return [
    ...lines('New', fresh),
    ...lines('Fixed', fixed),
    ...lines('Unchanged', unchanged),
    ...(lost.length === 0 ? [] : [`No longer known (${lost.length}): ${lost.join(', ')}`, '']),
    `${fresh.length} new, ${fixed.length} fixed, ${unchanged.length} unchanged, ${lost.length} no longer known.`,
    '',
  ].join('\n')
}

function failuresOf(report: Report): Map<string, Named> {
  return new Map(
    report.checks
      .filter(({ verdict }) => verdict === 'fail')
      .flatMap(({ id, findings }) =>
        findings.map(finding => [finding.fingerprint, { check: id, finding }] as const),
      ),
  )
}
