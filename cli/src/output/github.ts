import { inOrder, type Report } from './finding.ts'

const KIND = { critical: 'error', high: 'error', medium: 'warning', low: 'notice', info: 'notice' }

/** GitHub workflow commands: each finding shows at its line of the pull request. */
export function asGithub(report: Report): string {
  const open = inOrder(report.findings.filter(finding => finding.suppressed === undefined))
  const lines = open.map(finding => {
    const body = [finding.title, ...finding.notes, finding.fix ?? finding.rule.fix].join('\n')
    return `::${KIND[finding.severity]} file=${property(finding.file)},line=${finding.line},title=${property(finding.rule.id)}::${data(body)}`
  })
  for (const what of report.incomplete) lines.push(`::error title=incomplete::${data(what)}`)
  return lines.map(line => `${line}\n`).join('')
}

/** A name from a lockfile must not be able to write a workflow command of its own. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
