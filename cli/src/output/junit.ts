import { type Finding, inOrder, type Report } from './finding.ts'

/** JUnit XML: one failed case for each finding, an error for each thing that could not be judged. */
export function asJunit(report: Report): string {
  const open = inOrder(report.findings.filter(finding => finding.suppressed === undefined))
  const cases = [...open.map(failed), ...report.incomplete.map(errored)]
  if (cases.length === 0) cases.push(`<testcase classname="bulwark" name="nothing found"/>`)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="${xml(`bulwark ${report.command}`)}" tests="${cases.length}" failures="${open.length}" errors="${report.incomplete.length}">`,
    ...cases,
    '</testsuite>',
    '',
  ].join('\n')
}

function failed(finding: Finding): string {
  const body = [...finding.notes, finding.rule.why, finding.fix ?? finding.rule.fix].join('\n')
  return `<testcase classname="${xml(finding.rule.id)}" name="${xml(`${finding.file}:${finding.line}`)}" file="${xml(finding.file)}" line="${finding.line}"><failure type="${finding.severity}" message="${xml(finding.title)}">${xml(body)}</failure></testcase>`
}

function errored(what: string): string {
  return `<testcase classname="bulwark" name="complete"><error message="${xml(what)}"/></testcase>`
}

const ENTITY: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** XML 1.0 has no way to write most control characters, so they go. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '?')
    .replace(/[&<>"]/g, at => ENTITY[at] ?? at)
}
