import semver from 'semver'
import type { Finding } from '../../output/finding.ts'
import { type Advisory, affects, deduplicated, fixFor } from '../advisories/advisory.ts'
import type { Locked } from '../lockfiles/lockfile.ts'
import { aboutPackage, type Scanned } from './found.ts'

export const knownVulnerable = {
  id: 'deps.known-vulnerable',
  what: 'A version in use has a published vulnerability.',
  why: 'The hole and often the way to use it are public; scanners look for it all day.',
  fix: 'Move to the fixed version, or accept the advisory with a reason and a date.',
} as const

export const malicious = {
  id: 'deps.malicious',
  what: 'A version in use was published as an attack.',
  why: 'Its code runs with everything that the install and the service may do.',
  fix: 'Remove it, treat every machine that installed it as taken over, and rotate its secrets.',
} as const

/** Findings 1 and 2: what the sources say of the locked versions. */
export function knownFindings(scanned: Scanned, advisories: readonly Advisory[]): Finding[] {
  const byName = Map.groupBy(deduplicated(advisories), advisory => advisory.name)
  const seen = new Set<string>()
  return [...scanned.lockfile.packages.values()].flatMap(locked =>
    (byName.get(locked.name) ?? [])
      .filter(advisory => judges(locked) && affects(advisory, locked.version))
      // One version installed twice is one hole; its ways in are all listed.
      .filter(advisory => first(seen, `${advisory.ids[0]} ${locked.name}@${locked.version}`))
      .map(advisory => finding(scanned, locked, advisory)),
  )
}

function first(seen: Set<string>, key: string): boolean {
  const fresh = !seen.has(key)
  seen.add(key)
  return fresh
}

/** Advisories speak of the registry's package; a folder or a fork of that name is another thing. */
function judges(locked: Locked): boolean {
  return locked.origin === 'registry' || locked.origin === 'bundled'
}

function finding(scanned: Scanned, locked: Locked, advisory: Advisory): Finding {
  const { ids, title, severity, score, url } = advisory
  const fix = advisory.malicious ? undefined : fixFor(advisory, locked.version)
  const ranges = scanned.graph.ranges(locked.key)
  const inside = fix !== undefined && ranges.every(range => holds(range, fix))
  return aboutPackage(advisory.malicious ? malicious : knownVulnerable, severity, scanned, locked, {
    title: `${locked.name}@${locked.version}: ${title}`,
    notes: [
      [
        ...ids.filter(id => !id.startsWith('npm-')),
        ...(score === undefined ? [] : [`CVSS ${score}`]),
      ].join(', '),
    ].filter(note => note !== ''),
    ...(advisory.malicious ? {} : { fix: advice(locked, fix, inside, ranges) }),
    about: ids[0] ?? '',
    details: { ids, url, score, fixed: fix ?? null, fixInsideRange: inside, ranges },
  })
}

function advice(
  locked: Locked,
  fix: string | undefined,
  inside: boolean,
  ranges: readonly string[],
): string {
  if (fix === undefined)
    return 'No fixed version is known: replace the package, or accept it with a reason.'
  return inside
    ? `Update ${locked.name} to ${fix}; it fits every range that asks for it.`
    : `Move to ${locked.name} ${fix}, which is outside ${ranges.join(' and ')}: raise the dependent or override it.`
}

function holds(range: string, version: string): boolean {
  return semver.satisfies(version, range.replace(/^npm:(?:(?:@[^/]+\/)?[^@]+@)?/, ''))
}
