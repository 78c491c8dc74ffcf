import { styleText } from 'node:util'
import { SYSTEMS } from '../systems.ts'
import { type CheckReport, type FindingReport, type Report, ran, routeOf } from './report.ts'

type Style = Parameters<typeof styleText>[0]

const SEVERITY_STYLE: Readonly<Record<string, Style>> = {
  critical: ['bold', 'magenta'],
  high: ['bold', 'red'],
  medium: 'yellow',
  low: 'cyan',
  info: 'dim',
}

/** What a person reads after the run: findings first, then the 22 systems, then what is still open. */
export function terminalReport(report: Report, colours: boolean, verbose: boolean): string {
  const paint = (style: Style, text: string) =>
    colours ? styleText(style, text, { validateStream: false }) : text
  const out: string[] = ['']
  const findings = report.checks.flatMap(check =>
    check.findings.map(finding => ({ check, finding })),
  )
  const failed = findings
    .filter(({ check, finding }) => check.verdict === 'fail' && finding.accepted === undefined)
    .sort((a, b) => rank(b.finding) - rank(a.finding))
  for (const { check, finding } of failed) out.push(...findingLines(check, finding, paint))
  const reviewed = report.checks.filter(({ verdict }) => verdict === 'review')
  if (reviewed.length > 0) {
    out.push(paint('bold', 'For a person to look at'))
    for (const {
      id,
      findings: [first],
    } of reviewed)
      out.push(`  ${id.padEnd(26)} ${first?.says ?? ''}`)
    out.push('')
  }
  out.push(...systemLines(report, paint), '')
  out.push(...openLines(report, paint, verbose))
  out.push(...verdictLines(report, paint))
  return `${out.join('\n')}\n`
}

function rank({ severity }: FindingReport): number {
  return Object.keys(SEVERITY_STYLE).toReversed().indexOf(severity)
}

type Paint = (style: Style, text: string) => string

function findingLines(check: CheckReport, finding: FindingReport, paint: Paint): string[] {
  const style = SEVERITY_STYLE[finding.severity] ?? 'dim'
  const route = routeOf(finding)
  const at = finding.parameter === undefined ? route : `${route} · ${finding.parameter}`
  const more = finding.places.length > 1 ? ` (and ${finding.places.length - 1} more places)` : ''
  const [first] = finding.evidence
  return [
    `${paint(style, finding.severity.toUpperCase().padEnd(8))} ${paint('bold', check.id)}  ${finding.says}`,
    `         ${paint('dim', `at   ${at}${more}`)}`,
    `         ${paint('dim', `fix  ${check.fix}`)}`,
    ...(first === undefined
      ? []
      : [`         ${paint('dim', `try  ${first.curl.slice(0, 220)}`)}`]),
    `         ${paint('dim', `${finding.id} · ASVS ${check.asvs} · CWE-${check.cwe} · ${check.top10}:2025`)}`,
    '',
  ]
}

function systemLines(report: Report, paint: Paint): string[] {
  const rows = Object.entries(SYSTEMS).flatMap(([number, title]) => {
    const checks = report.checks.filter(({ system }) => system === Number(number))
    if (checks.length === 0) return []
    const count = (...verdicts: string[]) =>
      checks.filter(({ verdict }) => verdicts.includes(verdict)).length
    const [pass, fail, open] = [count('pass'), count('fail'), count('review', 'inconclusive')]
    const idle = count('skipped', 'not-applicable')
    const cell = (value: number, style: Style) =>
      value === 0 ? paint('dim', '    ·') : paint(style, String(value).padStart(5))
    return [
      `  ${number.padStart(2)} ${title.padEnd(34)}${cell(pass, 'green')}${cell(fail, 'red')}${cell(open, 'yellow')}${cell(idle, 'dim')}`,
    ]
  })
  const head = `     ${''.padEnd(34)} pass fail open  not run`
  return [paint('dim', head), ...rows]
}

/** What would have run with one more line of config. */
function openLines(report: Report, paint: Paint, verbose: boolean): string[] {
  const out: string[] = []
  const inconclusive = report.checks.filter(({ verdict }) => verdict === 'inconclusive')
  if (inconclusive.length > 0) {
    out.push(paint('bold', 'Inconclusive'))
    for (const { id, says, remedy } of inconclusive)
      out.push(
        `  ${id.padEnd(26)} ${says ?? ''}${remedy === undefined ? '' : paint('dim', ` → ${remedy}`)}`,
      )
    out.push('')
  }
  const skipped = new Map<string, { count: number; remedy: string }>()
  for (const { verdict, says = '', remedy = '' } of report.checks) {
    if (verdict !== 'skipped') continue
    const group = skipped.get(says) ?? { count: 0, remedy }
    group.count++
    skipped.set(says, group)
  }
  const groups = [...skipped].sort(([, a], [, b]) => b.count - a.count)
  if (groups.length > 0) out.push(paint('bold', 'What more config would run'))
  for (const [says, { count, remedy }] of verbose ? groups : groups.slice(0, 6))
    out.push(`  ${String(count).padStart(3)} more: ${says}`, paint('dim', `      ${remedy}`))
  if (groups.length > 0) out.push('')
  return out
}

function verdictLines(report: Report, paint: Paint): string[] {
  const { summary, checks, incomplete } = report
  const bySeverity = Object.entries(summary.bySeverity)
    .filter(([, count]) => count > 0)
    .toReversed()
    .map(([severity, count]) => paint(SEVERITY_STYLE[severity] ?? 'dim', `${count} ${severity}`))
  const accepted = checks
    .flatMap(({ findings }) => findings)
    .filter(one => one.accepted !== undefined)
  const found = bySeverity.length === 0 ? paint('green', 'nothing found') : bySeverity.join(', ')
  const seconds = (report.durationMs / 1000).toFixed(1)
  return [
    `${ran(report)} of ${checks.length} checks ran against ${report.target} in ${seconds} s with ${report.requests} requests: ${found}.`,
    `${summary.pass} pass · ${summary.fail} fail · ${summary.review} review · ${summary.inconclusive} inconclusive · ${summary.notApplicable} not applicable · ${summary.skipped} skipped · seed ${report.seed}`,
    ...(accepted.length > 0 ? [`${accepted.length} findings are accepted by the baseline.`] : []),
    ...(report.baseline?.expired ?? []).map(line => paint('yellow', `Baseline expired: ${line}`)),
    ...(report.baseline?.unused ?? []).map(line =>
      paint('dim', `Baseline entry no longer needed: ${line}`),
    ),
    ...incomplete.map(why => paint('red', `Incomplete: ${why}`)),
  ]
}
