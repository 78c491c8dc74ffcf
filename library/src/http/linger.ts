import type { IncomingMessage, ServerResponse } from 'node:http'

const LINGER_MS = 1000
const SMALL_BYTES = 65_536

/**
 * Prepares an answer to a request whose body nobody will read. Call it before the answer is
 * written; does nothing when the body has come already or is so small that reading it is cheaper
 * than a new connection.
 *
 * Otherwise the connection ends with the answer, and in a way in which the answer arrives. To close
 * a socket with unread bytes makes the system send a reset, which can wipe out what the client has
 * not read yet. So only our half is closed, nothing more is read, and a second later it is gone.
 *
 * @see RFC 9112 §9.6
 */
export function leaveUnread(message: IncomingMessage, response: ServerResponse): void {
  // In HTTP/2 a stream ends without its connection, and flow control holds what nobody reads.
  if (message.httpVersionMajor > 1) return
  const { 'transfer-encoding': coding, 'content-length': length = '0' } = message.headers
  if (message.complete || (coding === undefined && Number(length) <= SMALL_BYTES)) return
  response.shouldKeepAlive = false
  const { socket } = message
  // node:http calls this once the last answer of a connection is written.
  socket.destroySoon = () => {
    if (socket.destroyed) return
    socket.pause()
    socket.resume = () => socket
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(timer))
    socket.end()
  }
}
