import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { type TestClock, testClock } from '../kernel/clock.ts'
import type { Refusal } from '../kernel/refusal.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import {
  type HardenedServer,
  type HardenOptions,
  hardenServer,
  type ServerGuard,
} from './server.ts'

/** A server on a port of its own, under a clock that the test turns. */
export interface Wire {
  readonly server: Server
  readonly hardened: HardenedServer
  readonly clock: TestClock
  /** Why connections were cut. */
  readonly cuts: Refusal[]
  /** A client that has sent `text`, with `\n` for CRLF. */
  open(text?: string): Client
}

export interface Client {
  readonly socket: Socket
  /** All that has come so far. */
  readonly text: string
  send(text: string): void
  /** Resolves with all that came, once the server has closed. */
  readonly closed: Promise<string>
}

export const REFUSE: ServerGuard['answer'] = (_message, response, refusal) => {
  response.writeHead(refusal.status, { 'content-type': PROBLEM_TYPE, ...refusal.headers })
  response.end(JSON.stringify(problemOf(refusal, 'r')))
}

/** A test that has a server, and no server afterwards. */
export function onWire(
  what: string,
  options: Partial<HardenOptions> & { readonly listener?: RequestListener },
  run: (wire: Wire) => Promise<void>,
): void {
  test(what, async () => {
    const clock = testClock(0)
    const cuts: Refusal[] = []
    const server = createServer(options.listener ?? ((_, response) => response.end('served')))
    const judge = options.guard?.judge ?? (() => undefined)
    const hardened = hardenServer(server, {
      requestId: () => 'r',
      clock,
      ...options,
      guard: { answer: REFUSE, ...options.guard, judge, cut: refusal => cuts.push(refusal) },
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    try {
      await run({
        server,
        hardened,
        clock,
        cuts,
        open: text => client(connect(port, '127.0.0.1'), text),
      })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
}

export function client(socket: Socket, text = ''): Client {
  let seen = ''
  const closed = new Promise<string>(resolve => socket.on('close', () => resolve(seen)))
  socket.setEncoding('latin1').on('error', () => {
    // A reset is one of the ways to be cut.
  })
  socket.on('data', chunk => {
    seen += chunk
  })
  const send = (more: string): void => void socket.write(more.replaceAll('\n', '\r\n'), 'latin1')
  if (text !== '') send(text)
  return {
    socket,
    closed,
    send,
    get text() {
      return seen
    },
  }
}

/** Waits until something is so: sockets have no other way to say that bytes have arrived. */
export async function until(so: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 10_000; tries++) {
    if (await so()) return
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  throw new Error(`waited in vain until ${what}`)
}
