import { gunzipSync } from 'node:zlib'
import { zipIn } from '../advisories/zip.ts'

/** One file out of an archive. */
export interface Packed {
  readonly name: string
  readonly bytes: Buffer
}

/** So much is unpacked of one archive; more is not looked at, and said so. */
const MAX_BYTES = 64 * 1024 * 1024
const BLOCK = 512

/** Whether a file name promises an archive that can be looked into. */
export function isArchive(path: string): boolean {
  return /\.(?:zip|jar|tgz|tar|gz)$/i.test(path)
}

/**
 * The files in a zip, tar, tar.gz or gz, one level deep: archives in archives stay closed.
 *
 * @throws {RangeError} when it is broken or unpacks to more than 64 MiB
 */
export function filesIn(bytes: Buffer, path: string): Packed[] {
  if (/\.(?:zip|jar)$/i.test(path)) return fromZip(bytes, path)
  const plain = /gz$/i.test(path) ? unzipped(bytes, path) : bytes
  if (isTar(plain)) return fromTar(plain)
  return [{ name: path.slice(path.lastIndexOf('/') + 1).replace(/\.gz$/i, ''), bytes: plain }]
}

function unzipped(bytes: Buffer, path: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES })
  } catch {
    throw new RangeError(`${path} is no gzip, or unpacks to more than ${MAX_BYTES} bytes`)
  }
}

function fromZip(bytes: Buffer, path: string): Packed[] {
  const zip = zipIn(bytes, path)
  const total = zip.entries.reduce((sum, entry) => sum + entry.bytes, 0)
  if (total > MAX_BYTES) throw new RangeError(`${path} unpacks to more than ${MAX_BYTES} bytes`)
  return zip.entries
    .filter(entry => !entry.name.endsWith('/'))
    .map(entry => ({ name: entry.name, bytes: zip.read(entry) }))
}

function isTar(bytes: Buffer): boolean {
  return bytes.length >= BLOCK && bytes.toString('latin1', 257, 262) === 'ustar'
}

/** Plain files only; long names in extra headers fall back to the short form, which is enough here. */
function fromTar(bytes: Buffer): Packed[] {
  const files: Packed[] = []
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const name = field(bytes, at, 0, 100)
    if (name === '') break
    const size = Number.parseInt(field(bytes, at, 124, 12).trim() || '0', 8)
    if (!(size >= 0)) throw new RangeError('a tar header has no size')
    const type = field(bytes, at, 156, 1)
    const prefix = field(bytes, at, 345, 155)
    const from = at + BLOCK
    if (type === '0' || type === '') {
      const whole = prefix === '' ? name : `${prefix}/${name}`
      files.push({ name: whole, bytes: bytes.subarray(from, from + size) })
    }
    at = from + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}

function field(bytes: Buffer, block: number, from: number, length: number): string {
  const raw = bytes.subarray(block + from, block + from + length)
  const end = raw.indexOf(0)
  return raw.toString('utf8', 0, end === -1 ? length : end)
}
