import type { Socket } from 'node:net'
import { because, OutboundRefused, refusals } from './refusals.ts'

/**
 * Room for so many open sockets. Connections to many hosts stay open for a while after their
 * request; without a bound, a list of ten thousand hosts is ten thousand descriptors.
 */
export class SocketRoom {
  readonly #places: number
  readonly #open = new Map<Socket, string>()
  readonly #idle = new Map<string, () => boolean>()
  #opening = 0

  constructor(places: number) {
    this.#places = places
  }

  /** Teaches how to see that no request needs the connections to `origin`. */
  knows(origin: string, isIdle: () => boolean): void {
    // Origins that have no socket left are forgotten, now and then.
    if (this.#idle.size > 2 * this.#places) {
      const used = new Set(this.#open.values())
      for (const known of this.#idle.keys()) if (!used.has(known)) this.#idle.delete(known)
    }
    this.#idle.set(origin, isIdle)
  }

  /**
   * Opens a socket inside the bound; the oldest idle one makes room.
   *
   * @throws {OutboundRefused} `outbound.busy` when every socket is at work
   */
  async enter(origin: string, open: () => Promise<Socket>): Promise<Socket> {
    if (this.#open.size + this.#opening >= this.#places && !this.#evict()) {
      throw new OutboundRefused(because(refusals.busy, `${this.#places} sockets are at work`))
    }
    this.#opening++
    try {
      const socket = await open()
      this.#open.set(socket, origin)
      socket.once('close', () => this.#open.delete(socket))
      return socket
    } finally {
      this.#opening--
    }
  }

  #evict(): boolean {
    for (const [socket, origin] of this.#open) {
      if (this.#idle.get(origin)?.() !== true) continue
      this.#open.delete(socket)
      socket.destroy()
      return true
    }
    return false
  }
}
