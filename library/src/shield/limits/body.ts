import type { Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import type { Incoming } from '../../http/incoming.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Refusal } from '../../kernel/refusal.ts'

const close = { close: true } as const

export const refusals: Readonly<Record<BodyReason, Refusal>> = {
  declaredTooLarge: {
    code: 'limits.declared_too_large',
    says: 'limits.too_large',
    status: 413,
    ...close,
  },
  tooLarge: { code: 'limits.too_large', says: 'limits.too_large', status: 413, ...close },
  inflatedTooLarge: {
    code: 'limits.inflated_too_large',
    says: 'limits.too_large',
    status: 413,
    ...close,
  },
  ratio: { code: 'limits.ratio', says: 'limits.too_large', status: 413, ...close },
  coding: { code: 'limits.coding', says: 'limits.coding', status: 415, ...close },
  badCoding: { code: 'limits.bad_coding', says: 'limits.bad_coding', status: 400, ...close },
  aborted: { code: 'limits.aborted', says: 'limits.aborted', status: 400, ...close },
}

type BodyReason =
  | 'declaredTooLarge'
  | 'tooLarge'
  | 'inflatedTooLarge'
  | 'ratio'
  | 'coding'
  | 'badCoding'
  | 'aborted'

export interface BodyLimit {
  readonly maxBytes: number
  /** Inflated bytes for each byte off the wire, beyond the first 64 KiB: 50. */
  readonly maxRatio?: number
  /** Content codings that are undone; none unless told. */
  readonly codings?: readonly string[]
}

/** One aggregate for all that a request makes us hold: wire bytes, multipart parts, inflated bytes. */
export interface BodyBudget {
  readonly maxBytes: number
  readonly maxRatio: number
  readonly wireBytes: number
  readonly inflatedBytes: number
  /** Counts bytes off the wire; `limits.too_large` (413) once they are too many. */
  wire(bytes: number): Refusal | undefined
  /** Counts bytes after decompression: `limits.inflated_too_large` or `limits.ratio` (413). */
  inflated(bytes: number): Refusal | undefined
}

const RATIO_FREE_BYTES = 65_536

/** @see ASVS 5.2.1, 5.2.3 */
export function bodyBudget(limit: BodyLimit): BodyBudget {
  return new Budget(limit)
}

class Budget implements BodyBudget {
  readonly maxBytes: number
  readonly maxRatio: number
  wireBytes = 0
  inflatedBytes = 0

  constructor({ maxBytes, maxRatio = 50 }: BodyLimit) {
    this.maxBytes = maxBytes
    this.maxRatio = maxRatio
  }

  wire(bytes: number): Refusal | undefined {
    this.wireBytes += bytes
    return this.wireBytes > this.maxBytes ? refusals.tooLarge : undefined
  }

  inflated(bytes: number): Refusal | undefined {
    this.inflatedBytes += bytes
    if (this.inflatedBytes > this.maxBytes) return refusals.inflatedTooLarge
    const most = Math.max(RATIO_FREE_BYTES, this.wireBytes * this.maxRatio)
    return this.inflatedBytes > most ? refusals.ratio : undefined
  }
}

/** Judges what is declared, before a byte of the body is read: length (413) and coding (415). */
export function declaredBody(request: Incoming, limit: BodyLimit): Refusal | undefined {
  const length = request.header('content-length')
  if (length !== undefined && !(Number(length) <= limit.maxBytes)) return refusals.declaredTooLarge
  const coding = request.header('content-encoding')
  if (coding === undefined || coding === 'identity') return undefined
  const codings = limit.codings ?? []
  // One coding, spelled as registered: each further layer multiplies what a byte can become.
  if (codings.includes(coding)) return undefined
  return { ...refusals.coding, headers: { 'accept-encoding': codings.join(', ') || 'identity' } }
}

/**
 * Reads a body within its budget and undoes its coding. Once a byte too many has come, nothing more
 * is read: the stream is left paused, and the refusal says that the connection must close (see
 * `leaveUnread`).
 *
 * @param coding the request's Content-Encoding, as `declaredBody` let it through
 */
export async function readBody(
  stream: Readable,
  budget: BodyBudget,
  coding?: string,
): Promise<Outcome<Buffer>> {
  const read = await readWire(stream, budget)
  if (!read.ok || coding === undefined || coding === 'identity') return read
  return inflate(read.value, coding, budget)
}

function readWire(stream: Readable, budget: BodyBudget): Promise<Outcome<Buffer>> {
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    // The listeners stay: to take them off costs more than the rest, and they go with the stream.
    let settled = false
    const settle = (outcome: Outcome<Buffer>): void => {
      settled = true
      resolve(outcome)
    }
    const onData = (chunk: Buffer): void => {
      if (settled) return
      const refusal = budget.wire(chunk.length)
      if (refusal === undefined) {
        chunks.push(chunk)
        return
      }
      stream.pause()
      chunks.length = 0
      settle(refused(refusal))
    }
    const onEnd = (): void => {
      if (settled) return
      const [only] = chunks
      settle(granted(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks)))
    }
    const onAbort = (): void => {
      if (!settled) settle(refused(refusals.aborted))
    }
    if (stream.destroyed || stream.readableEnded) onAbort()
    else stream.on('data', onData).on('end', onEnd).on('error', onAbort).on('close', onAbort)
  })
}

type OneShot = (
  buffer: Uint8Array,
  options: { maxOutputLength: number },
  done: (error: Error | null, result: Buffer) => void,
) => void

const INFLATERS: Readonly<Record<string, OneShot>> = {
  gzip: zlib.gunzip,
  deflate: zlib.inflate,
  br: zlib.brotliDecompress,
  zstd: zlib.zstdDecompress,
}

/** Decompression stops at the first byte too many: what a bomb would become is never held. */
function inflate(wire: Buffer, coding: string, budget: BodyBudget): Promise<Outcome<Buffer>> {
  const open = INFLATERS[coding]
  if (open === undefined) return Promise.resolve(refused(refusals.coding))
  const byRatio = Math.max(RATIO_FREE_BYTES, Math.floor(wire.length * budget.maxRatio))
  const maxOutputLength = Math.min(budget.maxBytes, byRatio)
  return new Promise(resolve => {
    open(wire, { maxOutputLength }, (error, result) => {
      if (error === null) {
        const refusal = budget.inflated(result.length)
        resolve(refusal === undefined ? granted(result) : refused(refusal))
      } else if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') {
        resolve(refused(refusals.badCoding))
      } else {
        resolve(refused(byRatio < budget.maxBytes ? refusals.ratio : refusals.inflatedTooLarge))
      }
    })
  })
}
