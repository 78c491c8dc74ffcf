import type { Check, Finding } from '../check.ts'
import type { Chapter } from '../checks/catalogue.ts'
import { SEVERITIES, type Severity } from '../config/config.ts'
import { fingerprint } from '../fingerprint.ts'
import type { Result } from '../runner.ts'
import { type Shown, show } from './evidence.ts'

export const REPORT_VERSION = 1

/** Worst first. */
export const SEVERITY_ORDER: readonly Severity[] = SEVERITIES.toReversed()

/** One run, as `--json` writes it; every other output is made from this and nothing else. */
export interface Report {
  readonly version: typeof REPORT_VERSION
  readonly tool: { readonly name: string; readonly version: string }
  readonly target: string
  readonly startedAt: string
  readonly durationMs: number
  readonly seed: string
  readonly level: string
  readonly requests: number
  /** Why the run is not whole; empty when it is. */
  readonly incomplete: readonly string[]
  readonly summary: Summary
  readonly checks: readonly CheckReport[]
  readonly baseline?: BaselineReport
}

export interface Summary {
  readonly pass: number
  readonly fail: number
  readonly review: number
  readonly inconclusive: number
  readonly notApplicable: number
  readonly skipped: number
  /** Findings that are neither expected by the baseline nor only for review. */
  readonly bySeverity: Readonly<Record<Severity, number>>
}

export interface CheckReport {
  readonly id: string
  readonly word: string
  readonly system: number
  readonly verdict: 'pass' | 'fail' | 'review' | 'inconclusive' | 'not-applicable' | 'skipped'
  readonly tries: string
  readonly why: string
  readonly fix: string
  readonly asvs: string
  readonly cwe: number
  readonly top10: string
  readonly severity: Severity
  readonly ms: number
  readonly requests: number
  /** What a passed check saw, or why another did not run to its end. */
  readonly says?: string
  /** The line that would let it run. */
  readonly remedy?: string
  readonly findings: readonly FindingReport[]
}

export interface FindingReport {
  /** `f1`, `f2`, … within the report: what `replay` takes. */
  readonly id: string
  readonly fingerprint: string
  readonly severity: Severity
  readonly where: string
  readonly parameter?: string
  readonly variant?: string
  readonly says: string
  readonly places: readonly string[]
  readonly evidence: readonly Shown[]
  readonly raw?: string
  /** Expected by the baseline, with its reason. */
  readonly accepted?: string
}

export interface BaselineReport {
  /** Entries that nothing matched: what they covered is gone. */
  readonly unused: readonly string[]
  /** Entries whose day has passed: their findings count again. */
  readonly expired: readonly string[]
}

/** Puts results into a report; secrets are masked unless `reveal`. */
export function reportOf(
  results: readonly Result[],
  chapters: readonly Chapter[],
  about: Omit<Report, 'version' | 'tool' | 'summary' | 'checks'>,
  { secrets, reveal }: { secrets: Iterable<string>; reveal: boolean },
): Report {
  let count = 0
  const finding = (check: Check, found: Finding): FindingReport => ({
    id: `f${++count}`,
    fingerprint: fingerprint(check.id, found),
    severity: found.severity ?? check.severity,
    where: found.where,
    ...(found.parameter === undefined ? {} : { parameter: found.parameter }),
    ...(found.variant === undefined ? {} : { variant: found.variant }),
    says: found.says,
    places: found.places ?? [],
    evidence: found.evidence.map(reply =>
      show(reply, about.target, reveal ? undefined : [...secrets]),
    ),
    ...(found.raw === undefined ? {} : { raw: found.raw }),
  })
  const checks = results.map(({ check, verdict, ms, requests }): CheckReport => {
    const chapter = chapters.find(one => one.checks.includes(check))
    const { id, tries, why, fix, asvs, cwe, top10, severity } = check
    const says = 'why' in verdict ? verdict.why : 'says' in verdict ? verdict.says : undefined
    const remedy = 'remedy' in verdict ? verdict.remedy : undefined
    return {
      id,
      word: chapter?.word ?? '',
      system: chapter?.system ?? 0,
      verdict: verdict.verdict,
      tries,
      why,
      fix,
      asvs,
      cwe,
      top10,
      severity,
      ms,
      requests,
      ...(says === undefined ? {} : { says }),
      ...(remedy === undefined ? {} : { remedy }),
      findings: 'findings' in verdict ? verdict.findings.map(found => finding(check, found)) : [],
    }
  })
  return {
    version: REPORT_VERSION,
    tool: { name: 'bulwark attack', version: '0.1.0' },
    ...about,
    summary: summaryOf(checks),
    checks,
  }
}

export function summaryOf(checks: readonly CheckReport[]): Summary {
  const count = (verdict: CheckReport['verdict']) =>
    checks.filter(check => check.verdict === verdict).length
  const counted = checks
    .filter(({ verdict }) => verdict === 'fail')
    .flatMap(({ findings }) => findings.filter(({ accepted }) => accepted === undefined))
  const bySeverity = Object.fromEntries(
    SEVERITIES.map(severity => [severity, counted.filter(one => one.severity === severity).length]),
  ) as Record<Severity, number>
  return {
    pass: count('pass'),
    fail: count('fail'),
    review: count('review'),
    inconclusive: count('inconclusive'),
    notApplicable: count('not-applicable'),
    skipped: count('skipped'),
    bySeverity,
  }
}

/** Findings at or above `failOn` that the baseline does not accept. */
export function failing(report: Report, failOn: Severity): FindingReport[] {
  const floor = SEVERITIES.indexOf(failOn)
  return report.checks
    .filter(({ verdict }) => verdict === 'fail')
    .flatMap(({ findings }) => findings)
    .filter(one => one.accepted === undefined && SEVERITIES.indexOf(one.severity) >= floor)
}

/** How many checks came to a verdict about the service. */
export function ran(report: Report): number {
  const { pass, fail, review } = report.summary
  return pass + fail + review
}

/** The first route of a finding; its places may be messages instead. */
export function routeOf({ places, where }: FindingReport): string {
  return places.find(place => /^(?:[A-Z]+ )?\//.test(place)) ?? where
}
