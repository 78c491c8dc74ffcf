import {
  type Edge,
  type Locked,
  type Lockfile,
  type Origin,
  type Root,
  UnreadableLockfile,
} from './lockfile.ts'
import { linesOf, originOf, record, splitSpec, text, wants } from './shape.ts'

type Raw = Readonly<Record<string, unknown>>

/**
 * Reads `bun.lock`, the text lockfile of bun 1.2 and later.
 *
 * @throws {UnreadableLockfile} when it is no JSON with trailing commas, or holds no packages
 */
export function readBun(source: string, file: string): Lockfile {
  const lock = parsed(source, file)
  const lines = linesOf(source, /^ {4}"((?:[^"\\\n]|\\.)*)": ?\[/gm)
  const tree = record(lock['packages'])
  const packages = new Map<string, Locked>()
  for (const [key, value] of Object.entries(tree)) {
    const row = locked(key, Array.isArray(value) ? value : [], lines.get(key) ?? 1, tree)
    if (row !== undefined) packages.set(key, row)
  }
  const roots: Root[] = Object.entries(record(lock['workspaces'])).map(([folder, value]) => {
    const raw = record(value)
    const name = text(raw['name']) ?? folder
    return { name, folder, edges: wants(raw, dependency => resolve(tree, name, dependency)) }
  })
  return { kind: 'bun', file, roots, packages, recordsAddresses: false }
}

function parsed(source: string, file: string): Raw {
  let lock: Raw
  try {
    lock = record(JSON.parse(withoutTrailingCommas(source)))
  } catch {
    throw new UnreadableLockfile(`${file} is not a text lockfile of bun`)
  }
  if (lock['packages'] === undefined) throw new UnreadableLockfile(`${file} has no "packages"`)
  return lock
}

/** Bun writes a comma behind every last member. Strings are stepped over. */
export function withoutTrailingCommas(source: string): string {
  return source.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[\]}])/g, at => (at === ',' ? '' : at))
}

/** `[spec, registry, info, integrity]`, `[spec, info, …]` or `[spec]`; a workspace is a doorway only. */
function locked(key: string, row: readonly unknown[], line: number, tree: Raw): Locked | undefined {
  const [name, at] = splitSpec(text(row[0]) ?? '')
  if (/^(?:workspace|root|link):/.test(at)) return undefined
  const where = originOf(at)
  const info = record(row.find(each => Object.keys(record(each)).length > 0))
  const registry = where === 'registry' ? text(row[1]) : at
  const integrity = row
    .slice(1)
    .map(text)
    .find(each => /^(?:sha\d+|md5)-/.test(each ?? ''))
  const installed = nameIn(key)
  const edges: Edge[] = wants(info, dependency => resolve(tree, key, dependency))
  return {
    key,
    name,
    ...(name === installed ? {} : { alias: installed }),
    version: where === 'registry' ? at : '',
    origin: info['bundled'] === true ? 'bundled' : (where satisfies Origin),
    ...(registry === undefined || registry === '' ? {} : { resolved: registry }),
    ...(integrity === undefined ? {} : { integrity }),
    line,
    edges,
  }
}

/** Keys are paths of names: `a/b` is the `b` that `a` sees, `@s/a/b` likewise. */
function resolve(tree: Raw, from: string, name: string): string | undefined {
  for (let path = from; path !== ''; path = parent(path)) {
    const key = `${path}/${name}`
    if (Object.hasOwn(tree, key)) return key
  }
  return Object.hasOwn(tree, name) ? name : undefined
}

function nameIn(key: string): string {
  const parts = key.split('/')
  const last = parts.at(-1) ?? ''
  const scope = parts.at(-2)
  return scope?.startsWith('@') === true ? `${scope}/${last}` : last
}

function parent(key: string): string {
  return key.slice(0, Math.max(0, key.length - nameIn(key).length - 1))
}
