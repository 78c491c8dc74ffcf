import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, isIP, Socket } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import type { OutboundOptions, Wires } from './outbound.ts'

/** The case format that the head of ssrf-cases.corpus.json describes. */
export interface Case {
  readonly id: string
  readonly url: string
  readonly resolves?: Readonly<Record<string, readonly string[] | readonly (readonly string[])[]>>
  readonly redirects?: Readonly<Record<string, { status: number; location?: string }>>
  readonly unreachable?: readonly string[]
  readonly options?: Readonly<Record<string, unknown>>
  readonly expect: 'block' | 'allow'
  readonly caller?: 'any'
  readonly sees?: {
    readonly method?: string
    readonly body?: string
    readonly absent?: readonly string[]
    readonly present?: readonly string[]
    readonly requests?: number
    readonly status?: number
  }
  readonly why: string
}

export function casesIn(file: string): readonly Case[] {
  const corpus = JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as {
    cases: Case[]
  }
  return corpus.cases
}

/** A case's options as the library names them. */
export function policyOf({ options = {} }: Case): Omit<OutboundOptions, 'name'> {
  const { method: _m, headers: _h, body: _b, allowDowngrade, ...policy } = options
  return allowDowngrade === undefined
    ? policy
    : { ...policy, dangerouslyAllowDowngrade: allowDowngrade === true }
}

/** One request as the toy internet's only server saw it. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** What a case's connections and requests were. */
export interface World {
  readonly wires: Partial<Wires>
  /** Every address a connection was attempted to. */
  readonly attempted: string[]
  readonly seen: Seen[]
}

interface Peer {
  readonly world: World
  readonly case: Case
  secure: boolean
}

/**
 * An internet of one real HTTP server on loopback: connections to any address end there, real sockets
 * and all; what is stubbed is who resolves and where packets go.
 */
export class ToyInternet {
  readonly #peers = new Map<number, Peer>()
  readonly #server: Server
  #port = 0

  constructor() {
    this.#server = createServer((request, response) => {
      const peer = this.#peers.get(request.socket.remotePort ?? 0)
      if (peer === undefined) return void response.destroy()
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const scheme = peer.secure ? 'https' : 'http'
        const url = `${scheme}://${request.headers.host}${request.url}`
        peer.world.seen.push({
          method: request.method ?? '',
          url,
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        })
        const { redirects } = peer.case
        const redirect = redirects?.[url] ?? redirects?.['*'] ?? { status: 200 }
        response.statusCode = redirect.status
        if ('location' in redirect && redirect.location !== undefined) {
          response.setHeader('location', redirect.location)
        }
        response.end('ok')
      })
    })
  }

  async open(): Promise<void> {
    await new Promise<void>(done => this.#server.listen(0, '127.0.0.1', done))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** A fresh world for one case: its names, its redirects, its dead addresses. */
  worldOf(one: Case): World {
    const lookups = new Map<string, number>()
    const world: World = {
      attempted: [],
      seen: [],
      wires: {
        resolve: async host => {
          const answer = one.resolves?.[host]
          if (answer === undefined) {
            if (host === 'localhost') return ['127.0.0.1', '::1']
            throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
          }
          const turn = lookups.get(host) ?? 0
          lookups.set(host, turn + 1)
          const [first] = answer
          if (!Array.isArray(first)) return answer as readonly string[]
          const turns = answer as readonly (readonly string[])[]
          return turns[Math.min(turn, turns.length - 1)] ?? []
        },
        ownAddresses: () => [],
        connect: options => this.#connect(one, world, options),
        secure: ({ socket }) => {
          const peer = this.#peers.get(socket.localPort ?? 0)
          if (peer !== undefined) peer.secure = true
          setImmediate(() => socket.emit('secureConnect'))
          return socket as TLSSocket
        },
      },
    }
    return world
  }

  /** As `net.connect` does it: a literal asks nobody; a name tries the answers one after the other. */
  #connect(one: Case, world: World, options: Parameters<Wires['connect']>[0]): Socket {
    const socket = new Socket()
    const go = (addresses: readonly string[]): void => {
      for (const address of addresses) {
        world.attempted.push(address)
        if (one.unreachable?.includes(address)) continue
        Object.defineProperty(socket, 'remoteAddress', { value: address })
        socket.prependOnceListener('connect', () => {
          this.#peers.set(socket.localPort ?? 0, { world, case: one, secure: false })
        })
        socket.connect({ port: this.#port, host: '127.0.0.1' })
        return
      }
      socket.destroy(Object.assign(new Error('unreachable'), { code: 'EHOSTUNREACH' }))
    }
    const host = options.host ?? ''
    if (isIP(host) !== 0) go([host])
    else {
      options.lookup?.(host, { all: true }, (error, found) => {
        if (error) socket.destroy(error)
        else go((found as { address: string }[]).map(({ address }) => address))
      })
    }
    return socket
  }
}
