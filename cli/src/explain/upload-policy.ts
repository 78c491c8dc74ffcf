import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { PolicyOptions } from 'bulwark/uploads'
import { Usage } from '../output/usage.ts'

type Json = Readonly<Record<string, unknown>>

/** What uploads are judged by when nobody says otherwise: strict, and the same as in the corpus. */
export const EXPLAINED_POLICY: PolicyOptions = {
  allow: ['image/*', 'drawing/*', 'document/*', 'archive/*', 'text/*', 'video/*'],
  maxBytes: 1_048_576,
  image: { maxPixels: 50_000_000, maxFrames: 500, maxMetadataBytes: 1_048_576 },
  archive: { maxEntries: 1000, maxExpandedBytes: 67_108_864, maxRatio: 200, maxDepth: 2 },
  names: { maxBytes: 255, onDanger: 'refuse' },
}

/** The short words of a policy file for what the library calls by its danger. */
const ALLOWING: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  image: {},
  archive: { encrypted: 'dangerouslyAllowEncrypted', links: 'dangerouslyAllowLinks' },
  pdf: {
    javascript: 'dangerouslyAllowJavascript',
    launch: 'dangerouslyAllowLaunch',
    embeddedFiles: 'dangerouslyAllowEmbeddedFiles',
    encrypted: 'dangerouslyAllowEncrypted',
  },
  office: {
    macros: 'dangerouslyAllowMacros',
    externalTemplates: 'dangerouslyAllowExternalReferences',
    embeddedObjects: 'dangerouslyAllowEmbeddedObjects',
  },
}
/** Members that only say in words what is always so. */
const WORDS: ReadonlySet<string> = new Set(['svg', 'trailingData'])

/**
 * A policy, or what one case changes of it, laid over `base`.
 *
 * @throws {Usage} for a member that no policy has, or one that cannot be switched off
 */
export function withPolicy(base: PolicyOptions, changes: Json): PolicyOptions {
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(changes)) {
    const words = ALLOWING[key]
    if (WORDS.has(key) && typeof value === 'string') continue
    if (words !== undefined && isObject(value)) {
      merged[key] = { ...(merged[key] ?? {}), ...section(key, value, words) }
    } else if (key === 'names' && isObject(value)) merged[key] = { ...base.names, ...names(value) }
    else if (key === 'maxBytes' && typeof value === 'number') merged[key] = value
    else if (key === 'allow' && isWords(value)) merged[key] = value
    else throw new Usage(`a policy has no member ${JSON.stringify(key)} of this kind`)
  }
  return merged as unknown as PolicyOptions
}

function section(name: string, given: Json, words: Readonly<Record<string, string>>): Json {
  const entries = Object.entries(given).flatMap(([key, value]) => {
    if (name === 'pdf' && key === 'headerAtZero') {
      if (value === true) return []
      throw new Usage('pdf.headerAtZero is always true')
    }
    return [[words[key] ?? key, value] as const]
  })
  return Object.fromEntries(entries)
}

function names(given: Json): Json {
  const { onDanger, ...rest } = given
  if (onDanger === undefined) return rest
  if (onDanger !== 'reject' && onDanger !== 'refuse' && onDanger !== 'repair') {
    throw new Usage('names.onDanger is "reject" or "repair"')
  }
  return { ...rest, onDanger: onDanger === 'repair' ? 'repair' : 'refuse' }
}

/** Reads `--policy FILE`. */
export async function policyFrom(path: string | undefined, cwd: string): Promise<PolicyOptions> {
  if (path === undefined) return EXPLAINED_POLICY
  try {
    const policy: unknown = JSON.parse(await readFile(resolve(cwd, path), 'utf8'))
    if (isObject(policy)) return withPolicy(EXPLAINED_POLICY, policy)
  } catch (error) {
    throw new Usage(`--policy ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
  throw new Usage(`--policy ${path}: is no JSON object`)
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(word => typeof word === 'string')
}
