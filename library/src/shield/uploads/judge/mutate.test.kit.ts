import { crc32 } from 'node:zlib'

/** A small generator of numbers that repeats itself (mulberry32). */
export function dice(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xfe, 0xff, 0x20, 0x0a, 0x3c, 0x2f]

/** One to four changes: bits, bytes, lengths, cuts, copies, and pieces of another file. */
export function mutated(file: Buffer, other: Buffer, roll: (below: number) => number): Buffer {
  let bytes = Buffer.from(file)
  for (let change = 0; change <= roll(4); change++) {
    const at = roll(bytes.length + 1)
    const length = 1 + roll(Math.min(64, Math.max(1, bytes.length - at)))
    switch (roll(9)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << roll(8))
        break
      case 1:
        if (at < bytes.length) bytes[at] = INTERESTING[roll(INTERESTING.length)] ?? 0
        break
      case 2:
        bytes.fill(
          INTERESTING[roll(INTERESTING.length)] ?? 0,
          at,
          Math.min(bytes.length, at + length),
        )
        break
      case 3:
        bytes = bytes.subarray(0, at)
        break
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
        break
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
        break
      case 6: {
        const from = roll(other.length + 1)
        const piece = other.subarray(from, from + 1 + roll(200))
        bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
        break
      }
      case 7:
        if (at + 4 <= bytes.length) bytes.writeUInt32BE(roll(2) ? roll(2 ** 32) : roll(70_000), at)
        break
      default:
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(roll(2) ? roll(2 ** 32) : roll(70_000), at)
    }
  }
  return roll(2) === 0 ? withSums(bytes) : bytes
}

/** Makes the checksums of a PNG right again, so that changes get deeper in. */
function withSums(bytes: Buffer): Buffer {
  if (bytes.toString('latin1', 1, 4) !== 'PNG') return bytes
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at)
    if (end + 4 > bytes.length) break
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end)
    at = end + 4
  }
  return bytes
}
