import { ConfigError } from '../config/config-error.ts'
import { type BaselineReport, type CheckReport, type Report, summaryOf } from './report.ts'

/** One finding that is known and, for a time, accepted. */
export interface BaselineEntry {
  readonly fingerprint: string
  readonly check: string
  /** Why it is accepted; never empty. */
  readonly reason: string
  /** The last day it is, `2027-01-31`. */
  readonly until: string
}

export interface Baseline {
  readonly entries: readonly BaselineEntry[]
}

/** Reads `bulwark.baseline.json`. @throws {ConfigError} when an entry lacks reason or day */
export function readBaseline(text: string, file: string): Baseline {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ConfigError(`${file} is not JSON`)
  }
  const entries = (value as Partial<Baseline> | null)?.entries
  if (!Array.isArray(entries)) throw new ConfigError(`${file} needs { "entries": [ … ] }`)
  for (const [at, entry] of (entries as Partial<BaselineEntry>[]).entries()) {
    const name = `${file}, entry ${at + 1}`
    if (!/^[\da-f]{16}$/.test(entry.fingerprint ?? ''))
      throw new ConfigError(`${name}: "fingerprint" is the 16 hex digits of a finding`)
    if ((entry.reason ?? '').trim().length < 3)
      throw new ConfigError(`${name}: "reason" says why the finding is accepted`)
    if (!/^\d{4}-\d\d-\d\d$/.test(entry.until ?? '') || Number.isNaN(Date.parse(entry.until ?? '')))
      throw new ConfigError(`${name}: "until" is a day, such as "2027-01-31"`)
  }
  return { entries: entries as BaselineEntry[] }
}

/** Marks what the baseline accepts; expired entries accept nothing, and both kinds are told. */
export function accept(report: Report, baseline: Baseline, now: Date): Report {
  const today = now.toISOString().slice(0, 10)
  const live = new Map(
    baseline.entries.filter(({ until }) => until >= today).map(entry => [entry.fingerprint, entry]),
  )
  const used = new Set<string>()
  const checks = report.checks.map((check): CheckReport => {
    const findings = check.findings.map(finding => {
      const entry = live.get(finding.fingerprint)
      if (entry === undefined) return finding
      used.add(entry.fingerprint)
      return { ...finding, accepted: `${entry.reason} (until ${entry.until})` }
    })
    return { ...check, findings }
  })
  const ids = new Set(report.checks.flatMap(({ findings }) => findings.map(one => one.fingerprint)))
  // What was not tried this time may be there still.
  const judged = new Set(
    report.checks
      .filter(({ verdict }) => ['pass', 'fail', 'review'].includes(verdict))
      .map(({ id }) => id),
  )
  const name = ({ check, fingerprint, reason, until }: BaselineEntry) =>
    `${check} ${fingerprint} (${reason}, until ${until})`
  const told: BaselineReport = {
    unused: baseline.entries
      .filter(({ fingerprint, check }) => !ids.has(fingerprint) && judged.has(check))
      .map(name),
    expired: baseline.entries.filter(({ until }) => until < today).map(name),
  }
  return { ...report, checks, baseline: told, summary: summaryOf(checks) }
}

/** A baseline of everything that fails now, for somebody who starts with an old service. */
export function baselineOf(report: Report, reason: string, until: string): Baseline {
  return {
    entries: report.checks
      .filter(({ verdict }) => verdict === 'fail')
      .flatMap(({ id, findings }) =>
        findings.map(({ fingerprint }) => ({ fingerprint, check: id, reason, until })),
      ),
  }
}
