import { createServer, type Server } from 'node:http'
import { isIP, type Socket } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Wires } from 'bulwark/outbound'

/** What the names, the servers and the cables of an imagined internet do. */
export interface Imagined {
  /** `{ host: answer }`, or a list of answers with one entry for each lookup. */
  readonly resolves?: Readonly<Record<string, Answers>>
  /** `{ absolute URL, or "*": where it sends to }`; anything else answers 200. */
  readonly redirects?: Readonly<
    Record<string, { readonly status: number; readonly location?: string }>
  >
  /** Addresses where every connection fails at once. */
  readonly unreachable?: readonly string[]
}

type Answers = readonly string[] | readonly (readonly string[])[]

/** Wires for a policy that end in this process: nothing is sent, and every decision is the real one. */
export interface ToyNetwork {
  readonly wires: Partial<Wires>
  close(): void
}

/** Plays `imagined`: lookups advance through the sequences, sockets are streams in memory. */
export function toyNetwork({
  resolves = {},
  redirects = {},
  unreachable = [],
}: Imagined): ToyNetwork {
  const asked = new Map<string, number>()
  const secured = new WeakSet<Duplex>()
  const farEnds = new WeakMap<Duplex, Duplex>()
  const server: Server = createServer((request, response) => {
    const scheme = secured.has(request.socket) ? 'https' : 'http'
    const url = `${scheme}://${request.headers.host}${request.url}`
    const { status, location } = redirects[url] ?? redirects['*'] ?? { status: 200 }
    request.resume().on('end', () => {
      response.writeHead(status, location === undefined ? {} : { location }).end()
    })
  })

  /** As the kernel: the first address that answers gets the connection. */
  const attempt = (near: Duplex, far: Duplex, addresses: readonly string[]): void => {
    const reached = addresses.find(address => !unreachable.includes(address))
    if (reached === undefined) {
      near.destroy(Object.assign(new Error('unreachable'), { code: 'EHOSTUNREACH' }))
      return
    }
    Object.defineProperty(near, 'remoteAddress', { value: reached })
    server.emit('connection', far)
    near.emit('connect')
  }

  return {
    wires: {
      async resolve(host) {
        const answers = resolves[host]
        if (answers === undefined) {
          if (host === 'localhost') return ['127.0.0.1', '::1']
          throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
        }
        const turn = asked.get(host) ?? 0
        asked.set(host, turn + 1)
        const [first] = answers
        if (!Array.isArray(first)) return answers as readonly string[]
        return (answers as readonly (readonly string[])[])[Math.min(turn, answers.length - 1)] ?? []
      },
      // As `net.connect`: a literal is connected to without asking anyone.
      connect({ host = '', lookup }) {
        const [near, far] = duplexPair()
        farEnds.set(near, far)
        setImmediate(() => {
          if (isIP(host) !== 0 || lookup === undefined) return attempt(near, far, [host])
          lookup(host, { all: true }, (error, found) => {
            if (error) near.destroy(error)
            else
              attempt(
                near,
                far,
                [found].flat().map(one => (typeof one === 'string' ? one : one.address)),
              )
          })
        })
        return near as Socket
      },
      // No key, no certificate: what TLS would encrypt is only marked.
      secure({ socket }) {
        const far = farEnds.get(socket)
        if (far !== undefined) secured.add(far)
        setImmediate(() => socket.emit('secureConnect'))
        return socket as TLSSocket
      },
      ownAddresses: () => [],
    },
    close: () => server.close(),
  }
}

/** How many lookups of one name `imagined` tells apart. */
export function turnsOf({ resolves = {} }: Imagined): number {
  const lengths = Object.values(resolves).map(answers =>
    Array.isArray(answers[0]) ? answers.length : 1,
  )
  return Math.max(1, ...lengths)
}
