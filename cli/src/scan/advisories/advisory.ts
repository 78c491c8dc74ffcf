import semver from 'semver'
import type { Severity } from '../../output/finding.ts'

/** One published statement that some versions of a package are dangerous. */
export interface Advisory {
  /** All its names: GHSA, CVE, MAL, the registry's number. The first is the one to show. */
  readonly ids: readonly string[]
  readonly name: string
  readonly title: string
  readonly severity: Severity
  /** True when the package itself is the attack. */
  readonly malicious: boolean
  /** CVSS base score, when somebody gave one. */
  readonly score?: number
  readonly url?: string
  /** Semver ranges; a version is affected when any of them holds it. */
  readonly vulnerable: readonly string[]
  /** Versions named one by one. */
  readonly versions: readonly string[]
  /** First safe versions, as the source tells. */
  readonly fixed: readonly string[]
}

/** Package names with the versions in use. */
export type Asked = ReadonlyMap<string, ReadonlySet<string>>

/** What a registry tells about the releases of one package. */
export interface Releases {
  /** By version: when it came out, in milliseconds since the epoch. */
  readonly releasedAt: ReadonlyMap<string, number>
  /** Versions whose install runs code. */
  readonly scripted: ReadonlySet<string>
}

/** An answer, or why there is none; silence is never taken for "nothing known". */
export interface Answered<T> {
  readonly known: T
  /** One sentence for each part that could not be answered. */
  readonly unanswered: readonly string[]
}

/** Something that can be asked about packages. */
export interface Source {
  /** For the report's head. */
  readonly says: string
  advisories(asked: Asked): Promise<Answered<readonly Advisory[]>>
  /** Undefined when this source has no release times at all. */
  readonly releases:
    | ((asked: Asked) => Promise<Answered<ReadonlyMap<string, Releases | 'unpublished'>>>)
    | undefined
}

const SEMVER = { includePrerelease: true, loose: true } as const

/** Whether the advisory speaks of this version. An unreadable range counts as affected. */
export function affects(advisory: Advisory, version: string): boolean {
  if (advisory.versions.includes(version)) return true
  return advisory.vulnerable.some(range => within(version, range))
}

// Decision: what cannot be parsed is affected. A typo in an advisory must not hide it.
// Cost: a false alarm, with the advisory named so that it can be looked at.
function within(version: string, range: string): boolean {
  const parsed = rangeOf(range)
  return parsed === null || semver.valid(version, SEMVER) === null || parsed.test(version)
}

function rangeOf(range: string): semver.Range | null {
  try {
    return new semver.Range(range === '' ? '*' : range, SEMVER)
  } catch {
    return null
  }
}

/** The lowest version above `version` that the advisory calls safe. */
export function fixFor(advisory: Advisory, version: string): string | undefined {
  const candidates = [...advisory.fixed, ...upperBounds(advisory)]
  return candidates
    .filter(fix => semver.valid(fix) !== null && semver.gt(fix, version) && !affects(advisory, fix))
    .sort(semver.compare)[0]
}

/** `<2.1.0` says that 2.1.0 is safe, unless another range holds it. */
function upperBounds(advisory: Advisory): string[] {
  return advisory.vulnerable.flatMap(range =>
    (rangeOf(range)?.set ?? []).flatMap(comparators =>
      comparators.filter(at => at.operator === '<').map(at => at.semver.version.replace(/-0$/, '')),
    ),
  )
}

const BY_WORD: Readonly<Record<string, Severity>> = {
  critical: 'critical',
  high: 'high',
  moderate: 'medium',
  medium: 'medium',
  low: 'low',
  info: 'info',
}

/** Each source has its own words for the five severities; an unknown one counts as high. */
export function severityOf(word: unknown): Severity {
  return (typeof word === 'string' ? BY_WORD[word.toLowerCase()] : undefined) ?? 'high'
}

/** Joins what two sources say of one hole: any id in common makes them one (GHSA and CVE, …). */
export function deduplicated(advisories: readonly Advisory[]): Advisory[] {
  const kept: Advisory[] = []
  for (const advisory of advisories) {
    const twin = kept.findIndex(
      each => each.name === advisory.name && each.ids.some(id => advisory.ids.includes(id)),
    )
    const known = kept[twin]
    if (known === undefined) kept.push(advisory)
    else kept[twin] = joined(known, advisory)
  }
  return kept
}

function joined(a: Advisory, b: Advisory): Advisory {
  const score = a.score ?? b.score
  const url = a.url ?? b.url
  return {
    ...a,
    ...(score === undefined ? {} : { score }),
    ...(url === undefined ? {} : { url }),
    ids: [...new Set([...a.ids, ...b.ids])],
    malicious: a.malicious || b.malicious,
    severity: a.malicious ? a.severity : b.malicious ? b.severity : a.severity,
    vulnerable: [...new Set([...a.vulnerable, ...b.vulnerable])],
    versions: [...new Set([...a.versions, ...b.versions])],
    fixed: [...new Set([...a.fixed, ...b.fixed])],
  }
}
