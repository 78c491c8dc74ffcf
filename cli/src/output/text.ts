import { styleText } from 'node:util'
import { type Finding, inOrder, type Report, SEVERITIES, type Severity } from './finding.ts'

const COLOUR = {
  critical: ['bold', 'red'],
  high: ['red'],
  medium: ['yellow'],
  low: ['blue'],
  info: ['dim'],
} as const satisfies Record<Severity, readonly Parameters<typeof styleText>[0][]>

/** For a person: worst first, where, why, what to do, and at the end what it adds up to. */
export function asText(report: Report, coloured: boolean): string {
  const open = inOrder(report.findings.filter(finding => finding.suppressed === undefined))
  const lines = [`bulwark ${report.command}: ${printable(report.subject)}`]
  for (const finding of open) lines.push('', ...block(finding, coloured))
  lines.push('', total(report, open))
  for (const what of report.notChecked) lines.push(`Not checked: ${printable(what)}`)
  for (const what of report.incomplete) lines.push(`Incomplete: ${printable(what)}`)
  return `${lines.join('\n')}\n`
}

function block(finding: Finding, coloured: boolean): string[] {
  const label = finding.severity.padEnd(8)
  const severity = coloured
    ? COLOUR[finding.severity].reduce(
        (text: string, style) => styleText(style, text, { validateStream: false }),
        label,
      )
    : label
  const place = `${finding.file}:${finding.line}`
  return [
    `${severity}  ${printable(finding.title)}`,
    `          ${finding.rule.id}  ${printable(place)}`,
    ...finding.notes.map(note => `          ${printable(note)}`),
    `          ${finding.rule.why}`,
    `          Fix: ${printable(finding.fix ?? finding.rule.fix)}`,
  ]
}

function total(report: Report, open: readonly Finding[]): string {
  const counts = SEVERITIES.map(severity => ({
    severity,
    count: open.filter(finding => finding.severity === severity).length,
  })).filter(({ count }) => count > 0)
  const ignored = report.findings.length - open.length
  const tail = ignored === 0 ? '' : ` ${ignored} more accepted with a reason.`
  // Decision: the word "nothing" is only printed when everything asked for was judged.
  // Cost: a run with one unreachable source says nothing comforting about the rest.
  if (open.length === 0) {
    return report.incomplete.length > 0 ? `No verdict.${tail}` : `Nothing found.${tail}`
  }
  const list = counts.map(({ severity, count }) => `${count} ${severity}`).join(', ')
  return `${open.length} ${open.length === 1 ? 'finding' : 'findings'}: ${list}.${tail}`
}

/** Names come from files an attacker may have written: no control byte reaches the terminal. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    at => `\\u${at.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
