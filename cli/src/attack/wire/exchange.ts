import { performance } from 'node:perf_hooks'
import { headOf, type Sent } from './ask.ts'
import { parseReply } from './parse-reply.ts'
import { dial, type Lane, type Place } from './place.ts'
import { type Failure, Reply } from './reply.ts'

const MAX_REPLY_BYTES = 8 * 1024 * 1024
const PIECE_BYTES = 64 * 1024

/**
 * Sends one request on a fresh connection and answers what came back. Never rejects: a service
 * that hangs, resets or babbles is a reply with a `failure`. A body that the service refuses
 * half-way is not sent to its end; `taken` says how far it got.
 */
export function exchange(
  place: Place,
  sent: Sent,
  { withinMs, lane }: { withinMs: number; lane: Lane },
): Promise<Reply> {
  return new Promise(resolve => {
    const socket = dial(place, lane)
    let received: Buffer = Buffer.alloc(0)
    let taken = 0
    let lastSent = performance.now()
    let firstByte: number | undefined
    let connected = false
    let over = false

    const finish = (parsed: Failure | Pick<Reply, 'status' | 'fields' | 'body'>) => {
      if (over) return
      over = true
      clearTimeout(timer)
      socket.destroy()
      const ms = (firstByte ?? performance.now()) - lastSent
      const failed = typeof parsed === 'string'
      resolve(
        new Reply({
          ...(failed ? { status: 0, fields: [], body: received } : parsed),
          failure: failed ? parsed : undefined,
          ms: Math.max(0, ms),
          sent,
          taken,
        }),
      )
    }
    const read = (ended: boolean) => {
      const parsed = parseReply(received, sent.method, ended)
      if (parsed === 'garbled') finish('garbled')
      else if (parsed !== undefined) finish(parsed)
      else if (ended) finish(connected ? 'reset' : 'refused')
    }
    const timer = setTimeout(() => finish('timeout'), withinMs)

    socket.on(place.tls ? 'secureConnect' : 'connect', () => {
      connected = true
      void write()
    })
    socket.on('data', (chunk: Buffer) => {
      firstByte ??= performance.now()
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      read(received.length > MAX_REPLY_BYTES)
    })
    socket.on('end', () => read(true))
    socket.on('error', () => read(true))
    socket.on('close', () => read(true))

    const write = async () => {
      const room = () =>
        new Promise<void>(go => {
          const end = () => {
            socket.off('drain', end)
            socket.off('close', end)
            go()
          }
          socket.on('drain', end)
          socket.on('close', end)
        })
      const head = headOf(sent)
      if (sent.body.length <= PIECE_BYTES && !sent.chunked) {
        socket.write(Buffer.concat([head, sent.body]))
        taken = sent.body.length
        lastSent = performance.now()
        return
      }
      socket.write(head)
      for (let at = 0; at < sent.body.length && !over; at += PIECE_BYTES) {
        const piece = sent.body.subarray(at, at + PIECE_BYTES)
        if (sent.chunked) socket.write(`${piece.length.toString(16)}\r\n`)
        if (!socket.write(piece)) await room()
        if (sent.chunked && !over) socket.write('\r\n')
        taken += piece.length
        lastSent = performance.now()
      }
      if (sent.chunked && !over) socket.write('0\r\n\r\n')
      lastSent = performance.now()
    }
  })
}
