import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import semver from 'semver'
import { parse } from 'yaml'
import { readNpmrc } from '../advisories/npmrc.ts'
import type { LockfileKind, Manifest } from '../lockfiles/lockfile.ts'
import type { Project } from '../lockfiles/project.ts'
import { record, text } from '../lockfiles/shape.ts'

/** One setting of the package manager, and where it stands. */
export interface Setting {
  readonly value: string
  readonly file: string
  readonly line: number
}

/** Everything that the project tells its package manager, whichever that is. */
export interface Manager {
  readonly kind: LockfileKind
  /** The file a missing setting belongs into. */
  readonly file: string
  /** The oldest version of it that the project admits; `undefined` when it does not say. */
  readonly oldest: string | undefined
  setting(name: string): Setting | undefined
  /** A setting that is a list or a map. */
  readonly raw: Readonly<Record<string, unknown>>
  readonly manifest: Manifest
}

const FILE = {
  npm: '.npmrc',
  pnpm: 'pnpm-workspace.yaml',
  'yarn-classic': '.yarnrc',
  'yarn-berry': '.yarnrc.yml',
  bun: 'bunfig.toml',
} as const satisfies Record<LockfileKind, string>

/** Reads the settings of the manager that wrote the lockfile. */
export function managerOf(project: Project, kind: LockfileKind): Manager {
  const manifest = project.manifests.get('') ?? {}
  const file = FILE[kind]
  const source = textAt(join(project.folder, file))
  const yaml = file.endsWith('yaml') || file.endsWith('.yml')
  const raw = yaml ? { ...record(manifest['pnpm']), ...yamlIn(source) } : {}
  const npmrc = readNpmrc(join(project.folder, '.npmrc'))
  const setting = (name: string): Setting | undefined => {
    const own = yaml ? raw[name] : undefined
    if (own !== undefined) return { value: String(own), file, line: lineOf(source, `${name}:`) }
    if (kind === 'bun') return tomlSetting(source, file, name)
    const value = npmrc.values.get(name)
    return value === undefined
      ? undefined
      : { value, file: '.npmrc', line: npmrc.lines.get(name) ?? 1 }
  }
  return { kind, file, oldest: oldestOf(manifest, kind), setting, raw, manifest }
}

/** From `packageManager`, `devEngines` or `engines`, in the order of how binding they are. */
function oldestOf(manifest: Manifest, kind: LockfileKind): string | undefined {
  const name = kind.startsWith('yarn') ? 'yarn' : kind
  const pinned = text(manifest['packageManager'])
  if (pinned?.startsWith(`${name}@`)) return semver.coerce(pinned.slice(name.length + 1))?.version
  const field = record(manifest['devEngines'])['packageManager']
  const engine = (Array.isArray(field) ? field : [field])
    .map(record)
    .find(each => each['name'] === name)
  const range = text(engine?.['version']) ?? text(record(manifest['engines'])[name])
  return range !== undefined && semver.validRange(range) !== null
    ? semver.minVersion(range)?.version
    : undefined
}

/** Whether every admitted version is at least `version`. */
export function isAtLeast(manager: Manager, version: string): boolean {
  return manager.oldest !== undefined && semver.gte(manager.oldest, version)
}

function yamlIn(source: string): Readonly<Record<string, unknown>> {
  try {
    return record(parse(source))
  } catch {
    return {}
  }
}

/** `name = value` under `[install]`; nothing else of TOML is needed here. */
function tomlSetting(source: string, file: string, name: string): Setting | undefined {
  let section = ''
  for (const [index, line] of source.split(/\r?\n/).entries()) {
    section = /^\s*\[([^\]]+)\]/.exec(line)?.[1] ?? section
    const pair = /^\s*(\w+)\s*=\s*"?([^"#]*)/.exec(line)
    if (section === 'install' && pair?.[1] === name) {
      return { value: (pair[2] ?? '').trim(), file, line: index + 1 }
    }
  }
  return undefined
}

function lineOf(source: string, start: string): number {
  const index = source.split(/\r?\n/).findIndex(line => line.startsWith(start))
  return index === -1 ? 1 : index + 1
}

function textAt(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
