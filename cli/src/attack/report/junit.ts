import { SYSTEMS } from '../systems.ts'
import type { CheckReport, Report } from './report.ts'

/** JUnit XML: a suite for each system, a case for each check; what needs a person is `skipped`. */
export function junit(report: Report): string {
  const suites = Object.entries(SYSTEMS).flatMap(([number, title]) => {
    const checks = report.checks.filter(({ system }) => system === Number(number))
    if (checks.length === 0) return []
    const failures = checks.filter(isFailure).length
    const skipped = checks.filter(check => !isFailure(check) && check.verdict !== 'pass').length
    const seconds = checks.reduce((sum, { ms }) => sum + ms, 0) / 1000
    const head = `  <testsuite name="${escapeXml(title)}" tests="${checks.length}" failures="${failures}" skipped="${skipped}" time="${seconds.toFixed(3)}">`
    return [[head, ...checks.map(caseOf), '  </testsuite>'].join('\n')]
  })
  const failures = report.checks.filter(isFailure).length
  const head = `<testsuites name="bulwark attack" tests="${report.checks.length}" failures="${failures}" time="${(report.durationMs / 1000).toFixed(3)}">`
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n${suites.join('\n')}\n</testsuites>\n`
}

function isFailure({ verdict, findings }: CheckReport): boolean {
  return verdict === 'fail' && findings.some(({ accepted }) => accepted === undefined)
}

function caseOf(check: CheckReport): string {
  const head = `    <testcase classname="${check.word}" name="${check.id}" time="${(check.ms / 1000).toFixed(3)}"`
  if (isFailure(check)) {
    const text = check.findings
      .map(({ says, where, evidence }) => `${says}\n${where}\n${evidence[0]?.curl ?? ''}`)
      .join('\n\n')
    const [first] = check.findings
    return `${head}>\n      <failure type="${check.severity}" message="${escapeXml(first?.says ?? '')}">${escapeXml(`${text}\n\n${check.fix}`)}</failure>\n    </testcase>`
  }
  if (check.verdict === 'pass') return `${head}/>`
  const why = check.findings[0]?.says ?? check.says ?? ''
  return `${head}>\n      <skipped message="${escapeXml(`${check.verdict}: ${why}`)}"/>\n    </testcase>`
}

/** Escapes for XML 1.0 and drops what XML cannot hold at all. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll(/[&<>"]/g, letter => `&#${letter.charCodeAt(0)};`)
}
