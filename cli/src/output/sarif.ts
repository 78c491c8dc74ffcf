import { type Finding, inOrder, type Report, type Rule, SEVERITIES } from './finding.ts'

const LEVEL = { critical: 'error', high: 'error', medium: 'warning', low: 'note', info: 'note' }

/** The middle of each CVSS band: what code scanning sorts by. */
const SCORE = { critical: '9.5', high: '8.0', medium: '5.5', low: '2.0', info: '0.0' }

/**
 * SARIF 2.1.0 as code scanning takes it: every result has a physical location with a relative URI
 * (one result without makes GitHub refuse the whole file), and a fingerprint that survives moves.
 *
 * @see OASIS SARIF 2.1.0 §3.27
 */
export function asSarif(report: Report): string {
  const findings = inOrder(report.findings)
  const rules = [...new Map(findings.map(({ rule }) => [rule.id, rule])).values()]
  const run = {
    tool: {
      driver: {
        name: `bulwark ${report.command}`,
        rules: rules.map(rule => described(rule, findings)),
      },
    },
    invocations: [
      {
        executionSuccessful: report.incomplete.length === 0,
        toolExecutionNotifications: report.incomplete.map(text => ({
          level: 'error',
          message: { text },
        })),
      },
    ],
    columnKind: 'utf16CodeUnits',
    results: findings.map(finding => result(finding, rules)),
  }
  return `${JSON.stringify({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] }, null, 2)}\n`
}

function described(rule: Rule, findings: readonly Finding[]): object {
  const worst =
    SEVERITIES.find(severity =>
      findings.some(finding => finding.rule.id === rule.id && finding.severity === severity),
    ) ?? 'info'
  return {
    id: rule.id,
    shortDescription: { text: rule.what },
    fullDescription: { text: `${rule.what} ${rule.why}` },
    help: { text: rule.fix },
    defaultConfiguration: { level: LEVEL[worst] },
    properties: { 'security-severity': SCORE[worst], tags: ['security'] },
  }
}

function result(finding: Finding, rules: readonly Rule[]): object {
  const region = {
    startLine: finding.line,
    ...(finding.column === undefined ? {} : { startColumn: finding.column }),
  }
  const text = [finding.title, ...finding.notes, finding.fix ?? finding.rule.fix].join('\n')
  return {
    ruleId: finding.rule.id,
    ruleIndex: rules.findIndex(rule => rule.id === finding.rule.id),
    level: LEVEL[finding.severity],
    message: { text },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: relativeUri(finding.file), uriBaseId: '%SRCROOT%' },
          region,
        },
      },
    ],
    partialFingerprints: { 'bulwark/v1': finding.fingerprint },
    properties: { severity: finding.severity, ...finding.details },
    ...(finding.suppressed === undefined
      ? {}
      : {
          suppressions: [
            { kind: 'external', status: 'accepted', justification: finding.suppressed.reason },
          ],
        }),
  }
}

function relativeUri(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/')
}
