import { crc32 } from 'node:zlib'
import type { Refusal } from '../../../kernel/refusal.ts'
import { malformed } from '../refusals.ts'
import { entryPathFault } from './entry-path.ts'
import type { Expansion } from './expansion.ts'
import { inflate, type Taker } from './inflate.ts'
import { onlyZeros, type Source, stretch } from './source.ts'

const HEAD_BYTES = 10
const FOOT_BYTES = 8
const HCRC = 2
const EXTRA = 4
const NAME = 8
const COMMENT = 16
const RESERVED = 0xe0
const MAX_TEXT = 4096

/**
 * Walks a gzip: every member with its checksum and length, nothing after the last but zeros.
 * `take` sees what comes out.
 *
 * @see RFC 1952
 */
export async function walkGzip(
  source: Source,
  expansion: Expansion,
  take: Taker,
): Promise<Refusal | undefined> {
  let at = 0
  while (at < source.size) {
    if (at > 0 && (await source.read(at, 2)).toString('latin1') !== '\x1f\x8b') break
    const refusal = expansion.enter(1)
    if (refusal) return refusal
    const dataAt = await headEnd(source, at)
    if (typeof dataAt !== 'number') return dataAt
    const end = await memberEnd(source, dataAt, expansion, take)
    if (typeof end !== 'number') return end
    at = end
  }
  return (await onlyZeros(source, at)) ? undefined : malformed('bytes after the last member')
}

async function headEnd(source: Source, at: number): Promise<number | Refusal> {
  const head = await source.read(at, HEAD_BYTES)
  const flags = head[3] ?? RESERVED
  if (head.length < HEAD_BYTES || head[2] !== 8 || (flags & RESERVED) !== 0) {
    return malformed('a gzip header')
  }
  let next = at + HEAD_BYTES
  if (flags & EXTRA) {
    const length = await source.read(next, 2)
    if (length.length < 2) return malformed('a gzip header')
    next += 2 + length.readUInt16LE(0)
  }
  for (const flag of [NAME, COMMENT]) {
    if ((flags & flag) === 0) continue
    const text = await source.read(next, MAX_TEXT)
    const zero = text.indexOf(0)
    if (zero === -1) return malformed('a gzip header')
    const path = flag === NAME ? entryPathFault(text.toString('latin1', 0, zero)) : undefined
    if (path) return path
    next += zero + 1
  }
  return flags & HCRC ? next + 2 : next
}

async function memberEnd(
  source: Source,
  from: number,
  expansion: Expansion,
  take: Taker,
): Promise<number | Refusal> {
  let sum = 0
  let stopped = false
  const room = expansion.room(source.size - from)
  const input = stretch(source, from, source.size)
  const { end, out, used } = await inflate('raw', input, room, bytes => {
    sum = crc32(bytes, sum)
    stopped = take(bytes) === false
    return !stopped
  })
  if (stopped) return malformed('the content') // the taker knows better why
  if (end === 'over') return expansion.tooMuch('the gzip')
  if (end !== 'whole') return malformed('a gzip member that does not inflate')
  expansion.spend(out)
  const foot = await source.read(from + used, FOOT_BYTES)
  if (foot.length < FOOT_BYTES) return malformed('a gzip member without its end')
  if (foot.readUInt32LE(0) !== sum) return malformed('the checksum of a gzip member')
  if (foot.readUInt32LE(4) !== out % 0x1_0000_0000) return malformed('the length of a gzip member')
  return from + used + FOOT_BYTES
}
