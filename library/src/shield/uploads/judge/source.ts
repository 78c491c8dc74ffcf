import type { FileHandle } from 'node:fs/promises'

/** The bytes of one file, read from anywhere, in pieces. */
export interface Source {
  readonly size: number
  /** Up to `length` bytes from `at`; fewer only at the end. Never written to. */
  read(at: number, length: number): Promise<Buffer>
}

const WINDOW = 64 * 1024

export function memorySource(bytes: Buffer): Source {
  return {
    size: bytes.length,
    read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)),
  }
}

/** Reads ahead 64 KiB, because walkers go forward in small steps. */
export function handleSource(handle: FileHandle, size: number): Source {
  let window: Buffer = Buffer.alloc(0)
  let windowAt = 0
  const load = async (at: number, length: number): Promise<Buffer> => {
    const wanted = Math.max(0, Math.min(length, size - at))
    const bytes = Buffer.allocUnsafe(wanted)
    let got = 0
    while (got < wanted) {
      const { bytesRead } = await handle.read(bytes, got, wanted - got, at + got)
      if (bytesRead === 0) break
      got += bytesRead
    }
    return bytes.subarray(0, got)
  }
  return {
    size,
    async read(at, length) {
      if (at >= windowAt && at + length <= windowAt + window.length) {
        return window.subarray(at - windowAt, at - windowAt + length)
      }
      if (length >= WINDOW) return load(at, length)
      window = await load(at, WINDOW)
      windowAt = at
      return window.subarray(0, length)
    },
  }
}

/** The `length` bytes of `source` from `from`, as a source of their own. */
export function part(source: Source, from: number, length: number): Source {
  const size = Math.max(0, Math.min(length, source.size - from))
  return {
    size,
    read: (at, wanted) => source.read(from + at, Math.max(0, Math.min(wanted, size - at))),
  }
}

/** The bytes from `from` up to `to`, in pieces of at most 64 KiB. */
export async function* stretch(source: Source, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to; ) {
    const bytes = await source.read(at, Math.min(WINDOW, to - at))
    if (bytes.length === 0) return
    at += bytes.length
    yield bytes
  }
}

/** Whether nothing but zero bytes stands from `from` to the end: the padding that cameras write. */
export async function onlyZeros(source: Source, from: number): Promise<boolean> {
  for await (const bytes of stretch(source, from, source.size)) {
    if (bytes.some(byte => byte !== 0)) return false
  }
  return true
}
