import type { DependencyKind, Edge, Manifest, Origin } from './lockfile.ts'

/** Lockfiles are input from strangers: every member is looked at before it is believed. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function entries(value: unknown): [name: string, text: string][] {
  return Object.entries(record(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
}

const FIELDS = [
  ['optionalDependencies', 'optional'],
  ['dependencies', 'prod'],
  ['devDependencies', 'dev'],
  ['peerDependencies', 'peer'],
] as const satisfies readonly (readonly [string, DependencyKind])[]

/**
 * What a manifest asks for. Each name once: npm and its peers let `optionalDependencies` win over
 * `dependencies`, and a peer that is also asked for in earnest is not a peer.
 */
export function wants(
  manifest: Manifest,
  find: (name: string, range: string) => string | undefined,
): Edge[] {
  const seen = new Set<string>()
  const edges: Edge[] = []
  for (const [field, kind] of FIELDS) {
    for (const [name, range] of entries(manifest[field])) {
      if (seen.has(name)) continue
      seen.add(name)
      edges.push(edge(name, range, kind, find(name, range)))
    }
  }
  return edges
}

export function edge(
  name: string,
  range: string,
  kind: DependencyKind,
  to: string | undefined,
): Edge {
  return to === undefined ? { name, range, kind } : { name, range, kind, to }
}

/** Reads the origin off a range or an address, in the spellings all package managers share. */
export function originOf(spec: string): Origin {
  if (/^(?:git[+@:]|git:\/\/|ssh:\/\/|github:|gitlab:|bitbucket:|gist:)/i.test(spec)) return 'git'
  if (/^https?:\/\/.*\.git(?:#|$)/i.test(spec)) return 'git'
  if (/^https:\/\/codeload\.github\.com\//i.test(spec)) return 'git'
  if (/^https?:\/\//i.test(spec)) return 'remote'
  if (/^(?:link|portal|workspace):/i.test(spec)) return 'workspace'
  if (/^(?:file:|\.{1,2}\/|\/|~\/)/i.test(spec)) return 'file'
  if (/^[\w.-]+\/[\w.-]+(?:#.*)?$/.test(spec) && !spec.startsWith('@')) return 'git'
  return 'registry'
}

/** Splits `name@rest` at the `@` that is not a scope's. */
export function splitSpec(spec: string): [name: string, rest: string] {
  const at = spec.indexOf('@', 1)
  return at === -1 ? [spec, ''] : [spec.slice(0, at), spec.slice(at + 1)]
}

/** The registry's name behind `npm:name@range`, or undefined when `range` is no alias. */
export function aliased(range: string): [name: string, range: string] | undefined {
  if (!range.startsWith('npm:')) return undefined
  const [name, rest] = splitSpec(range.slice('npm:'.length))
  // `npm:^1.0.0` names no package: it is yarn's spelling of a plain range.
  return /^(?:@[^/]+\/)?[A-Za-z_][\w.-]*$/.test(name) && !/^[vV]?\d/.test(name) && name !== 'latest'
    ? [name, rest]
    : undefined
}

/** First line on which each key stands, for `pattern` with the key as its first group. */
export function linesOf(source: string, pattern: RegExp): ReadonlyMap<string, number> {
  const lines = new Map<string, number>()
  let number = 1
  let from = 0
  for (const match of source.matchAll(pattern)) {
    for (let at = source.indexOf('\n', from); at !== -1 && at < match.index; ) {
      number++
      from = at + 1
      at = source.indexOf('\n', from)
    }
    const key = match[1]
    if (key !== undefined && !lines.has(key)) lines.set(key, number)
  }
  return lines
}
