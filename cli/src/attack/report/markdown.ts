import { failing, type Report, ran } from './report.ts'

/** For a comment on a pull request. */
export function markdown(report: Report): string {
  const findings = failing(report, 'info')
  const checks = new Map(report.checks.flatMap(check => check.findings.map(one => [one.id, check])))
  const rows = findings.map(finding => {
    const check = checks.get(finding.id)
    const cells = [
      finding.severity,
      `\`${check?.id}\``,
      finding.says,
      `\`${finding.where}\``,
      check?.fix ?? '',
    ]
    return `| ${cells.map(cell => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  })
  const { summary } = report
  return [
    `### bulwark attack: ${findings.length === 0 ? 'nothing found' : `${findings.length} findings`}`,
    '',
    ...(rows.length > 0
      ? [
          '| severity | check | what happened | where | fix |',
          '| --- | --- | --- | --- | --- |',
          ...rows,
          '',
        ]
      : []),
    `${ran(report)} of ${report.checks.length} checks ran: ${summary.pass} pass, ${summary.fail} fail, ${summary.review} review, ${summary.inconclusive} inconclusive.`,
    ...report.incomplete.map(why => `**Incomplete:** ${why}`),
    '',
  ].join('\n')
}
