import { IncomingMessage } from 'node:http'
import { Duplex, Readable } from 'node:stream'
import type { Refusal } from '../../../kernel/refusal.ts'
import { BodyCut } from '../../limits/watched.ts'

/** What a body tells as it arrives. After `end` or `fail`, nothing more. */
export interface FeedListener {
  chunk(bytes: Buffer): void
  end(): void
  /** The sender went away, or the connection broke; or whoever counts before us has had enough. */
  fail(refusal?: Refusal): void
}

/** A body that is being read. */
export interface Feed {
  pause(): void
  resume(): void
  /** Reads no more, and has the sender cut off. */
  cut(): void
  /** Whether nobody but the listener has the pieces, so that their memory is his to give back. */
  isSole(): boolean
}

/** Any body: of node:http, Fastify and Express a stream, of fetch and Hono an iterable. */
export type Body = Readable | AsyncIterable<Uint8Array>

/** So long an answer has to arrive before an unread rest is cut off with its connection. */
const CUT_MS = 1000

export function feed(body: Body, listener: FeedListener): Feed {
  return body instanceof Readable ? feedStream(body, listener) : feedIterable(body, listener)
}

/** A body that breaks before anybody listens to it must not end the process. */
export function hold(body: Body): void {
  if (body instanceof Readable) body.on('error', ignore)
}

/** Gets rid of a body that was refused before it was read. */
export function turnAway(body: Body): void {
  feed(body, { chunk: ignore, end: ignore, fail: ignore }).cut()
}

/** By events: iterating over a stream costs a promise for every 64 KiB. */
function feedStream(body: Readable, listener: FeedListener): Feed {
  const onData = (bytes: Uint8Array): void => listener.chunk(asBuffer(bytes))
  const onEnd = (): void => {
    release()
    listener.end()
  }
  const onBroken = (error?: unknown): void => {
    release()
    listener.fail(reasonOf(error))
  }
  const release = (): void => {
    body.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken)
    hold(body)
  }
  if (body.destroyed || body.readableEnded) queueMicrotask(() => onBroken())
  body.on('end', onEnd).on('error', onBroken).on('close', onBroken).on('data', onData)
  return {
    pause: () => void body.pause(),
    resume: () => void body.resume(),
    cut() {
      release()
      cutStream(body)
    },
    isSole: () => comesFromSocket(body) && hasOneReader(body),
  }
}

/** A real socket makes its pieces for us; what a test or a serverless host pushes may be its own. */
function comesFromSocket(body: Readable): boolean {
  return (
    body instanceof IncomingMessage && body.socket instanceof Duplex && body.socket.bytesRead > 0
  )
}

function hasOneReader(body: Readable): boolean {
  return body.listenerCount('data') === 1 && body.listenerCount('readable') === 0
}

/**
 * Not a byte more is read: node:http would read the whole rest to keep the connection, which is what
 * a limit is there to prevent. The answer has a second to arrive; then the connection is gone.
 */
function cutStream(body: Readable): void {
  body.pause()
  const isMessage = body instanceof IncomingMessage
  if (body.destroyed || (isMessage ? body.complete : body.readableEnded)) return
  if (isMessage) {
    const { socket } = body
    socket.pause()
    socket.resume = () => socket
  }
  const timer = setTimeout(() => body.destroy(), CUT_MS)
  timer.unref()
  body.once('close', () => clearTimeout(timer))
}

function feedIterable(body: AsyncIterable<Uint8Array>, listener: FeedListener): Feed {
  const iterator = body[Symbol.asyncIterator]()
  let stopped = false
  let gate: Promise<void> | undefined
  let open: () => void = ignore
  const run = async (): Promise<void> => {
    while (!stopped) {
      const next = await iterator.next()
      if (stopped) return
      if (next.done === true) {
        stopped = true
        listener.end()
        return
      }
      listener.chunk(asBuffer(next.value))
      await gate
    }
  }
  run().catch((error: unknown) => {
    if (stopped) return
    stopped = true
    listener.fail(reasonOf(error))
  })
  return {
    pause() {
      gate ??= new Promise(resolve => {
        open = resolve
      })
    },
    resume() {
      gate = undefined
      open()
    },
    cut() {
      if (stopped) return
      stopped = true
      open()
      iterator.return?.().catch(ignore)
    },
    // A web stream may have a twin that holds the same pieces.
    isSole: () => false,
  }
}

function reasonOf(error: unknown): Refusal | undefined {
  return error instanceof BodyCut ? error.refusal : undefined
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function ignore(): void {
  // nobody is interested any more
}
