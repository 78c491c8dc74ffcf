import { existsSync, readFileSync } from 'node:fs'
import type { Finding } from '../output/finding.ts'
import { Usage } from '../output/usage.ts'
import { record, text } from './lockfiles/shape.ts'

/** A written decision to live with a finding, from the accept file beside the project. */
export interface Acceptance {
  /** A rule's id or an advisory's. */
  readonly id?: string
  readonly fingerprint?: string
  readonly package?: string
  readonly file?: string
  /** A package on the way in; when given, every known way has to pass through it. */
  readonly path?: string
  readonly reason: string
  /** ISO date; the acceptance ends with that day in UTC. */
  readonly until: string
  readonly line: number
}

export const acceptanceExpired = {
  id: 'scan.acceptance-expired',
  what: 'The time set for an accepted finding is over.',
  why: 'The finding counts again; nobody has looked at it since.',
  fix: 'Mend it, or write a new date and say why.',
} as const

export const acceptanceUnused = {
  id: 'scan.acceptance-unused',
  what: 'An accepted finding is no longer found.',
  why: 'The entry would silently accept the same finding when it comes back.',
  fix: 'Delete the entry.',
} as const

/**
 * Reads the accept file: a YAML or JSON list. A missing file accepts nothing.
 *
 * @throws {Usage} naming the entry that lacks its reason, its date or what it is about
 */
export async function readAcceptances(path: string, shown: string): Promise<Acceptance[]> {
  if (!existsSync(path)) return []
  const { isMap, isSeq, LineCounter, parseDocument } = await import('yaml')
  const lines = new LineCounter()
  const document = parseDocument(readFileSync(path, 'utf8'), {
    lineCounter: lines,
    schema: 'failsafe',
  })
  if (document.errors.length > 0 || !(isSeq(document.contents) || document.contents === null)) {
    throw new Usage(`${shown} is not a list of entries in YAML or JSON`)
  }
  return (document.contents?.items ?? []).map(item => {
    const line = lines.linePos((isMap(item) ? item.range?.[0] : 0) ?? 0).line
    return entry(record(isMap(item) ? item.toJS(document) : undefined), `${shown}:${line}`, line)
  })
}

function entry(raw: Readonly<Record<string, unknown>>, where: string, line: number): Acceptance {
  const member = (name: string) => {
    const value = text(raw[name])
    return value === undefined || value === '' ? {} : { [name]: value }
  }
  const reason = text(raw['reason']) ?? ''
  const until = text(raw['until']) ?? ''
  if (reason.trim().length < 8)
    throw new Usage(`${where}: write a reason that a colleague understands`)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(until) || Number.isNaN(Date.parse(until))) {
    throw new Usage(`${where}: write until: as a date such as 2027-01-31`)
  }
  const about = { ...member('id'), ...member('fingerprint') }
  const scope = { ...member('package'), ...member('file'), ...member('path') }
  const enough =
    'fingerprint' in about || ('id' in about && ('package' in scope || 'file' in scope))
  if (!enough) throw new Usage(`${where}: write fingerprint:, or id: with package: or file:`)
  return { ...about, ...scope, reason, until, line }
}

/** Marks what was accepted, and adds a finding for each entry that is over or matches nothing. */
export function applied(
  findings: readonly Finding[],
  acceptances: readonly Acceptance[],
  shown: string,
  now: number,
): Finding[] {
  const used = new Set<Acceptance>()
  const judged = findings.map(finding => {
    const matching = acceptances.filter(each => matches(each, finding))
    for (const each of matching) used.add(each)
    const living = matching.find(each => !isOver(each, now))
    if (living === undefined) return finding
    return { ...finding, suppressed: { reason: living.reason, until: living.until } }
  })
  const stale = acceptances.flatMap(each => {
    if (!used.has(each)) return [about(acceptanceUnused, 'info', each, shown, 'matches nothing')]
    return isOver(each, now)
      ? [about(acceptanceExpired, 'low', each, shown, `ended on ${each.until}`)]
      : []
  })
  return [...judged, ...stale]
}

function matches(acceptance: Acceptance, finding: Finding): boolean {
  const { details, rule } = finding
  const ids = [rule.id, ...(Array.isArray(details['ids']) ? details['ids'] : [])]
  const paths = Array.isArray(details['paths']) ? details['paths'] : []
  return (
    (acceptance.fingerprint === undefined || acceptance.fingerprint === finding.fingerprint) &&
    (acceptance.id === undefined || ids.includes(acceptance.id)) &&
    (acceptance.package === undefined || acceptance.package === details['package']) &&
    (acceptance.file === undefined || acceptance.file === finding.file) &&
    (acceptance.path === undefined || paths.every(way => through(way, acceptance.path ?? '')))
  )
}

function through(way: unknown, name: string): boolean {
  return (
    Array.isArray(way) && way.some(step => step === name || String(step).startsWith(`${name}@`))
  )
}

function isOver(acceptance: Acceptance, now: number): boolean {
  return now >= Date.parse(acceptance.until) + 86_400_000
}

function about(
  rule: typeof acceptanceExpired | typeof acceptanceUnused,
  severity: 'low' | 'info',
  acceptance: Acceptance,
  file: string,
  what: string,
): Finding {
  const subject = acceptance.id ?? acceptance.fingerprint ?? ''
  const scope = acceptance.package ?? acceptance.file
  return {
    rule,
    severity,
    title: `${subject}${scope === undefined ? '' : ` for ${scope}`} ${what}`,
    notes: [`Reason given: ${acceptance.reason}`],
    file,
    line: acceptance.line,
    fingerprint: `${rule.id}:${subject}:${scope ?? ''}`,
    details: {},
  }
}
