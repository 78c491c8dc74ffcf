import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer, type Socket, type Server as TcpServer } from 'node:net'
import {
  type OutboundOptions,
  type OutboundPolicy,
  outboundPolicy,
  type Wires,
} from './outbound.ts'

/** What plays the public internet here: the policies of these tests allow it by exception. */
export const PUBLIC = '127.0.0.1'
/** A second public address, where nobody listens. */
export const DEAD = '127.0.0.3'
/** What plays the inside: loopback like the others, and refused as loopback is. */
export const INWARD = '127.0.0.2'

/** Two listeners on one port: a public server, and an internal decoy that counts who comes. */
export interface Street {
  readonly port: number
  /** Connections that the internal listener has seen. Zero is the point of it all. */
  inwardConnections(): number
  /** Bytes that the internal listener was sent. */
  inwardBytes(): number
  /** Connections at the public server. */
  publicConnections(): number
  /** Of those, the ones still open. */
  openConnections(): number
  close(): Promise<void>
}

/** Opens the street. `answer` is the public server; `raw` replaces it by bytes on a socket. */
export async function street(
  answer: RequestListener | { readonly raw: (socket: Socket) => void },
): Promise<Street> {
  let [inward, bytes, outward] = [0, 0, 0]
  const sockets = new Set<Socket>()
  const front: Server | TcpServer =
    typeof answer === 'function' ? createHttpServer(answer) : createServer(answer.raw)
  front.on('connection', (socket: Socket) => {
    outward++
    sockets.add(socket.on('error', () => {}))
  })
  const decoy = createServer(socket => {
    inward++
    sockets.add(socket.on('error', () => {}))
    socket.on('data', chunk => {
      bytes += chunk.length
    })
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecret')
  })
  await listening(front, 0, PUBLIC)
  const { port } = front.address() as AddressInfo
  await listening(decoy, port, INWARD)
  return {
    port,
    inwardConnections: () => inward,
    inwardBytes: () => bytes,
    publicConnections: () => outward,
    openConnections: () => [...sockets].filter(socket => !socket.destroyed).length,
    async close() {
      for (const socket of sockets) socket.destroy()
      await Promise.all([front, decoy].map(server => new Promise(done => server.close(done))))
    },
  }
}

function listening(server: Server | TcpServer, port: number, host: string): Promise<void> {
  return new Promise((done, fail) => server.once('error', fail).listen(port, host, done))
}

/** A policy for which PUBLIC and DEAD are public. `names` answers the lookups, one list after another. */
export function policyOn(
  { port }: Street,
  names: Readonly<Record<string, readonly (readonly string[])[]>> = {},
  options: Partial<OutboundOptions> = {},
  wires: Partial<Wires> = {},
): OutboundPolicy {
  const turns = new Map<string, number>()
  return outboundPolicy(
    {
      name: 'street',
      ports: [port],
      allowAddresses: [`${PUBLIC}/32`, `${DEAD}/32`],
      refusalStepMs: 0,
      ...options,
    },
    {
      resolve: async host => {
        const answers = names[host] ?? [[]]
        const turn = turns.get(host) ?? 0
        turns.set(host, turn + 1)
        return answers[Math.min(turn, answers.length - 1)] ?? []
      },
      ...wires,
    },
  )
}
