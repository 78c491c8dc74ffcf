import { hash } from 'node:crypto'
import type { Finding, Rule, Severity } from '../../output/finding.ts'
import type { Graph } from '../lockfiles/graph.ts'
import type { Locked, Lockfile } from '../lockfiles/lockfile.ts'
import type { Project } from '../lockfiles/project.ts'

/** What the rules look at: one lockfile and everything read along with it. */
export interface Scanned {
  readonly project: Project
  readonly lockfile: Lockfile
  readonly graph: Graph
}

export interface Seen {
  readonly title: string
  readonly notes?: readonly string[]
  readonly fix?: string
  /** Told apart from other findings of this rule for this package, such as an advisory's id. */
  readonly about?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** A finding about one locked package: with the way by which it came in. */
export function aboutPackage(
  rule: Rule,
  severity: Severity,
  { lockfile, graph }: Scanned,
  locked: Locked,
  seen: Seen,
): Finding {
  const paths = graph.paths(locked.key)
  const reach = graph.reach(locked.key)
  const [way] = paths
  const more = paths.length > 1 ? ` (and ${paths.length - 1} more)` : ''
  return {
    rule,
    severity,
    title: seen.title,
    notes: [
      ...(seen.notes ?? []),
      ...(way === undefined ? [] : [`Needed by ${way.join(' > ')}${more}, ${reach}`]),
    ],
    ...(seen.fix === undefined ? {} : { fix: seen.fix }),
    file: lockfile.file,
    line: locked.line,
    fingerprint: fingerprint(rule, locked.name, seen.about ?? locked.version),
    details: {
      package: locked.name,
      version: locked.version,
      key: locked.key,
      reach,
      direct: graph.direct(locked.key),
      paths,
      ...seen.details,
    },
  }
}

/** A finding about a file as a whole, or one setting in it. */
export function aboutFile(
  rule: Rule,
  severity: Severity,
  file: string,
  line: number,
  seen: Seen,
): Finding {
  return {
    rule,
    severity,
    title: seen.title,
    notes: seen.notes ?? [],
    ...(seen.fix === undefined ? {} : { fix: seen.fix }),
    file,
    line,
    fingerprint: fingerprint(rule, file, seen.about ?? ''),
    details: seen.details ?? {},
  }
}

/** No line and no path in it: the finding is the same after the file was reordered. */
function fingerprint(rule: Rule, what: string, about: string): string {
  return hash('sha256', JSON.stringify([rule.id, what, about]), 'hex').slice(0, 32)
}
