import { isAbsolute, join, relative, resolve } from 'node:path'
import { systemClock } from 'bulwark/clock'
import type { Exit, Terminal } from '../../command.ts'
import type { Finding, Report } from '../../output/finding.ts'
import { printer } from '../../output/print.ts'
import { PRINT_OPTIONS } from '../../output/print-options.ts'
import { parsed, Usage } from '../../output/usage.ts'
import { applied, readAcceptances } from '../acceptance.ts'
import type { Advisory, Answered, Asked, Releases, Source } from '../advisories/advisory.ts'
import { type Registries, registriesOf } from '../advisories/npmrc.ts'
import { osvSource } from '../advisories/osv.ts'
import { registrySource } from '../advisories/registry.ts'
import { recorded, snapshotSource } from '../advisories/snapshot.ts'
import { updateDatabase } from '../advisories/update.ts'
import { graphOf } from '../lockfiles/graph.ts'
import { type Lockfile, UnreadableLockfile } from '../lockfiles/lockfile.ts'
import { type Project, projectAt, readLockfile } from '../lockfiles/project.ts'
import { atCommit } from './at-commit.ts'
import { driftFindings } from './drift.ts'
import type { Scanned } from './found.ts'
import { ACCEPT_FILE } from './help.ts'
import { scriptFindings } from './install-scripts.ts'
import { integrityFindings } from './integrity.ts'
import { knownFindings } from './known-vulnerable.ts'
import { lookAlikeFindings } from './look-alike.ts'
import { managerOf } from './manager.ts'
import { policyFindings, scriptPolicy } from './policy.ts'
import { ageFindings } from './too-new.ts'

const OSV_ZIP = 'https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip'

const OPTIONS = {
  ...PRINT_OPTIONS,
  registry: { type: 'string' },
  offline: { type: 'string' },
  snapshot: { type: 'string' },
  record: { type: 'string' },
  'db-update': { type: 'string' },
  'db-url': { type: 'string', default: OSV_ZIP },
  'min-age': { type: 'string', default: '7' },
  'min-age-exempt': { type: 'string', multiple: true, default: [] as string[] },
  'skip-scope': { type: 'string', multiple: true, default: [] as string[] },
  'allow-host': { type: 'string', multiple: true, default: [] as string[] },
  production: { type: 'boolean', default: false },
  since: { type: 'string' },
  accept: { type: 'string', default: ACCEPT_FILE },
} as const

type Values = ReturnType<typeof optionsOf>['values']

function optionsOf(args: readonly string[]) {
  return parsed({ args: [...args], options: OPTIONS, allowPositionals: true })
}

/** `bulwark scan deps`. */
export async function scanDeps(
  args: readonly string[],
  terminal: Terminal,
  clock: () => number = systemClock,
): Promise<Exit> {
  const { values, positionals } = optionsOf(args)
  if (positionals.length > 1) throw new Usage(`one folder, not ${positionals.length}`)
  if (values['db-update'] !== undefined) {
    const folder = resolve(terminal.cwd, values['db-update'])
    return updateDatabase(values['db-url'], folder, terminal)
  }
  const print = printer(values, terminal)
  const folder = resolve(terminal.cwd, positionals[0] ?? '.')
  const project = projectAt(folder)
  if (project.manifests.size === 0 && project.lockfiles.length === 0) {
    throw new Usage(`${folder} holds neither a package.json nor a lockfile`)
  }
  const registries = registriesOf(folder, terminal.env, values.registry)
  const source = sourceOf(values, registries, terminal)
  const report = await reportOn(project, values, { registries, source, now: clock() }, terminal)
  const accept = isAbsolute(values.accept) ? values.accept : join(folder, values.accept)
  const shown = relative(folder, accept).replaceAll('\\', '/')
  const acceptances = await readAcceptances(accept, shown)
  return print({ ...report, findings: applied(report.findings, acceptances, shown, clock()) })
}

function sourceOf(values: Values, registries: Registries, terminal: Terminal): Source {
  const chosen = (['offline', 'snapshot', 'record'] as const).filter(
    name => values[name] !== undefined,
  )
  if (chosen.length > 1) throw new Usage(`--${chosen.join(' and --')} exclude each other`)
  if (values.offline !== undefined) return osvSource(resolve(terminal.cwd, values.offline))
  if (values.snapshot === undefined) return registrySource(registries, terminal.signal)
  try {
    return snapshotSource(resolve(terminal.cwd, values.snapshot))
  } catch (error) {
    throw new Usage(`--snapshot: ${error instanceof Error ? error.message : String(error)}`)
  }
}

interface Ground {
  readonly registries: Registries
  readonly source: Source
  readonly now: number
}

async function reportOn(
  project: Project,
  values: Values,
  ground: Ground,
  terminal: Terminal,
): Promise<Report> {
  const findings: Finding[] = []
  const incomplete: string[] = []
  const notChecked: string[] = []
  const lockfile = lockfileIn(project, incomplete)
  findings.push(...driftFindings(project, lockfile))
  let packages = 0
  if (lockfile !== undefined) {
    const scanned = scannedOf(project, lockfile, values.production)
    packages = scanned.lockfile.packages.size
    const before =
      values.since === undefined ? undefined : await atCommit(project, lockfile, values.since)
    if (typeof before === 'string') incomplete.push(before)
    const asked = askedOf(scanned, values['skip-scope'])
    const answers = await answersOf(asked, values, ground, terminal)
    incomplete.push(...answers.advisories.unanswered, ...(answers.releases?.unanswered ?? []))
    const manager = managerOf(project, lockfile.kind)
    const releases = answers.releases?.known
    const scripts = scriptFindings(
      scanned,
      scriptPolicy(manager),
      releases,
      typeof before === 'string' ? undefined : before,
    )
    const hosts = new Set([
      ...ground.registries.hosts,
      ...mirrors(lockfile),
      ...values['allow-host'],
    ])
    findings.push(
      ...knownFindings(scanned, answers.advisories.known),
      ...scripts.findings,
      ...policyFindings(manager),
      ...integrityFindings(scanned, hosts),
      ...lookAlikeFindings(
        scanned,
        name => ground.registries.of(name) !== ground.registries.public,
      ),
    )
    if (scripts.unknown > 0) {
      notChecked.push(`install scripts of ${scripts.unknown} packages: this lockfile does not tell`)
    }
    const minDays = Number(values['min-age'])
    if (!(minDays >= 0)) throw new Usage(`--min-age ${values['min-age']}: write a number of days`)
    if (releases !== undefined) {
      const rule = { minDays, exempt: values['min-age-exempt'], now: ground.now }
      const aged = ageFindings(scanned, releases, answers.advisories.known, rule)
      findings.push(...aged.findings)
      if (aged.unknown > 0 && (answers.releases?.unanswered.length ?? 0) === 0) {
        incomplete.push(`${aged.unknown} packages have no release time`)
      }
    } else if (minDays > 0) {
      notChecked.push(`release age: ${ground.source.says} has no release times`)
    }
    for (const scope of values['skip-scope']) notChecked.push(`advisories for ${scope}, as asked`)
  }
  const subject = `${lockfile?.file ?? 'no lockfile'}, ${packages} packages, ${ground.source.says}`
  const facts = { lockfile: lockfile?.file ?? null, kind: lockfile?.kind ?? null, packages }
  return { command: 'scan deps', subject, findings, incomplete, notChecked, facts }
}

function lockfileIn(project: Project, incomplete: string[]): Lockfile | undefined {
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

/** What the sources may be asked about: published packages, without the scopes left out. */
function askedOf(scanned: Scanned, skipped: readonly string[]): Asked {
  const asked = new Map<string, Set<string>>()
  for (const { name, version, origin } of scanned.lockfile.packages.values()) {
    const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : ''
    if ((origin !== 'registry' && origin !== 'bundled') || skipped.includes(scope)) continue
    asked.set(name, (asked.get(name) ?? new Set()).add(version))
  }
  return asked
}

interface Answers {
  readonly advisories: Answered<readonly Advisory[]>
  readonly releases: Answered<ReadonlyMap<string, Releases | 'unpublished'>> | undefined
}

async function answersOf(
  asked: Asked,
  values: Values,
  { source, now }: Ground,
  terminal: Terminal,
): Promise<Answers> {
  if (asked.size === 0) return { advisories: { known: [], unanswered: [] }, releases: undefined }
  if (values.record !== undefined) {
    const answers = await recorded(resolve(terminal.cwd, values.record), source, asked, now)
    return { advisories: answers, releases: answers.releases }
  }
  const advisories = await source.advisories(asked)
  const wanted = Number(values['min-age']) > 0
  return { advisories, releases: wanted ? await source.releases?.(asked) : undefined }
}

/** Yarn writes the address of its own mirror of the public registry. */
function mirrors(lockfile: Lockfile): string[] {
  return lockfile.kind === 'yarn-classic' ? ['registry.yarnpkg.com'] : []
}
