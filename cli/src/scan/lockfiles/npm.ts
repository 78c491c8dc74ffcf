import {
  type Locked,
  type Lockfile,
  type Manifest,
  type Origin,
  type Root,
  UnreadableLockfile,
} from './lockfile.ts'
import { aliased, linesOf, originOf, record, text, wants } from './shape.ts'

const UNKNOWN = 'unknown'

type Raw = Readonly<Record<string, unknown>>

/**
 * Reads `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.
 *
 * @throws {UnreadableLockfile} when it is no JSON or has no packages in it
 */
export function readNpm(source: string, file: string, project: Manifest): Lockfile {
  const lock = parsed(source, file)
  const lines = linesOf(source, /^[ \t]*"((?:[^"\\\n]|\\.)*)": ?\{/gm)
  const tree = lock['packages'] === undefined ? unnested(lock, project) : record(lock['packages'])
  const packages = new Map<string, Locked>()
  const roots: Root[] = []
  const follow = (from: string) => (name: string) => resolve(tree, from, name)
  for (const [key, value] of Object.entries(tree)) {
    const raw = record(value)
    if (!key.includes('node_modules/')) {
      const edges = wants(raw, follow(key))
      roots.push({ name: text(raw['name']) ?? text(lock['name']) ?? key, folder: key, edges })
      continue
    }
    // A link is the doorway to a workspace, which stands in the list itself.
    if (raw['link'] === true) continue
    packages.set(key, locked(key, raw, lines.get(key) ?? lines.get(nameIn(key)) ?? 1, follow(key)))
  }
  return { kind: 'npm', file, roots, packages: judged(packages, roots), recordsAddresses: true }
}

// Decision: an https address is the registry's unless somebody asked for that address. Registries
// put tarballs wherever they like; what was asked for decides which rules apply.
// Cost: a swapped address is no "remote dependency"; the foreign-host rule has to see it.
function judged(
  packages: ReadonlyMap<string, Locked>,
  roots: readonly Root[],
): Map<string, Locked> {
  const edges = [...roots, ...packages.values()].flatMap(from => from.edges)
  const asked = new Set(edges.filter(at => originOf(at.range) === 'remote').map(at => at.to))
  return new Map(
    [...packages].map(([key, at]) =>
      at.origin === 'remote' && !asked.has(key) ? [key, { ...at, origin: 'registry' }] : [key, at],
    ),
  )
}

function parsed(source: string, file: string): Raw {
  let lock: Raw
  try {
    lock = record(JSON.parse(source))
  } catch {
    throw new UnreadableLockfile(`${file} is not JSON`)
  }
  if (lock['packages'] === undefined && lock['dependencies'] === undefined) {
    throw new UnreadableLockfile(`${file} has neither "packages" nor "dependencies"`)
  }
  return lock
}

function locked(
  key: string,
  raw: Raw,
  line: number,
  find: (name: string) => string | undefined,
): Locked {
  const installed = nameIn(key)
  const name = text(raw['name']) ?? installed
  const resolved = text(raw['resolved'])
  const integrity = text(raw['integrity'])
  return {
    key,
    name,
    ...(name === installed ? {} : { alias: installed }),
    version: text(raw['version']) ?? '',
    origin: origin(raw, resolved),
    ...(resolved === undefined ? {} : { resolved }),
    ...(integrity === undefined ? {} : { integrity }),
    // Version 1 does not say who has install scripts.
    ...(raw['hasInstallScript'] === UNKNOWN
      ? {}
      : { installScript: raw['hasInstallScript'] === true }),
    line,
    edges: wants(raw, find),
  }
}

function origin(raw: Raw, resolved: string | undefined): Origin {
  if (raw['inBundle'] === true || raw['bundled'] === true) return 'bundled'
  return resolved === undefined ? 'registry' : originOf(resolved)
}

/** `node_modules/a/node_modules/@b/c` is installed as `@b/c`. */
function nameIn(key: string): string {
  return key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** Walks up the folders as Node does, until one holds `name`; a link leads to its workspace. */
function resolve(tree: Raw, from: string, name: string): string | undefined {
  for (let folder = from; ; ) {
    const key = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (Object.hasOwn(tree, key)) {
      const raw = record(tree[key])
      return raw['link'] === true ? text(raw['resolved']) : key
    }
    if (folder === '') return undefined
    const up = folder.lastIndexOf('/node_modules/')
    folder = up === -1 ? '' : folder.slice(0, up)
  }
}

/** Version 1 nests `dependencies` and leaves the wishes to package.json; this spells version 2. */
function unnested(lock: Raw, project: Manifest): Raw {
  const tree: Record<string, unknown> = { '': { ...project, name: lock['name'] } }
  const walk = (dependencies: unknown, folder: string): void => {
    for (const [name, value] of Object.entries(record(dependencies))) {
      const raw = record(value)
      const version = text(raw['version']) ?? ''
      const folderOf = /^file:(?!.*\.tgz$)(.+)/.exec(version)?.[1]
      const alias = aliased(version)
      const outside = alias === undefined && originOf(version) !== 'registry'
      if (folderOf !== undefined) tree[folderOf] = { name, dependencies: record(raw['requires']) }
      tree[`${folder}node_modules/${name}`] = {
        ...raw,
        ...(alias === undefined ? {} : { name: alias[0], version: alias[1] }),
        ...(outside ? { resolved: text(raw['resolved']) ?? version } : {}),
        ...(folderOf === undefined ? {} : { link: true, resolved: folderOf }),
        dependencies: record(raw['requires']),
        hasInstallScript: UNKNOWN,
      }
      walk(raw['dependencies'], `${folder}node_modules/${name}/`)
    }
  }
  walk(lock['dependencies'], '')
  return tree
}
