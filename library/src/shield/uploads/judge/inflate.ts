import {
  createInflate,
  createInflateRaw,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
} from 'node:zlib'

/** How an inflation ended, and how much went out and in. */
export interface Inflation {
  /**
   * `whole`: the stream ended where it said. `short`: the input ran out. `broken`: no valid stream.
   * `over`: more than `most` bytes would have come out.
   */
  readonly end: 'whole' | 'short' | 'broken' | 'over'
  readonly out: number
  /** Bytes of input that belong to the stream; what follows is something else. */
  readonly used: number
}

export type Wrapping = 'raw' | 'zlib'
/** Sees a piece of what comes out; `false` ends the inflation as `over`. */
export type Taker = (bytes: Buffer) => boolean
type Pieces = AsyncIterable<Buffer> | Iterable<Buffer>

const SMALL_IN = 16 * 1024
const SMALL_OUT = 256 * 1024

/**
 * Inflates without ever holding more than one piece of the output, off the event loop when the
 * input is not small. `take` sees the output in order.
 */
export async function inflate(
  wrapping: Wrapping,
  input: Pieces,
  most: number,
  take?: Taker,
): Promise<Inflation> {
  const head: Buffer[] = []
  let held = 0
  const pieces =
    Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator]()
  let next = await pieces.next()
  while (next.done !== true && held + next.value.length <= SMALL_IN) {
    head.push(next.value)
    held += next.value.length
    next = await pieces.next()
  }
  if (next.done === true) {
    const quick = inflateSmall(
      wrapping,
      head.length === 1 && head[0] ? head[0] : Buffer.concat(head),
      most,
      take,
    )
    if (quick !== undefined) return quick
  }
  return inflateStream(wrapping, rest(head, next, pieces), most, take)
}

async function* rest(
  head: readonly Buffer[],
  next: IteratorResult<Buffer>,
  pieces: AsyncIterator<Buffer> | Iterator<Buffer>,
): AsyncGenerator<Buffer> {
  yield* head
  for (let now = next; now.done !== true; now = await pieces.next()) yield now.value
}

interface WithEngine {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/** In one step when input and output are small; `undefined` when the output is not. */
function inflateSmall(
  wrapping: Wrapping,
  input: Buffer,
  most: number,
  take?: Taker,
): Inflation | undefined {
  const options: ZlibOptions = { maxOutputLength: Math.min(most + 1, SMALL_OUT), info: true }
  try {
    const answer: unknown =
      wrapping === 'raw' ? inflateRawSync(input, options) : inflateSync(input, options)
    const { buffer, engine } = answer as WithEngine
    const over = buffer.length > most || take?.(buffer) === false
    return { end: over ? 'over' : 'whole', out: buffer.length, used: engine.bytesWritten }
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'ERR_BUFFER_TOO_LARGE') return { end: endOf(code), out: 0, used: input.length }
    return most + 1 <= SMALL_OUT ? { end: 'over', out: most + 1, used: input.length } : undefined
  }
}

function inflateStream(
  wrapping: Wrapping,
  input: AsyncIterable<Buffer>,
  most: number,
  take?: Taker,
): Promise<Inflation> {
  const engine = wrapping === 'raw' ? createInflateRaw(CHUNKY) : createInflate(CHUNKY)
  const { promise, resolve, reject } = Promise.withResolvers<Inflation>()
  let out = 0
  let done = false
  let wake: () => void = () => undefined
  const finish = (end: Inflation['end']): void => {
    if (done) return
    done = true
    resolve({ end, out, used: engine.bytesWritten })
    engine.destroy()
    wake()
  }
  engine.on('data', (bytes: Buffer) => {
    if (done) return
    out += bytes.length
    if (out > most || take?.(bytes) === false) finish('over')
  })
  engine.on('end', () => finish('whole'))
  engine.on('error', error => finish(endOf(codeOf(error))))
  engine.on('drain', () => wake())
  const feed = async (): Promise<void> => {
    for await (const bytes of input) {
      if (done) return
      if (!engine.write(bytes)) {
        await new Promise<void>(resume => {
          wake = resume
        })
      }
      if (done) return
    }
    engine.end()
  }
  feed().catch(reject)
  return promise
}

const CHUNKY: ZlibOptions = { chunkSize: 64 * 1024 }

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function endOf(code: string): Inflation['end'] {
  return code === 'Z_BUF_ERROR' ? 'short' : 'broken'
}
