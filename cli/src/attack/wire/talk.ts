import { setTimeout as pause } from 'node:timers/promises'
import { dial, type Lane, type Place } from './place.ts'

/** What came back on a connection on which anything at all may be said. */
export interface Talk {
  readonly heard: Buffer
  readonly text: string
  /** The status of each reply heard, in order. */
  readonly statuses: readonly number[]
  readonly closedByPeer: boolean
  /** How long the connection lived. */
  readonly ms: number
}

export interface TalkOptions {
  /** Give up listening after this. */
  readonly untilMs: number
  /** Stop once nothing has come for this long after the last piece was sent. */
  readonly quietMs?: number
  readonly lane?: Lane
  readonly port?: number
}

/** Says `pieces` on a raw connection (a number is a pause in ms) and listens. Never rejects. */
export async function talk(
  place: Place,
  pieces: readonly (string | Uint8Array | number)[],
  { untilMs, quietMs = untilMs, lane, port }: TalkOptions,
): Promise<Talk> {
  const socket = dial(place, lane, port)
  const chunks: Buffer[] = []
  const begun = performance.now()
  let closedByPeer = false
  let heardAt = performance.now()
  const closed = new Promise<void>(resolve => {
    const end = () => {
      closedByPeer = true
      resolve()
    }
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      heardAt = performance.now()
    })
    socket.on('end', end)
    socket.on('error', end)
    socket.on('close', end)
  })
  const deadline = pause(untilMs, 'late')
  for (const piece of pieces) {
    if (closedByPeer) break
    if (typeof piece === 'number') await Promise.race([pause(piece), closed])
    else socket.write(piece)
  }
  heardAt = performance.now()
  let late = false
  void deadline.then(() => {
    late = true
  })
  while (!closedByPeer && !late && performance.now() - heardAt < quietMs)
    await Promise.race([closed, pause(Math.min(20, quietMs))])
  const wasClosed = closedByPeer
  socket.destroy()
  const heard = Buffer.concat(chunks)
  const text = heard.toString('latin1')
  const statuses = [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, code]) => Number(code))
  return { heard, text, statuses, closedByPeer: wasClosed, ms: performance.now() - begun }
}
