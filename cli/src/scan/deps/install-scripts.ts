import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import semver from 'semver'
import type { Finding } from '../../output/finding.ts'
import type { Releases } from '../advisories/advisory.ts'
import { runsScripts } from '../advisories/registry.ts'
import type { Locked, Lockfile } from '../lockfiles/lockfile.ts'
import { record, splitSpec } from '../lockfiles/shape.ts'
import { aboutPackage, type Scanned } from './found.ts'
import type { ScriptPolicy } from './policy.ts'

export const installScript = {
  id: 'deps.install-script',
  what: 'A package runs code when it is installed, and nobody has approved that.',
  why: 'Install scripts run on every laptop and build machine, before any test, with all their secrets.',
  fix: 'Read the script, then approve it (npm install-scripts approve NAME) or deny it.',
} as const

export const gainedScript = {
  id: 'deps.install-script-new',
  what: 'A package runs code when it is installed, and did not before.',
  why: 'A script that appears in an update is how most hijacked packages strike.',
  fix: 'Compare the two releases before anybody installs this one.',
} as const

/** Finding 4. `before` is the lockfile of an earlier commit, to tell what is new in this change. */
export function scriptFindings(
  scanned: Scanned,
  policy: ScriptPolicy,
  releases: ReadonlyMap<string, Releases | 'unpublished'> | undefined,
  before: Lockfile | undefined,
): { findings: Finding[]; unknown: number } {
  const earlier = new Map([...(before?.packages.values() ?? [])].map(at => [at.name, at]))
  const findings: Finding[] = []
  let unknown = 0
  for (const locked of scanned.lockfile.packages.values()) {
    const runs = runsAtInstall(scanned, locked, releases)
    if (runs === undefined) unknown++
    if (runs !== true) continue
    const id = `${locked.name}@${locked.version}`
    const was = earlier.get(locked.name)
    if (before !== undefined && was?.installScript === false) {
      const title = `${id} has install scripts; ${was.version} had none`
      findings.push(aboutPackage(gainedScript, 'high', scanned, locked, { title }))
    } else if (!policy.none && decided(policy, locked) === undefined) {
      findings.push(
        aboutPackage(installScript, 'medium', scanned, locked, {
          title: `${id} has install scripts that nobody approved`,
          ...(was === undefined && before !== undefined
            ? { notes: ['New since that commit'] }
            : {}),
          fix: policy.how(locked),
        }),
      )
    }
  }
  return { findings, unknown }
}

/** The lockfile's word, else the registry's, else what is installed; else unknown. */
function runsAtInstall(
  scanned: Scanned,
  locked: Locked,
  releases: ReadonlyMap<string, Releases | 'unpublished'> | undefined,
): boolean | undefined {
  if (locked.installScript !== undefined) return locked.installScript
  const known = releases?.get(locked.name)
  if (known !== undefined && known !== 'unpublished' && known.releasedAt.has(locked.version)) {
    return known.scripted.has(locked.version)
  }
  try {
    const path = join(
      scanned.project.folder,
      'node_modules',
      locked.alias ?? locked.name,
      'package.json',
    )
    const manifest = record(JSON.parse(readFileSync(path, 'utf8')))
    return manifest['version'] === locked.version ? runsScripts(manifest) : undefined
  } catch {
    return undefined
  }
}

/** Whether somebody decided about this package; a decision for another version is none. */
function decided(policy: ScriptPolicy, locked: Locked): boolean | undefined {
  for (const [spec, allowed] of policy.decisions) {
    const [name, versions] = splitSpec(spec)
    if (name !== locked.name) continue
    if (versions === '' || covers(versions, locked.version)) return allowed
  }
  return undefined
}

function covers(versions: string, version: string): boolean {
  return versions.split('||').some(each => semver.satisfies(version, each.trim(), { loose: true }))
}
