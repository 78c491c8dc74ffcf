import { parseAllDocuments } from 'yaml'
import {
  type DependencyKind,
  type Edge,
  type Locked,
  type Lockfile,
  type Origin,
  type Root,
  UnreadableLockfile,
} from './lockfile.ts'
import { edge, linesOf, originOf, record, splitSpec, text } from './shape.ts'

type Raw = Readonly<Record<string, unknown>>

const FIELDS = [
  ['dependencies', 'prod'],
  ['optionalDependencies', 'optional'],
  ['devDependencies', 'dev'],
] as const satisfies readonly (readonly [string, DependencyKind])[]

/**
 * Reads `pnpm-lock.yaml`, lockfile versions 5.4, 6 and 9.
 *
 * @throws {UnreadableLockfile} when it is no YAML or of another version
 */
export function readPnpm(source: string, file: string): Lockfile {
  const lock = parsed(source, file)
  const version = Number.parseFloat(String(lock['lockfileVersion']))
  if (!(version >= 5.3 && version < 10)) {
    throw new UnreadableLockfile(`${file} is of version ${version}; 5.4, 6 and 9 are understood`)
  }
  const lines = linesOf(source, /^ {2}['"]?([^\s'"][^'"\n]*?)['"]?:[ \t]*(?:\{.*)?$/gm)
  const tree = record(lock['packages'])
  const snapshots = version >= 9 ? record(lock['snapshots']) : tree
  const packages = new Map<string, Locked>()
  for (const [key, snapshot] of Object.entries(snapshots)) {
    const raw: Raw = { ...record(tree[withoutPeers(key)]), ...record(snapshot) }
    const line = lines.get(withoutPeers(key)) ?? lines.get(key) ?? 1
    packages.set(key, locked(key, raw, line, version, snapshots))
  }
  const importers = record(lock['importers'])
  const folders = Object.keys(importers).length > 0 ? importers : { '.': lock }
  const roots = Object.entries(folders).map(([folder, raw]) =>
    root(folder, record(raw), version, snapshots),
  )
  return { kind: 'pnpm', file, roots, packages, recordsAddresses: false }
}

/** A lockfile may begin with a document of its own for pnpm's configuration; the last one counts. */
function parsed(source: string, file: string): Raw {
  const documents = parseAllDocuments(source, { schema: 'core' })
  const all = Array.isArray(documents) ? documents : []
  const last = all
    .filter(document => document.errors.length === 0)
    .map(document => record(plain(document)))
    .findLast(lock => lock['lockfileVersion'] !== undefined)
  if (last === undefined || all.some(document => document.errors.length > 0)) {
    throw new UnreadableLockfile(`${file} is not a pnpm lockfile`)
  }
  return last
}

/** An alias to nothing is found only here, and thrown. */
function plain(document: { toJS(options: { maxAliasCount: number }): unknown }): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch {
    return undefined
  }
}

function root(folder: string, raw: Raw, version: number, known: Raw): Root {
  const edges: Edge[] = []
  for (const [field, kind] of FIELDS) {
    for (const [name, value] of Object.entries(record(raw[field]))) {
      // Before version 6 the wish stood apart, under `specifiers`.
      const at = text(value) ?? text(record(value)['version']) ?? ''
      const range = text(record(value)['specifier']) ?? text(record(raw['specifiers'])[name]) ?? at
      edges.push(edge(name, range, kind, target(name, at, version, known)))
    }
  }
  return { name: folder, folder: folder === '.' ? '' : folder, edges }
}

function locked(key: string, raw: Raw, line: number, version: number, known: Raw): Locked {
  const [name, at] = identity(key, version)
  const resolution = record(raw['resolution'])
  const integrity = text(resolution['integrity'])
  const resolved = address(resolution)
  const edges = FIELDS.flatMap(([field, kind]) =>
    Object.entries(record(raw[field])).map(([dependency, value]) => {
      const range = text(value) ?? ''
      return edge(dependency, range, kind, target(dependency, range, version, known))
    }),
  )
  return {
    key,
    name: text(raw['name']) ?? name,
    version: text(raw['version']) ?? at,
    origin: origin(at, resolution),
    ...(resolved === undefined ? {} : { resolved }),
    ...(integrity === undefined ? {} : { integrity }),
    // Version 9 no longer says who has install scripts.
    ...(version >= 9 ? {} : { installScript: raw['requiresBuild'] === true }),
    line,
    edges,
  }
}

function origin(version: string, resolution: Raw): Origin {
  if (resolution['type'] === 'git' || resolution['repo'] !== undefined) return 'git'
  if (resolution['type'] === 'directory' || resolution['directory'] !== undefined) return 'file'
  const byVersion = originOf(version)
  if (byVersion !== 'registry') return byVersion
  const tarball = text(resolution['tarball'])
  if (tarball === undefined) return 'registry'
  return originOf(tarball) === 'git' ? 'git' : tarball.startsWith('file:') ? 'file' : 'registry'
}

function address(resolution: Raw): string | undefined {
  const repo = text(resolution['repo'])
  return repo === undefined
    ? text(resolution['tarball'])
    : `${repo}#${text(resolution['commit']) ?? ''}`
}

/** `/a/1.0.0_peer` (5), `/a@1.0.0(peer)` (6) and `a@1.0.0(peer)` (9) are one package. */
function identity(key: string, version: number): [name: string, version: string] {
  const bare = withoutPeers(key)
  if (version >= 6) return splitSpec(bare.replace(/^\//, ''))
  const parts = /^\/((?:@[^/]+\/)?[^/]+)\/([^_]+)/.exec(bare)
  return parts === null ? [bare, bare] : [parts[1] ?? bare, parts[2] ?? '']
}

function withoutPeers(key: string): string {
  const at = key.indexOf('(')
  return at === -1 ? key : key.slice(0, at)
}

/** A dependency's value is a version, or the whole key when it is an alias or not the registry's. */
function target(name: string, at: string, version: number, known: Raw): string | undefined {
  const spellings =
    version >= 9
      ? [`${name}@${at}`, at]
      : version >= 6
        ? [`/${name}@${at}`, at]
        : [`/${name}/${at}`, at]
  return spellings.find(key => Object.hasOwn(known, key))
}
