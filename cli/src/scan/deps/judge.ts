import type { Finding, Report } from '../../output/finding.ts'
import type { Releases, Source } from '../advisories/advisory.ts'
import type { Registries } from '../advisories/npmrc.ts'
import { graphOf } from '../lockfiles/graph.ts'
import { type Locked, type Lockfile, UnreadableLockfile } from '../lockfiles/lockfile.ts'
import { type Project, readLockfile } from '../lockfiles/project.ts'
import { type Answers, answersOf, askedOf } from './ask.ts'
import { atCommit } from './at-commit.ts'
import { driftFindings } from './drift.ts'
import type { Scanned } from './found.ts'
import { scriptFindings } from './install-scripts.ts'
import { integrityFindings } from './integrity.ts'
import { knownFindings } from './known-vulnerable.ts'
import { lookAlikeFindings } from './look-alike.ts'
import { managerOf } from './manager.ts'
import type { DepsOptions } from './options.ts'
import { policyFindings, scriptPolicy } from './policy.ts'
import { ageFindings } from './too-new.ts'

const YEAR = 365 * 86_400_000

/** What a run stands on besides its options. */
export interface Ground {
  readonly registries: Registries
  readonly source: Source
  readonly now: number
  readonly cwd: string
}

/** Collects while the rules are run: what was found, and what was not looked at. */
interface Draft {
  readonly findings: Finding[]
  readonly incomplete: string[]
  readonly notChecked: string[]
}

/** Runs every rule over a project and its lockfile. */
export async function reportOn(
  project: Project,
  options: DepsOptions,
  ground: Ground,
): Promise<Report> {
  const draft: Draft = { findings: [], incomplete: [], notChecked: [] }
  const lockfile = lockfileIn(project, draft)
  draft.findings.push(...driftFindings(project, lockfile))
  const scanned =
    lockfile === undefined ? undefined : scannedOf(project, lockfile, options.production)
  if (scanned !== undefined) await judge(scanned, options, ground, draft)
  const packages = scanned?.lockfile.packages.size ?? 0
  return {
    command: 'scan deps',
    subject: `${lockfile?.file ?? 'no lockfile'}, ${packages} packages, ${ground.source.says}`,
    ...draft,
    facts: { lockfile: lockfile?.file ?? null, kind: lockfile?.kind ?? null, packages },
  }
}

function lockfileIn(project: Project, { incomplete }: Draft): Lockfile | undefined {
  const [file] = project.lockfiles
  if (file === undefined) return undefined
  try {
    return readLockfile(project, file)
  } catch (error) {
    if (!(error instanceof UnreadableLockfile)) throw error
    incomplete.push(error.message)
    return undefined
  }
}

function scannedOf(project: Project, lockfile: Lockfile, production: boolean): Scanned {
  const graph = graphOf(lockfile)
  if (!production) return { project, lockfile, graph }
  const kept = [...lockfile.packages].filter(([key]) => graph.reach(key) !== 'development')
  return { project, lockfile: { ...lockfile, packages: new Map(kept) }, graph }
}

async function judge(
  scanned: Scanned,
  options: DepsOptions,
  ground: Ground,
  draft: Draft,
): Promise<void> {
  const { lockfile, project } = scanned
  const { registries } = ground
  const answers = await answersOf(askedOf(scanned, options.skipScope), options, ground)
  draft.incomplete.push(...answers.advisories.unanswered, ...(answers.releases?.unanswered ?? []))
  const manager = managerOf(project, lockfile.kind)
  const hosts = new Set([...registries.hosts, ...mirrors(lockfile), ...options.allowHost])
  draft.findings.push(
    ...knownFindings(scanned, answers.advisories.known),
    ...policyFindings(manager),
    ...integrityFindings(scanned, hosts),
    ...lookAlikeFindings(
      scanned,
      name => registries.of(name) !== registries.public,
      locked => stoodAYear(locked, answers.releases?.known, ground.now),
    ),
  )
  judgeAges(scanned, options, ground, answers, draft)
  const before =
    options.since === undefined ? undefined : await atCommit(project, lockfile, options.since)
  if (typeof before === 'string') draft.incomplete.push(before)
  const known = typeof before === 'string' ? undefined : before
  const policy = scriptPolicy(manager)
  const scripts = scriptFindings(scanned, policy, answers.releases?.known, known)
  draft.findings.push(...scripts.findings)
  if (scripts.unknown > 0 && !policy.none) {
    draft.notChecked.push(
      `install scripts of ${scripts.unknown} packages: this lockfile does not tell`,
    )
  }
  for (const scope of options.skipScope) draft.notChecked.push(`packages of ${scope}, as asked`)
}

function judgeAges(
  scanned: Scanned,
  { minDays, minAgeExempt: exempt, skipScope: skipped }: DepsOptions,
  { now, source }: Ground,
  { advisories, releases }: Answers,
  draft: Draft,
): void {
  if (minDays === 0) return
  if (releases === undefined) {
    draft.notChecked.push(`release age: ${source.says} has no release times`)
    return
  }
  const rule = { minDays, exempt, skipped, now }
  const { findings, unknown } = ageFindings(scanned, releases.known, advisories.known, rule)
  draft.findings.push(...findings)
  // Where the source itself was silent, that has been said.
  if (unknown > 0 && releases.unanswered.length === 0) {
    draft.incomplete.push(`${unknown} packages have no release time`)
  }
}

function stoodAYear(
  locked: Locked,
  releases: ReadonlyMap<string, Releases | 'unpublished'> | undefined,
  now: number,
): boolean {
  const known = releases?.get(locked.name)
  if (known === undefined || known === 'unpublished') return false
  return now - (known.releasedAt.get(locked.version) ?? now) > YEAR
}

/** Yarn writes the address of its own mirror of the public registry. */
function mirrors(lockfile: Lockfile): string[] {
  return lockfile.kind === 'yarn-classic' ? ['registry.yarnpkg.com'] : []
}
