import {
  type Edge,
  type Locked,
  type Lockfile,
  type Manifest,
  type Root,
  UnreadableLockfile,
} from './lockfile.ts'
import { aliased, edge, originOf, splitSpec, wants } from './shape.ts'

/** One block of the file: the ranges it answers, its fields, its dependencies. */
interface Block {
  readonly patterns: string[]
  readonly line: number
  readonly fields: Map<string, string>
  readonly edges: { name: string; range: string; kind: 'prod' | 'optional' }[]
}

/**
 * Reads `yarn.lock` of yarn 1. The roots' wishes are in no lockfile of this kind, so the manifests
 * come along, by folder.
 *
 * @throws {UnreadableLockfile} at the first line that has no place in the format
 */
export function readYarnClassic(
  source: string,
  file: string,
  manifests: ReadonlyMap<string, Manifest>,
): Lockfile {
  const blocks = blocksOf(source, file)
  const byPattern = new Map<string, string>()
  for (const block of blocks) {
    for (const pattern of block.patterns) byPattern.set(pattern, keyOf(block))
  }
  const find = (name: string, range: string) => byPattern.get(`${name}@${range}`)
  const packages = new Map<string, Locked>()
  for (const block of blocks) packages.set(keyOf(block), locked(block, find))
  const roots: Root[] = [...manifests].map(([folder, manifest]) => ({
    name: manifest.name ?? folder,
    folder,
    edges: wants(manifest, find),
  }))
  return { kind: 'yarn-classic', file, roots, packages, recordsAddresses: true }
}

function blocksOf(source: string, file: string): Block[] {
  const blocks: Block[] = []
  let section: 'prod' | 'optional' | undefined
  for (const [index, line] of source.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const indent = line.length - line.trimStart().length
    const block = blocks.at(-1)
    const words = wordsOf(line.trim())
    if (indent === 0 && line.endsWith(':')) {
      blocks.push({ patterns: words, line: index + 1, fields: new Map(), edges: [] })
      section = undefined
    } else if (indent === 2 && block !== undefined && line.endsWith(':')) {
      section = words[0] === 'optionalDependencies' ? 'optional' : 'prod'
    } else if (indent === 2 && block !== undefined && words.length === 2) {
      block.fields.set(words[0] ?? '', words[1] ?? '')
    } else if (indent === 4 && block !== undefined && section !== undefined) {
      block.edges.push({ name: words[0] ?? '', range: words[1] ?? '', kind: section })
    } else {
      throw new UnreadableLockfile(`${file}:${index + 1} is not a line of yarn's lockfile`)
    }
  }
  return blocks
}

/** Splits at spaces and commas outside quotes; drops the quotes and the closing colon. */
function wordsOf(line: string): string[] {
  const bare = line.endsWith(':') ? line.slice(0, -1) : line
  return [...bare.matchAll(/"((?:[^"\\]|\\.)*)"|[^\s,"]+/g)].map(match => match[1] ?? match[0])
}

/** No two blocks answer the same pattern, so the first one names the block. */
function keyOf(block: Block): string {
  return block.patterns[0] ?? ''
}

function locked(block: Block, find: (name: string, range: string) => string | undefined): Locked {
  const [installed, range] = splitSpec(block.patterns[0] ?? '')
  const name = aliased(range)?.[0] ?? installed
  const resolved = block.fields.get('resolved')
  const integrity = block.fields.get('integrity') ?? sha1In(resolved)
  const edges: Edge[] = block.edges.map(at =>
    edge(at.name, at.range, at.kind, find(at.name, at.range)),
  )
  const byRange = originOf(range)
  return {
    key: keyOf(block),
    name,
    ...(name === installed ? {} : { alias: installed }),
    version: block.fields.get('version') ?? '',
    origin: byRange === 'registry' || aliased(range) ? 'registry' : byRange,
    ...(resolved === undefined ? {} : { resolved }),
    ...(integrity === undefined ? {} : { integrity }),
    line: block.line,
    edges,
  }
}

/** Old lockfiles keep a SHA-1 behind the address, and that alone. */
function sha1In(resolved: string | undefined): string | undefined {
  const hex = /#([0-9a-f]{40})$/i.exec(resolved ?? '')?.[1]
  return hex === undefined ? undefined : `sha1-${Buffer.from(hex, 'hex').toString('base64')}`
}
