import type { Socket } from 'node:net'

const LINGER_MS = 1000
const DISCARD_BYTES = 64 * 1024

/**
 * Lets a client that is still sending read our last answer. Closing a socket with unread bytes
 * makes the system send a reset, which can wipe the answer out before the client has read it. So:
 * after the answer only our half is closed, at most 64 KiB more are read and thrown away, and a
 * second later the socket is gone.
 *
 * Call it before the answer ends; node:http closes by `destroySoon`, which is replaced here.
 */
export function lingerAfterAnswer(socket: Socket): void {
  socket.destroySoon = () => {
    if (socket.destroyed) return
    const allowed = socket.bytesRead + DISCARD_BYTES
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    timer.unref()
    socket.once('close', () => clearTimeout(timer))
    socket.once('end', () => socket.destroy())
    socket.on('data', () => {
      if (socket.bytesRead > allowed) socket.pause()
    })
    socket.end()
    socket.resume()
  }
}
