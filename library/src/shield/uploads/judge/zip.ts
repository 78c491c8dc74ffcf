import { crc32 } from 'node:zlib'
import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import type { Bounds } from './bounds.ts'
import { entryKey, entryPathFault } from './entry-path.ts'
import type { Expansion } from './expansion.ts'
import { inflate } from './inflate.ts'
import { part, type Source, stretch } from './source.ts'
import { type Directory, type Entry, readDirectory } from './zip-directory.ts'

/** Sees an entry's content as it comes out. */
export interface Content {
  take(bytes: Buffer): void
  end(entry: Entry): Refusal | undefined | Promise<Refusal | undefined>
}

/** Who looks into the entries; `content` is asked once for each, before its bytes. */
export interface ZipVisitor {
  content(entry: Entry, stored: Source | undefined): Content | undefined
}

const LOCAL_BYTES = 30
const ENCRYPTED = 0x2041 // bits 0, 6 and 13
const DESCRIPTOR = 0x8
const STORED = 0
const DEFLATED = 8
const AES = 99
const TYPE_MASK = 0o170000
const DIRECTORY = 0o040000
const REGULAR = 0o100000

/**
 * Walks a ZIP: directory and local headers agree, entries fill the file without gap or overlap, all
 * content is inflated, counted and summed.
 *
 * @see APPNOTE.TXT 6.3.10; ASVS 5.2.3, 5.2.5, 5.3.3
 */
export async function walkZip(
  source: Source,
  bounds: Bounds,
  expansion: Expansion,
  visit: (directory: Directory) => ZipVisitor,
): Promise<Refusal | undefined> {
  const directory = await readDirectory(source, entries => expansion.enter(entries))
  if ('code' in directory) return directory
  const ordered = directory.entries.toSorted((a, b) => a.localAt - b.localAt)
  const refusal = namesFault(directory.entries, bounds) ?? orderFault(ordered, directory.at)
  if (refusal) return refusal
  const visitor = visit(directory)
  let at = 0
  for (const [i, entry] of ordered.entries()) {
    const next = ordered[i + 1]?.localAt ?? directory.at
    const fault =
      (await localFault(source, entry, next)) ??
      (await contentFault(source, entry, expansion, visitor))
    if (fault) return fault
    at = next
  }
  return at === directory.at ? undefined : malformed('bytes before the directory')
}

function namesFault(entries: readonly Entry[], bounds: Bounds): Refusal | undefined {
  const seen = new Set<string>()
  for (const entry of entries) {
    const isFolder = entry.name.endsWith('/')
    const path = entryPathFault(entry.name)
    if (path) return path
    const key = entryKey(entry.name)
    if (seen.has(key)) return because(refusals.archivePath, 'two entries with one path')
    seen.add(key)
    const type = entry.mode & TYPE_MASK
    const plain = type === 0 || type === (isFolder ? DIRECTORY : REGULAR)
    if (!plain && !bounds.archive.dangerouslyAllowLinks) {
      return because(refusals.archiveLink, `an entry of the type ${type.toString(8)}`)
    }
    if (isFolder && entry.size !== 0) return malformed('a folder with content')
    const hidden = (entry.flags & ENCRYPTED) !== 0 || entry.method === AES
    if (hidden && !bounds.archive.dangerouslyAllowEncrypted) {
      return because(refusals.archiveEncrypted, 'an encrypted entry')
    }
  }
  return undefined
}

/** The first entry begins the file; none begins inside another. */
function orderFault(ordered: readonly Entry[], end: number): Refusal | undefined {
  const first = ordered[0]?.localAt ?? end
  if (first !== 0) return because(refusals.polyglot, 'bytes before the first entry')
  for (const [i, entry] of ordered.entries()) {
    const next = ordered[i + 1]?.localAt ?? end
    if (entry.localAt + LOCAL_BYTES + entry.rawName.length + entry.packed > next) {
      return because(refusals.bomb, 'entries that overlap')
    }
  }
  return undefined
}

/** The local header tells the same as the directory, and the entry ends where the next begins. */
async function localFault(
  source: Source,
  entry: Entry,
  next: number,
): Promise<Refusal | undefined> {
  const head = await source.read(entry.localAt, LOCAL_BYTES + entry.rawName.length)
  if (head.length < LOCAL_BYTES || head.toString('latin1', 0, 4) !== 'PK\x03\x04') {
    return malformed('a local header')
  }
  const described = (entry.flags & DESCRIPTOR) !== 0
  const same = (local: number, central: number): boolean =>
    local === central || (described && local === 0) || (local === 0xffffffff && central >= 0)
  if (
    head.readUInt16LE(6) !== entry.flags ||
    head.readUInt16LE(8) !== entry.method ||
    !same(head.readUInt32LE(14), entry.crc) ||
    !same(head.readUInt32LE(18), entry.packed) ||
    !same(head.readUInt32LE(22), entry.size) ||
    head.readUInt16LE(26) !== entry.rawName.length ||
    !head.subarray(LOCAL_BYTES).equals(entry.rawName)
  ) {
    return malformed('a local header that differs from the directory')
  }
  const dataEnd = dataAt(entry, head) + entry.packed
  const rest = next - dataEnd
  if (rest === 0 && !described) return undefined
  if (!described || ![12, 16, 20, 24].includes(rest)) return malformed('bytes between entries')
  const descriptor = await source.read(dataEnd, rest)
  const signed = rest === 16 || rest === 24
  if (signed && descriptor.toString('latin1', 0, 4) !== 'PK\x07\x08')
    return malformed('a data descriptor')
  return descriptor.readUInt32LE(signed ? 4 : 0) === entry.crc
    ? undefined
    : malformed('a data descriptor')
}

function dataAt(entry: Entry, head: Buffer): number {
  return entry.localAt + LOCAL_BYTES + entry.rawName.length + head.readUInt16LE(28)
}

async function contentFault(
  source: Source,
  entry: Entry,
  expansion: Expansion,
  visitor: ZipVisitor,
): Promise<Refusal | undefined> {
  if ((entry.flags & ENCRYPTED) !== 0) return undefined // let in by the options, and opaque
  const from = dataAt(entry, await source.read(entry.localAt, LOCAL_BYTES))
  const room = expansion.room(entry.packed)
  if (entry.size > room) return expansion.tooMuch('an entry')
  expansion.spend(entry.size)
  const stored = entry.method === STORED ? part(source, from, entry.packed) : undefined
  const content = visitor.content(entry, stored)
  let sum = 0
  const take = (bytes: Buffer): true => {
    sum = crc32(bytes, sum)
    content?.take(bytes)
    return true
  }
  if (entry.method === STORED) {
    if (entry.packed !== entry.size) return malformed('a stored entry of two lengths')
    for await (const bytes of stretch(source, from, from + entry.size)) take(bytes)
  } else if (entry.method === DEFLATED) {
    const input = stretch(source, from, from + entry.packed)
    const { end, out, used } = await inflate('raw', input, entry.size, take)
    if (end === 'over') return because(refusals.bomb, 'an entry larger than it declares')
    if (end !== 'whole' || out !== entry.size) return malformed('an entry that does not inflate')
    if (used !== entry.packed) return malformed('bytes after the data of an entry')
  } else return malformed(`compression method ${entry.method}`)
  if (sum !== entry.crc) return malformed('the checksum of an entry')
  return content?.end(entry)
}
