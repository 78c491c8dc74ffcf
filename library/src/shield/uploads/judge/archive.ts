import type { Refusal } from '../../../kernel/refusal.ts'
import { because, refusals } from '../refusals.ts'
import type { Bounds } from './bounds.ts'
import { Expansion } from './expansion.ts'
import { walkGzip } from './gzip.ts'
import { OfficeReader } from './office.ts'
import { memorySource, type Source } from './source.ts'
import { looksLikeTar, TarReader } from './tar.ts'
import type { Facts } from './walk.ts'
import { type Content, walkZip } from './zip.ts'
import type { Entry } from './zip-directory.ts'

/** An archive in an archive is unpacked into memory, so it may not be large. */
const MAX_NESTED_BYTES = 32 * 1024 * 1024

/** What a ZIP turned out to be. */
export type ZipKind = 'zip' | 'docx' | 'xlsx' | 'pptx'

/** Walks a gzip, and the tar or archive inside. */
export async function walkGzipFile(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  return (await gzipFault(source, bounds, new Expansion(bounds.archive), 1)) ?? {}
}

/** Walks a ZIP with all that is in it; answers which kind of document it is. */
export async function walkZipFile(source: Source, bounds: Bounds): Promise<Refusal | ZipKind> {
  const expansion = new Expansion(bounds.archive)
  let office: OfficeReader | undefined
  const refusal = await walkZip(source, bounds, expansion, directory => {
    if (OfficeReader.isPackage(directory)) office = new OfficeReader(directory, bounds.office)
    const reader = office
    return {
      content: (entry, stored) =>
        reader?.content(entry) ?? nested(entry, stored, bounds, expansion, 1),
    }
  })
  return refusal ?? office?.verdict() ?? 'zip'
}

async function zipFault(
  source: Source,
  bounds: Bounds,
  expansion: Expansion,
  depth: number,
): Promise<Refusal | undefined> {
  return walkZip(source, bounds, expansion, () => ({
    content: (entry, stored) => nested(entry, stored, bounds, expansion, depth),
  }))
}

async function gzipFault(
  source: Source,
  bounds: Bounds,
  expansion: Expansion,
  depth: number,
): Promise<Refusal | undefined> {
  const inside = new Inside(undefined, bounds, expansion, depth)
  const refusal = await walkGzip(source, expansion, bytes => {
    inside.take(bytes)
    return inside.fault === undefined
  })
  return inside.fault ?? refusal ?? inside.end()
}

function nested(
  entry: Entry,
  stored: Source | undefined,
  bounds: Bounds,
  expansion: Expansion,
  depth: number,
): Content | undefined {
  return entry.size === 0 ? undefined : new Inside(stored, bounds, expansion, depth)
}

/** Looks at what comes out of one entry, and goes into it when it is an archive itself. */
class Inside implements Content {
  readonly #stored: Source | undefined
  readonly #bounds: Bounds
  readonly #expansion: Expansion
  readonly #depth: number
  #kind: 'zip' | 'gzip' | 'tar' | 'plain' | undefined
  #head: Buffer = Buffer.alloc(0)
  #pieces: Buffer[] = []
  #bytes = 0
  #tar: TarReader | undefined
  #fault: Refusal | undefined

  constructor(stored: Source | undefined, bounds: Bounds, expansion: Expansion, depth: number) {
    this.#stored = stored
    this.#bounds = bounds
    this.#expansion = expansion
    this.#depth = depth
  }

  get fault(): Refusal | undefined {
    return this.#fault ?? this.#tar?.fault
  }

  take(bytes: Buffer): void {
    if (this.#kind === undefined) {
      this.#head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes])
      if (this.#head.length >= 512) this.#begin()
      return
    }
    this.#go(bytes)
  }

  #begin(): void {
    this.#kind = kindOf(this.#head)
    if (this.#kind === 'tar') this.#tar = new TarReader(this.#bounds.archive, this.#expansion)
    this.#go(this.#head)
    this.#head = Buffer.alloc(0)
  }

  #go(bytes: Buffer): void {
    if (this.#kind === 'tar') this.#tar?.write(bytes)
    if (this.#kind !== 'zip' && this.#kind !== 'gzip') return
    this.#bytes += bytes.length
    if (this.#stored !== undefined) return
    if (this.#bytes > MAX_NESTED_BYTES) {
      this.#fault = because(refusals.bomb, 'a nested archive too large to look into')
    } else this.#pieces.push(bytes)
  }

  async end(): Promise<Refusal | undefined> {
    if (this.#kind === undefined) this.#begin()
    if (this.fault) return this.fault
    if (this.#kind !== 'zip' && this.#kind !== 'gzip') return undefined
    const { maxDepth } = this.#bounds.archive
    if (this.#depth >= maxDepth) {
      return because(refusals.archiveDepth, `archives nested more than ${maxDepth} deep`)
    }
    const source = this.#stored ?? memorySource(Buffer.concat(this.#pieces))
    this.#pieces = []
    return this.#kind === 'zip'
      ? zipFault(source, this.#bounds, this.#expansion, this.#depth + 1)
      : gzipFault(source, this.#bounds, this.#expansion, this.#depth + 1)
  }
}

function kindOf(head: Buffer): 'zip' | 'gzip' | 'tar' | 'plain' {
  const mark = head.toString('latin1', 0, 4)
  if (mark === 'PK\x03\x04') return 'zip'
  if (mark.startsWith('\x1f\x8b\x08')) return 'gzip'
  return looksLikeTar(head) ? 'tar' : 'plain'
}
