import semver from 'semver'
import type { Severity } from '../../output/finding.ts'
import { record, text } from '../lockfiles/shape.ts'
import { type Advisory, severityOf } from './advisory.ts'
import { cvss3, rated } from './cvss.ts'

type Raw = Readonly<Record<string, unknown>>

/**
 * One OSV document as advisories, one for each npm package that it names. Withdrawn ones are none.
 *
 * @see OSV schema 1.7: affected, events, severity
 */
export function advisoriesOf(json: unknown): Advisory[] {
  const raw = record(json)
  const id = text(raw['id'])
  if (id === undefined || raw['withdrawn'] !== undefined) return []
  const ids = [id, ...list(raw['aliases']).filter(each => typeof each === 'string')]
  const malicious = ids.some(each => each.startsWith('MAL-'))
  const byName = Map.groupBy(npmParts(raw), part => text(record(part['package'])['name']) ?? '')
  return [...byName].map(([name, parts]) => ({
    ids,
    name,
    title: text(raw['summary']) ?? text(raw['details'])?.split('\n')[0] ?? id,
    malicious,
    url: `https://osv.dev/vulnerability/${encodeURIComponent(id)}`,
    ...graded(raw, malicious),
    ...affected(parts),
  }))
}

/** The names alone, for an index: much less work than the advisories. */
export function namesIn(json: unknown): string[] {
  const names = npmParts(record(json)).map(part => text(record(part['package'])['name']) ?? '')
  return [...new Set(names)]
}

function npmParts(raw: Raw): Raw[] {
  return list(raw['affected'])
    .map(record)
    .filter(part => record(part['package'])['ecosystem'] === 'npm')
}

function affected(parts: readonly Raw[]): Pick<Advisory, 'vulnerable' | 'versions' | 'fixed'> {
  const events = parts
    .flatMap(part => list(part['ranges']).map(record))
    .filter(range => range['type'] !== 'GIT')
    .map(range => list(range['events']).map(record))
  const versions = parts
    .flatMap(part => list(part['versions']))
    .filter(each => typeof each === 'string')
  const vulnerable = events.flatMap(rangesOf)
  // An entry that says neither speaks of the package as a whole.
  const all = vulnerable.length === 0 && versions.length === 0
  return {
    vulnerable: all ? ['*'] : vulnerable,
    versions,
    fixed: events.flat().flatMap(event => text(event['fixed']) ?? []),
  }
}

/** A line of events, such as introduced 1.0.0, fixed 1.2.3, introduced 2.0.0, as ranges. */
function rangesOf(events: readonly Raw[]): string[] {
  const ranges: string[] = []
  let from: string | undefined
  for (const event of events.toSorted((a, b) => order(at(a), at(b)))) {
    const introduced = text(event['introduced'])
    const fixed = text(event['fixed'])
    const last = text(event['last_affected'])
    if (introduced !== undefined) from ??= introduced === '0' ? '0.0.0-0' : introduced
    else if (from !== undefined && (fixed ?? last) !== undefined) {
      ranges.push(fixed === undefined ? `>=${from} <=${last}` : `>=${from} <${fixed}`)
      from = undefined
    }
  }
  if (from !== undefined) ranges.push(`>=${from}`)
  return ranges
}

function at(event: Raw): string {
  const version = text(event['introduced']) ?? text(event['fixed']) ?? text(event['last_affected'])
  return version === undefined || version === '0' ? '0.0.0-0' : version
}

function order(a: string, b: string): number {
  return semver.valid(a) === null || semver.valid(b) === null ? 0 : semver.compare(a, b)
}

// Decision: the source's own word comes first, then a CVSS 3 vector. A CVSS 4 vector alone counts as
// high: its score needs a table of 270 rows, and the sources that give v4 also give the word.
// Cost: such an entry may be shown one step too high.
function graded(raw: Raw, malicious: boolean): { severity: Severity; score?: number } {
  const vectors = [raw, ...list(raw['affected']).map(record)]
    .flatMap(part => list(part['severity']).map(record))
    .map(each => cvss3(text(each['score']) ?? ''))
  const score = vectors.find(each => each !== undefined)
  const word = text(record(raw['database_specific'])['severity'])
  const severity = word === undefined && score !== undefined ? rated(score) : severityOf(word)
  return { severity: malicious ? 'critical' : severity, ...(score === undefined ? {} : { score }) }
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
