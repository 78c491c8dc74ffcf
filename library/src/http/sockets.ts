import type { Socket } from 'node:net'
import type { TLSSocket, Server as TlsServer } from 'node:tls'
import type { Connection } from './connection.ts'
import { addressBucket } from './ip.ts'

/** Whether one more connection may open; it is counted until it closes. */
export function countPerAddress(
  max: number,
  exempt: (address: string) => boolean,
): (socket: Socket) => boolean {
  const open = new Map<string, number>()
  return socket => {
    const address = socket.remoteAddress ?? ''
    if (exempt(address)) return true
    const bucket = addressBucket(address)
    const count = (open.get(bucket) ?? 0) + 1
    if (count > max) return false
    open.set(bucket, count)
    socket.once('close', () => {
      const left = (open.get(bucket) ?? 1) - 1
      if (left > 0) open.set(bucket, left)
      else open.delete(bucket)
    })
    return true
  }
}

/** Under TLS the requests come on another socket object than the connection did. */
export function watchHandshakes(
  server: TlsServer,
  connections: Map<Socket, Connection>,
  watch: (socket: Socket) => void,
): void {
  const shaking = new Map<string, Socket>()
  const peer = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`
  server.on('connection', (socket: Socket) => {
    const name = peer(socket)
    shaking.set(name, socket)
    socket.once('close', () => shaking.delete(name))
  })
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const raw = shaking.get(peer(socket))
    shaking.delete(peer(socket))
    if (raw !== undefined) connections.delete(raw)
    if (socket.alpnProtocol !== 'h2') watch(socket)
  })
}
