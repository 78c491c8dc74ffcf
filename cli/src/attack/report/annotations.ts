import type { Severity } from '../config/config.ts'
import { failing, type Report } from './report.ts'
import { placeOf, type Source } from './source.ts'

const COMMAND: Readonly<Record<Severity, string>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'notice',
  info: 'notice',
}

/** Workflow commands that GitHub shows beside the code. */
export function annotations(report: Report, sources: readonly Source[]): string {
  const ids = new Map(
    report.checks.flatMap(check => check.findings.map(finding => [finding.id, check])),
  )
  return failing(report, 'info')
    .map(finding => {
      const check = ids.get(finding.id)
      const { path, line } = placeOf(finding.where, sources)
      const title = property(`${check?.id ?? ''} (${finding.severity})`)
      const message = data(`${finding.says}\nFix: ${check?.fix ?? ''}`)
      return `::${COMMAND[finding.severity]} file=${property(path)},line=${line},title=${title}::${message}\n`
    })
    .join('')
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
