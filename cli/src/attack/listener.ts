import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export interface Visit {
  readonly token: string
  readonly headers: IncomingHttpHeaders
  readonly at: number
}

/** A place on loopback that notes who comes: the proof that the service was made to send something. */
export class Listener {
  readonly port: number
  readonly #server: Server
  readonly #visits: Visit[] = []

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('request', (request, response) => {
      const token = (request.url ?? '').split('/').at(-1)?.split(/[?#]/)[0] ?? ''
      this.#visits.push({ token, headers: request.headers, at: Date.now() })
      response.writeHead(200, { 'Content-Type': 'text/plain' }).end(`heard ${token}`)
    })
  }

  static async open(): Promise<Listener> {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    server.unref()
    return new Listener(server)
  }

  /** The visits that brought one of `tokens`, waiting for them at most `withinMs`. */
  async heard(tokens: readonly string[], withinMs: number): Promise<Visit[]> {
    const until = performance.now() + withinMs
    for (;;) {
      const visits = this.#visits.filter(({ token }) => tokens.includes(token))
      if (visits.length > 0 || performance.now() > until) return visits
      await pause(25)
    }
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
