/** From worst to mildest. `info` is told and never fails a run. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const

export type Severity = (typeof SEVERITIES)[number]

/** What one rule of a scanner is about; every finding names one. */
export interface Rule {
  /** `scanner.what-is-wrong`, stable. */
  readonly id: string
  /** What is wrong, in one sentence. */
  readonly what: string
  /** What an attacker gains by it. */
  readonly why: string
  /** What to do about it. */
  readonly fix: string
}

/** Somebody's written decision to live with a finding. */
export interface Suppression {
  readonly reason: string
  /** ISO date after which the finding counts again. */
  readonly until?: string
}

/** One thing found at one place. No member ever holds a secret value. */
export interface Finding {
  readonly rule: Rule
  readonly severity: Severity
  /** What was found, naming the thing. One line. */
  readonly title: string
  /** Further lines for a person: paths, dates, versions. */
  readonly notes: readonly string[]
  /** What to do here, when that is more exact than the rule's `fix`. */
  readonly fix?: string
  /** Path from the scanned folder, with forward slashes. */
  readonly file: string
  /** Both count from 1. */
  readonly line: number
  readonly column?: number
  /** The same finding keeps it when lines move. */
  readonly fingerprint: string
  /** For machines: whatever the rule knows. */
  readonly details: Readonly<Record<string, unknown>>
  readonly suppressed?: Suppression
}

/** What one run of a scanner has to say. */
export interface Report {
  /** As the user typed it: `scan deps`. */
  readonly command: string
  /** What was looked at, in one line. */
  readonly subject: string
  readonly findings: readonly Finding[]
  /** What could not be judged although it was asked for. Not empty: the run does not count as clean. */
  readonly incomplete: readonly string[]
  /** What was left out on purpose, so that nobody takes silence for an answer. */
  readonly notChecked: readonly string[]
  readonly facts: Readonly<Record<string, unknown>>
}

/** Whether `severity` is at least as bad as `floor`. */
export function atLeast(severity: Severity, floor: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(floor)
}

/** Worst first, then by place, so that two runs print alike. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      byText(a.rule.id, b.rule.id) ||
      byText(a.file, b.file) ||
      a.line - b.line ||
      byText(a.title, b.title),
  )
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
