import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readBun } from './bun.ts'
import { type Lockfile, type Manifest, UnreadableLockfile } from './lockfile.ts'
import { readNpm } from './npm.ts'
import { readPnpm } from './pnpm.ts'
import { record } from './shape.ts'
import { readYarnBerry } from './yarn-berry.ts'
import { readYarnClassic } from './yarn-classic.ts'

/** A folder as a package manager sees it. */
export interface Project {
  readonly folder: string
  /** By folder from the project's; `''` is the project itself. Empty when there is no package.json. */
  readonly manifests: ReadonlyMap<string, Manifest>
  /** Names of the lockfiles present, in the order in which they are preferred. */
  readonly lockfiles: readonly string[]
}

const NAMES = [
  'npm-shrinkwrap.json',
  'package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
] as const

/** Looks which manifests and lockfiles there are. */
export function projectAt(folder: string): Project {
  const manifests = new Map<string, Manifest>()
  const own = manifestAt(folder)
  if (own !== undefined) {
    manifests.set('', own)
    for (const pattern of workspacePatterns(own)) {
      for (const at of globSync(pattern, { cwd: folder, exclude: inModules })) {
        const workspace = manifestAt(join(folder, at))
        if (workspace !== undefined) manifests.set(at.replaceAll('\\', '/'), workspace)
      }
    }
  }
  return { folder, manifests, lockfiles: NAMES.filter(name => existsSync(join(folder, name))) }
}

/**
 * Reads one lockfile of the project.
 *
 * @throws {UnreadableLockfile} when it is broken, or bun's old binary one
 */
export function readLockfile(project: Project, file: string, source?: string): Lockfile {
  if (file.endsWith('bun.lockb')) {
    throw new UnreadableLockfile(`${file} is binary; run bun install --save-text-lockfile`)
  }
  const read = source ?? readFileSync(join(project.folder, file), 'utf8')
  const own = project.manifests.get('') ?? {}
  if (file.endsWith('pnpm-lock.yaml')) return readPnpm(read, file)
  if (file.endsWith('bun.lock')) return readBun(read, file)
  if (!file.endsWith('yarn.lock')) return readNpm(read, file, own)
  return read.includes('\n__metadata:')
    ? readYarnBerry(read, file, project.manifests)
    : readYarnClassic(read, file, project.manifests)
}

function workspacePatterns(manifest: Manifest): string[] {
  const field = manifest['workspaces']
  const list = Array.isArray(field) ? field : record(field)['packages']
  return Array.isArray(list)
    ? list.filter((each): each is string => typeof each === 'string' && !each.startsWith('!'))
    : []
}

function inModules(at: string): boolean {
  return at.includes('node_modules')
}

/** A folder's package.json, or `undefined` when there is none that can be read. */
export function manifestAt(folder: string): Manifest | undefined {
  try {
    return record(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  } catch {
    return undefined
  }
}
