import type { Finding } from '../../output/finding.ts'
import type { Advisory, Releases } from '../advisories/advisory.ts'
import { aboutPackage, type Scanned } from './found.ts'

const DAY = 86_400_000

export const tooNew = {
  id: 'deps.too-new',
  what: 'A version in use came out only days ago.',
  why: 'Most malicious releases are found and withdrawn within their first week.',
  fix: 'Stay on the previous version until it has aged, or exempt it with --min-age-exempt.',
} as const

export const unpublished = {
  id: 'deps.unpublished',
  what: 'The registry does not know a package that the lockfile takes from it.',
  why: 'Whoever registers the name next decides what the next install runs.',
  fix: 'Remove it, register the name, or give its scope a registry of its own in .npmrc.',
} as const

export interface AgeRule {
  readonly minDays: number
  /** Names, or `@scope/*`. */
  readonly exempt: readonly string[]
  /** Scopes that nobody was asked about. */
  readonly skipped: readonly string[]
  readonly now: number
}

/** Finding 3: release ages. Versions whose release time is unknown are counted, not guessed. */
export function ageFindings(
  scanned: Scanned,
  releases: ReadonlyMap<string, Releases | 'unpublished'>,
  advisories: readonly Advisory[],
  rule: AgeRule,
): { findings: Finding[]; unknown: number } {
  const findings: Finding[] = []
  let unknown = 0
  const seen = new Set<string>()
  for (const locked of scanned.lockfile.packages.values()) {
    const id = `${locked.name}@${locked.version}`
    if (locked.origin !== 'registry' || seen.has(id)) continue
    if (rule.skipped.some(scope => locked.name.startsWith(`${scope}/`))) continue
    seen.add(id)
    const known = releases.get(locked.name)
    if (known === 'unpublished') {
      findings.push(
        aboutPackage(unpublished, 'high', scanned, locked, {
          title: `${id} is not on the registry`,
        }),
      )
      continue
    }
    const at = known?.releasedAt.get(locked.version)
    if (at === undefined) unknown++
    const days = at === undefined ? Number.POSITIVE_INFINITY : (rule.now - at) / DAY
    if (at === undefined || days >= rule.minDays || exempt(locked.name, rule.exempt)) continue
    const mends = advisories.find(
      advisory => advisory.name === locked.name && advisory.fixed.includes(locked.version),
    )
    findings.push(
      aboutPackage(tooNew, 'medium', scanned, locked, {
        title: `${id} came out ${age(days)} ago`,
        notes: [
          `Released ${new Date(at).toISOString()}; the rule is ${rule.minDays} days`,
          ...(mends === undefined
            ? []
            : [`It mends ${mends.ids[0]}: read its change and exempt it, rather than wait`]),
        ],
        details: { releasedAt: new Date(at).toISOString(), mends: mends?.ids[0] ?? null },
      }),
    )
  }
  return { findings, unknown }
}

function age(days: number): string {
  if (days < 1) return `${Math.max(0, Math.floor(days * 24))} hours`
  return `${Math.floor(days)} ${Math.floor(days) === 1 ? 'day' : 'days'}`
}

function exempt(name: string, list: readonly string[]): boolean {
  return list.some(each =>
    each.endsWith('/*') ? name.startsWith(each.slice(0, -1)) : each === name,
  )
}
