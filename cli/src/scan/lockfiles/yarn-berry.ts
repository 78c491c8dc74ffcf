import { parse } from 'yaml'
import {
  type DependencyKind,
  type Edge,
  type Locked,
  type Lockfile,
  type Manifest,
  type Origin,
  type Root,
  UnreadableLockfile,
} from './lockfile.ts'
import { edge, entries, linesOf, record, splitSpec, text, wants } from './shape.ts'

type Raw = Readonly<Record<string, unknown>>
type Find = (name: string, range: string) => string | undefined

/**
 * Reads `yarn.lock` of yarn 2 and later. Which wishes are for development only stands in the
 * manifests, which come along by folder.
 *
 * @throws {UnreadableLockfile} when it is no YAML
 */
export function readYarnBerry(
  source: string,
  file: string,
  manifests: ReadonlyMap<string, Manifest>,
): Lockfile {
  const tree = parsed(source, file)
  const lines = linesOf(source, /^"?([^"\s#][^"\n]*?)"?:$/gm)
  const byPattern = new Map<string, string>()
  for (const key of Object.keys(tree)) {
    for (const pattern of key.split(', ')) byPattern.set(pattern, key)
  }
  const find: Find = (name, range) =>
    byPattern.get(`${name}@${range}`) ?? byPattern.get(`${name}@npm:${range}`)
  const packages = new Map<string, Locked>()
  const roots: Root[] = []
  for (const [key, value] of Object.entries(tree)) {
    if (key === '__metadata') continue
    const raw = record(value)
    const [name, at] = splitSpec(text(raw['resolution']) ?? key)
    if (at.startsWith('workspace:')) {
      const folder = at.slice('workspace:'.length).replace(/^\.$/, '')
      const manifest = manifests.get(folder)
      const edges = manifest === undefined ? edgesOf(raw, find) : wants(manifest, find)
      roots.push({ name, folder, edges })
    } else {
      packages.set(key, locked(key, raw, name, at, lines.get(key) ?? 1, find))
    }
  }
  return { kind: 'yarn-berry', file, roots, packages, recordsAddresses: false }
}

function parsed(source: string, file: string): Raw {
  try {
    return record(parse(source, { maxAliasCount: 0, schema: 'failsafe' }))
  } catch {
    throw new UnreadableLockfile(`${file} is not a lockfile of yarn`)
  }
}

function locked(key: string, raw: Raw, name: string, at: string, line: number, find: Find): Locked {
  const integrity = text(raw['checksum'])
  const installed = splitSpec(key)[0]
  const where = origin(at)
  return {
    key,
    name,
    ...(name === installed ? {} : { alias: installed }),
    version: text(raw['version']) ?? '',
    origin: where,
    ...(where === 'registry' ? {} : { resolved: at }),
    ...(integrity === undefined ? {} : { integrity }),
    line,
    edges: [...edgesOf(raw, find), ...patched(at, find)],
  }
}

const ORIGIN = {
  npm: 'registry',
  // What is patched stands in the list itself; the patch is a file of the project.
  patch: 'file',
  file: 'file',
  link: 'workspace',
  portal: 'workspace',
} as const

function origin(at: string): Origin {
  const protocol = /^[a-z]+(?=:)/.exec(at)?.[0] ?? ''
  if (protocol in ORIGIN) return ORIGIN[protocol as keyof typeof ORIGIN]
  if (/\.git(?:#|$)|#commit=/.test(at)) return 'git'
  return 'remote'
}

/** `patch:name@npm%3A1.0.0#…` needs the package below the patch. */
function patched(at: string, find: Find): Edge[] {
  const inner = /^patch:([^#]+)/.exec(at)?.[1]?.replace('%3A', ':')
  if (inner === undefined) return []
  const [name, range] = splitSpec(inner)
  return [edge(name, range, 'prod', find(name, range))]
}

function edgesOf(raw: Raw, find: Find): Edge[] {
  const optional = new Set(
    Object.entries(record(raw['dependenciesMeta']))
      .filter(([, meta]) => record(meta)['optional'] !== undefined)
      .map(([name]) => name),
  )
  return entries(raw['dependencies']).map(([name, range]) => {
    const kind: DependencyKind = optional.has(name) ? 'optional' : 'prod'
    return edge(name, range, kind, find(name, range))
  })
}
