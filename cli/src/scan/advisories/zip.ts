import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

/** One file of an archive, not yet unpacked. */
export interface ZipEntry {
  readonly name: string
  /** Place of its local header. */
  readonly offset: number
  readonly packedBytes: number
  readonly bytes: number
  readonly method: number
}

export interface Zip {
  /** @throws {RangeError} when the directory is broken */
  readonly entries: readonly ZipEntry[]
  /** @throws {RangeError} when it unpacks to more than `maxBytes` or not to what the directory says */
  read(entry: Pick<ZipEntry, 'offset' | 'packedBytes' | 'bytes' | 'method'>): Buffer
  close(): void
}

const MAX_ENTRY_BYTES = 32 * 1024 * 1024
const END = 0x06054b50
const END64_LOCATOR = 0x07064b50
const CENTRAL = 0x02014b50
const LOCAL = 0x04034b50

/**
 * Opens a zip (with the 64-bit extension) for reading here and there; its directory and its files are
 * read when they are asked for.
 *
 * @throws {RangeError} when it is no zip
 * @see PKWARE APPNOTE 4.3
 */
export function openZip(path: string): Zip {
  const fd = openSync(path, 'r')
  const at: At = (position, length) => {
    const buffer = Buffer.alloc(length)
    if (position < 0 || readSync(fd, buffer, 0, length, position) !== length) {
      throw new RangeError(`${path} is not a whole zip`)
    }
    return buffer
  }
  try {
    return zipOver(at, fstatSync(fd).size, path, () => closeSync(fd))
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/**
 * The same over bytes in memory.
 *
 * @throws {RangeError} when they are no zip
 */
export function zipIn(bytes: Buffer, name: string): Zip {
  const at: At = (position, length) => {
    if (position < 0 || position + length > bytes.length) {
      throw new RangeError(`${name} is not a whole zip`)
    }
    return bytes.subarray(position, position + length)
  }
  return zipOver(at, bytes.length, name, () => undefined)
}

function zipOver(at: At, size: number, name: string, close: () => void): Zip {
  const { offset, bytes, count } = directory(at, size, name)
  let entries: readonly ZipEntry[] | undefined
  return {
    get entries() {
      entries ??= entriesOf(at(offset, bytes), count, name)
      return entries
    },
    read: entry => unpacked(entry, at, name),
    close,
  }
}

type At = (position: number, length: number) => Buffer

function directory(
  at: At,
  size: number,
  path: string,
): { offset: number; bytes: number; count: number } {
  const tail = at(Math.max(0, size - 65_557), Math.min(size, 65_557))
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
  if (end === -1 || tail.readUInt32LE(end) !== END) throw new RangeError(`${path} is not a zip`)
  const locator = end - 20
  if (locator >= 0 && tail.readUInt32LE(locator) === END64_LOCATOR) {
    const end64 = at(Number(tail.readBigUInt64LE(locator + 8)), 56)
    return {
      count: Number(end64.readBigUInt64LE(32)),
      bytes: Number(end64.readBigUInt64LE(40)),
      offset: Number(end64.readBigUInt64LE(48)),
    }
  }
  return {
    count: tail.readUInt16LE(end + 10),
    bytes: tail.readUInt32LE(end + 12),
    offset: tail.readUInt32LE(end + 16),
  }
}

function entriesOf(central: Buffer, count: number, path: string): ZipEntry[] {
  const entries: ZipEntry[] = []
  for (let at = 0; entries.length < count; ) {
    if (at + 46 > central.length || central.readUInt32LE(at) !== CENTRAL) {
      throw new RangeError(`${path} has a broken directory`)
    }
    const nameBytes = central.readUInt16LE(at + 28)
    const skip = 46 + nameBytes + central.readUInt16LE(at + 30) + central.readUInt16LE(at + 32)
    entries.push({
      name: central.toString('utf8', at + 46, at + 46 + nameBytes),
      method: central.readUInt16LE(at + 10),
      packedBytes: central.readUInt32LE(at + 20),
      bytes: central.readUInt32LE(at + 24),
      offset: wideOffset(central, at, nameBytes) ?? central.readUInt32LE(at + 42),
    })
    at += skip
  }
  return entries
}

/** Beyond 4 GiB the place stands in an extra field; files of that size themselves do not occur here. */
function wideOffset(central: Buffer, at: number, nameBytes: number): number | undefined {
  if (central.readUInt32LE(at + 42) !== 0xffffffff) return undefined
  const end = at + 46 + nameBytes + central.readUInt16LE(at + 30)
  for (let extra = at + 46 + nameBytes; extra + 12 <= end; ) {
    if (central.readUInt16LE(extra) === 1) return Number(central.readBigUInt64LE(extra + 4))
    extra += 4 + central.readUInt16LE(extra + 2)
  }
  return undefined
}

function unpacked(
  entry: Pick<ZipEntry, 'offset' | 'packedBytes' | 'bytes' | 'method'>,
  at: At,
  path: string,
): Buffer {
  const header = at(entry.offset, 30)
  if (header.readUInt32LE(0) !== LOCAL || entry.bytes > MAX_ENTRY_BYTES) {
    throw new RangeError(`${path} has a broken entry at ${entry.offset}`)
  }
  const from = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  const packed = at(from, entry.packedBytes)
  const plain =
    entry.method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: MAX_ENTRY_BYTES })
  if (plain.length !== entry.bytes) throw new RangeError(`${path} lies about ${entry.offset}`)
  return plain
}
