import type { Refusal } from '../../../kernel/refusal.ts'
import { malformed } from '../refusals.ts'
import type { Source } from './source.ts'

/** One box of the ISO base media file format. */
export interface Box {
  readonly type: string
  /** Where its content begins and ends. */
  readonly at: number
  readonly end: number
}

const MAX_BOXES = 10_000

/**
 * The boxes from `from` to `to`, which they fill exactly; zero bytes at the end of a file are padding.
 *
 * @see ISO/IEC 14496-12 §4.2
 */
export async function boxes(
  source: Source,
  from: number,
  to: number,
): Promise<readonly Box[] | Refusal> {
  const found: Box[] = []
  for (let at = from; at < to; ) {
    const head = await source.read(at, Math.min(16, to - at))
    if (head.length < 8) return isZero(head) ? found : malformed('a cut box')
    const type = head.toString('latin1', 4, 8)
    const short = head.readUInt32BE(0)
    let headBytes = 8
    let size = short
    if (short === 1) {
      if (head.length < 16) return malformed('a cut box')
      headBytes = 16
      size = Number(head.readBigUInt64BE(8))
    } else if (short === 0) {
      if (to !== source.size) return malformed('an open box inside another')
      if (type === '\0\0\0\0') return found // padding, which the caller looks over
      size = to - at
    }
    if (size < headBytes || at + size > to)
      return malformed(`box ${printable(type)} beyond its parent`)
    found.push({ type, at: at + headBytes, end: at + size })
    if (found.length > MAX_BOXES) return malformed('too many boxes')
    at += size
  }
  return found
}

/** Four characters that may be anything, as a reason may show them. */
export function printable(type: string): string {
  return type.replace(/[^\x20-\x7e]/g, '?')
}

function isZero(bytes: Buffer): boolean {
  return bytes.every(byte => byte === 0)
}
