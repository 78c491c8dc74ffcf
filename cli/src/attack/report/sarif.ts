import { SYSTEMS } from '../systems.ts'
import { type CheckReport, type FindingReport, type Report, routeOf } from './report.ts'
import { placeOf, type Source } from './source.ts'

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'
/** What GitHub sorts by; its bands are 9, 7 and 4. */
const SECURITY_SEVERITY = { critical: '9.5', high: '8.0', medium: '5.5', low: '3.0', info: '0.0' }
const LEVEL = { critical: 'error', high: 'error', medium: 'warning', low: 'note', info: 'note' }

/**
 * SARIF 2.1.0 as code scanning accepts it: every result has a physical location in the repository,
 * the route is a logical location, and the fingerprint is ours.
 */
export function sarif(report: Report, sources: readonly Source[]): string {
  const found = report.checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'review')
  const rules = found.map(check => ({
    id: check.id,
    name: check.id,
    shortDescription: { text: capital(check.tries) },
    fullDescription: { text: check.why },
    help: { text: check.fix, markdown: `${check.why}\n\n**Fix.** ${check.fix}` },
    defaultConfiguration: { level: LEVEL[check.severity] },
    properties: {
      tags: [
        'security',
        `external/cwe/cwe-${check.cwe}`,
        `ASVS-5.0-${check.asvs}`,
        `OWASP-2025-${check.top10}`,
        SYSTEMS[check.system] ?? '',
      ].filter(tag => tag !== ''),
      precision: check.verdict === 'review' ? 'low' : 'very-high',
      'security-severity': SECURITY_SEVERITY[check.severity],
    },
  }))
  const results = found.flatMap((check, ruleIndex) =>
    check.findings.map(finding => resultOf(check, finding, ruleIndex, sources)),
  )
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: report.tool.name,
            semanticVersion: report.tool.version,
            informationUri: 'https://bulwark.dev/attack',
            rules,
          },
        },
        automationDetails: { id: `bulwark-attack/${report.level}` },
        invocations: [
          {
            executionSuccessful: report.incomplete.length === 0,
            startTimeUtc: report.startedAt,
            toolExecutionNotifications: report.incomplete.map(text => ({
              level: 'error',
              message: { text },
            })),
          },
        ],
        results,
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function resultOf(
  check: CheckReport,
  finding: FindingReport,
  ruleIndex: number,
  sources: readonly Source[],
) {
  const route = routeOf(finding)
  const { path, line } = placeOf(finding.where === '/' ? route : finding.where, sources)
  const [shown] = finding.evidence
  return {
    ruleId: check.id,
    ruleIndex,
    kind: check.verdict === 'review' ? 'review' : 'fail',
    level: check.verdict === 'review' ? 'none' : LEVEL[finding.severity],
    message: { text: `${capital(finding.says)}. ${check.fix}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(path), uriBaseId: '%SRCROOT%' },
          region: { startLine: line },
        },
        logicalLocations: [{ name: finding.where, fullyQualifiedName: route, kind: 'resource' }],
      },
    ],
    partialFingerprints: { 'bulwarkAttack/v1': finding.fingerprint },
    ...(finding.accepted === undefined
      ? {}
      : { suppressions: [{ kind: 'external', justification: finding.accepted }] }),
    ...(shown === undefined
      ? {}
      : {
          webRequest: { body: { text: shown.request } },
          webResponse: { statusCode: shown.status, body: { text: shown.reply } },
        }),
    properties: { 'security-severity': SECURITY_SEVERITY[finding.severity] },
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
