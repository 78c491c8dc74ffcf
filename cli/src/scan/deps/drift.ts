import { join } from 'node:path'
import semver from 'semver'
import type { Finding } from '../../output/finding.ts'
import type { Lockfile, Manifest, Root } from '../lockfiles/lockfile.ts'
import { manifestAt, type Project } from '../lockfiles/project.ts'
import { aliased, entries, originOf } from '../lockfiles/shape.ts'
import { aboutFile } from './found.ts'

export const outOfStep = {
  id: 'deps.lockfile-out-of-step',
  what: 'package.json and the lockfile do not say the same.',
  why: 'A plain install repairs it silently with whatever is newest; what was reviewed is not what runs.',
  fix: 'Install with the package manager, review the diff, and use the frozen form (npm ci) in CI.',
} as const

export const noLockfile = {
  id: 'deps.no-lockfile',
  what: 'There is a package.json and no lockfile.',
  why: 'Every install takes what is newest at that moment, from the whole tree of dependencies.',
  fix: 'Install once and commit the lockfile.',
} as const

export const twoLockfiles = {
  id: 'deps.two-lockfiles',
  what: 'Two package managers keep lockfiles here.',
  why: 'One of them is stale, and which one counts depends on who installs.',
  fix: 'Delete the one that is not used.',
} as const

const FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const

/** The other half of finding 6: lockfile against manifest, and lockfile against lockfile. */
export function driftFindings(project: Project, lockfile: Lockfile | undefined): Finding[] {
  const findings: Finding[] = []
  const managers = project.lockfiles.filter(name => name !== 'npm-shrinkwrap.json')
  if (managers.length > 1) {
    const title = `${managers.join(' and ')} stand side by side`
    findings.push(aboutFile(twoLockfiles, 'medium', managers[1] ?? '', 1, { title }))
  }
  if (lockfile === undefined) {
    const wants = FIELDS.some(field => entries(project.manifests.get('')?.[field]).length > 0)
    const title = 'package.json has dependencies and no lockfile pins them'
    if (wants) findings.push(aboutFile(noLockfile, 'medium', 'package.json', 1, { title }))
    return findings
  }
  for (const root of lockfile.roots) {
    const manifest = manifestAt(join(project.folder, root.folder))
    if (manifest !== undefined) findings.push(...stepFindings(manifest, root, lockfile))
  }
  return findings
}

function stepFindings(manifest: Manifest, root: Root, lockfile: Lockfile): Finding[] {
  const file = root.folder === '' ? 'package.json' : `${root.folder}/package.json`
  const asked = new Map(FIELDS.flatMap(field => entries(manifest[field])))
  const known = new Map(root.edges.map(edge => [edge.name, edge]))
  const wrong: string[] = []
  for (const [name, range] of asked) {
    const edge = known.get(name)
    if (edge === undefined) wrong.push(`${name} is asked for and not locked`)
    else if (!sameRange(edge.range, range)) {
      wrong.push(`${name}: package.json asks for ${range}, the lockfile answers ${edge.range}`)
    } else if (edge.to === undefined && !isElsewhere(range) && edge.kind !== 'optional') {
      wrong.push(`${name} ${range} is in the lockfile's wishes, and no package answers it`)
    } else {
      const locked = edge.to === undefined ? undefined : lockfile.packages.get(edge.to)
      const plain = aliased(range)?.[1] ?? range.replace(/^npm:/, '')
      const holds =
        locked === undefined ||
        semver.validRange(plain) === null ||
        satisfied(locked.version, plain)
      if (!holds) wrong.push(`${name} is locked at ${locked.version}, outside ${range}`)
    }
  }
  for (const edge of root.edges) {
    if (edge.kind !== 'peer' && !asked.has(edge.name))
      wrong.push(`${edge.name} is locked and nobody asks for it`)
  }
  if (wrong.length === 0) return []
  const title = `${file} and ${lockfile.file} disagree about ${wrong.length} ${wrong.length === 1 ? 'package' : 'packages'}`
  return [aboutFile(outOfStep, 'medium', file, 1, { title, notes: wrong, details: { wrong } })]
}

function satisfied(version: string, range: string): boolean {
  return semver.satisfies(version, range, { includePrerelease: true, loose: true })
}

/** Yarn writes `npm:^1.0.0` for `^1.0.0`; pnpm resolves `catalog:` before it writes. */
function sameRange(locked: string, asked: string): boolean {
  const bare = (range: string) => range.trim().replace(/^npm:(?=[\^~<>=\d*])/, '')
  return bare(locked) === bare(asked) || asked.startsWith('catalog:')
}

function isElsewhere(range: string): boolean {
  return (
    originOf(range) !== 'registry' || range.startsWith('catalog:') || range === '' || range === '*'
  )
}
