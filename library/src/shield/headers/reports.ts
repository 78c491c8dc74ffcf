import { mediaType } from '../../http/media-type.ts'
import { sha256 } from '../../kernel/bytes.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import { jsonParser } from '../content/json.ts'

export const refusals = {
  type: { code: 'reports.type', says: 'reports.type', status: 415 },
  shape: { code: 'reports.shape', says: 'reports.shape', status: 400 },
} as const

/** One violation of a Content-Security-Policy, in the words of both report formats. */
export interface ViolationReport {
  /** Without query and fragment, where secrets and people's data stand. */
  readonly documentUrl: string
  /** Likewise; or `inline`, `eval`, `data`, `blob`. */
  readonly blockedUrl: string
  readonly directive: string
  readonly disposition: 'enforce' | 'report'
  readonly sourceFile: string
  readonly line: number
  readonly sample: string
}

/** Violations that have one cause. */
export interface ViolationGroup {
  readonly fingerprint: string
  /** The latest of them. */
  readonly example: ViolationReport
  readonly count: number
  readonly firstAt: number
  readonly lastAt: number
}

export interface ReportCollector {
  /**
   * Takes a body of `application/csp-report`, `application/reports+json` or `application/json`,
   * and answers what it held; what browser extensions cause is left out.
   */
  accept(
    contentType: string | undefined,
    body: Uint8Array,
    now: number,
  ): Outcome<readonly ViolationReport[]>
  /** The latest first. */
  groups(): readonly ViolationGroup[]
}

const TYPES: ReadonlySet<string> = new Set([
  'application/csp-report',
  'application/reports+json',
  'application/json',
])
const MAX_URL = 300
const MAX_SAMPLE = 40
const MAX_REPORTS = 50

/**
 * Reads violation reports and groups them by cause. Anybody can send them, so a report is never
 * more than a hint: sizes are bounded, URLs are cut, and the oldest group makes room for a new one.
 *
 * @see ASVS 3.4.7; CSP Level 3 §5.3, Reporting API §2.4
 */
export function reportCollector(options: { readonly maxGroups?: number } = {}): ReportCollector {
  const { maxGroups = 500 } = options
  const parse = jsonParser({
    maxBytes: 65_536,
    maxDepth: 8,
    maxKeys: 2000,
    maxStringLength: 16_384,
  })
  const groups = new Map<string, ViolationGroup>()

  const add = (report: ViolationReport, now: number): void => {
    const fingerprint = fingerprintOf(report)
    const known = groups.get(fingerprint)
    // Written anew, it is the youngest: the first in the map is always the one longest unseen.
    groups.delete(fingerprint)
    groups.set(fingerprint, {
      fingerprint,
      example: report,
      count: (known?.count ?? 0) + 1,
      firstAt: known?.firstAt ?? now,
      lastAt: now,
    })
    if (groups.size <= maxGroups) return
    const [oldest] = groups.keys()
    if (oldest !== undefined) groups.delete(oldest)
  }

  return {
    accept(contentType, body, now) {
      const essence = mediaType(contentType ?? '')?.essence
      if (essence === undefined || !TYPES.has(essence)) return refused(refusals.type)
      const parsed = parse(body)
      if (!parsed.ok) return parsed
      const reports = reportsIn(parsed.value)
      if (reports === undefined) return refused(refusals.shape)
      const ours = reports.filter(report => !isExtension(report))
      for (const report of ours) add(report, now)
      return granted(ours)
    },
    groups: () => [...groups.values()].reverse(),
  }
}

/** `{"csp-report": {…}}` of report-uri, or `[{type, url, body}, …]` of the Reporting API. */
function reportsIn(value: unknown): readonly ViolationReport[] | undefined {
  if (Array.isArray(value)) {
    return value
      .slice(0, MAX_REPORTS)
      .filter(item => isRecord(item) && item['type'] === 'csp-violation' && isRecord(item['body']))
      .map(item => reportOf(item.body, item.url))
  }
  if (!isRecord(value)) return undefined
  if (isRecord(value['csp-report'])) return [reportOf(value['csp-report'], undefined)]
  return value['type'] === 'csp-violation' && isRecord(value['body'])
    ? [reportOf(value['body'], value['url'])]
    : undefined
}

type Body = Readonly<Record<string, unknown>>

function isRecord(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function reportOf(body: Body, url: unknown): ViolationReport {
  const directive = text(
    body['effectiveDirective'] ?? body['effective-directive'] ?? body['violated-directive'],
  )
  const line = body['lineNumber'] ?? body['line-number']
  return {
    documentUrl: bareUrl(body['documentURL'] ?? body['document-uri'] ?? url),
    blockedUrl: bareUrl(body['blockedURL'] ?? body['blocked-uri']),
    directive: /^[a-z-]{1,40}/.exec(directive)?.[0] ?? '',
    disposition: body['disposition'] === 'report' ? 'report' : 'enforce',
    sourceFile: bareUrl(body['sourceFile'] ?? body['source-file']),
    line: typeof line === 'number' && line > 0 ? Math.floor(line) : 0,
    sample: text(body['sample'] ?? body['script-sample']).slice(0, MAX_SAMPLE),
  }
}

/** Control characters would let a report forge lines wherever it is shown. */
function text(value: unknown): string {
  return typeof value === 'string' ? value.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g, ' ') : ''
}

function bareUrl(value: unknown): string {
  const whole = text(value)
  if (!/^[a-z][a-z0-9+.-]*:/i.test(whole)) return whole.slice(0, MAX_SAMPLE)
  if (!URL.canParse(whole)) return ''
  const { protocol, host, pathname } = new URL(whole)
  // The text of data: and the like is content, not an address.
  if (host === '') return protocol.slice(0, -1)
  return `${protocol}//${host}${pathname}`.slice(0, MAX_URL)
}

function isExtension({ blockedUrl, sourceFile }: ViolationReport): boolean {
  return /^[a-z-]*extension:|^[a-z-]*extension$/.test(`${sourceFile || blockedUrl}`)
}

/** The same directive against the same place from the same page is one cause. */
function fingerprintOf(report: ViolationReport): string {
  const { directive, disposition, documentUrl, blockedUrl, sourceFile, line } = report
  return sha256(
    [directive, disposition, documentUrl, blockedUrl, sourceFile, line].join('\n'),
  ).slice(0, 16)
}
