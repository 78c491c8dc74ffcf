import { Agent, request } from 'node:http'

export interface Reply {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers have every shape
  readonly json: any
}

/** Longer than every deadline of the service: who waits longer was not answered. */
const PATIENCE_MS = 10_000

const agent = new Agent({ keepAlive: true, maxSockets: 64, scheduling: 'fifo' })

/**
 * One person with their cookies and an address of their own, led by a balancer to whichever node
 * comes next. `fetch` would take more of the two cores than the service.
 */
export class Browser {
  readonly #origins: readonly string[]
  readonly #address: string
  readonly #jar = new Map<string, string>()
  #next: number
  #csrfToken: string | undefined

  constructor(origins: readonly string[], number: number) {
    this.#origins = origins
    this.#next = number
    this.#address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
  }

  /** The cookies as they are now: what somebody who copied them has. */
  get cookies(): string {
    return [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** @throws {Error} whose message names what the network did, when there was no answer */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const unsafe = method !== 'GET'
    if (unsafe && this.#jar.size > 0 && this.#csrfToken === undefined) {
      const { json } = await this.send('GET', '/csrf-token')
      this.#csrfToken = json?.csrfToken
    }
    const { cookies } = this
    const ask = (): Promise<Reply> => {
      const origin = this.#origins[this.#next++ % this.#origins.length] ?? ''
      return this.#exchange(`${origin}${path}`, method, body, {
        'x-forwarded-for': this.#address,
        ...(cookies !== '' && { cookie: cookies }),
        ...(unsafe && this.#csrfToken !== undefined && { 'x-csrf-token': this.#csrfToken }),
        ...headers,
      })
    }
    try {
      return await ask()
    } catch (error) {
      // Nothing was sent: a balancer turns to the next node.
      if ((error as Error).message !== 'ECONNREFUSED') throw error
      return ask()
    }
  }

  #exchange(
    url: string,
    method: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
  ): Promise<Reply> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const about =
      text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const asked = request(url, { method, agent, headers: { ...headers, ...about } }, response => {
      const parts: Buffer[] = []
      response.on('data', part => parts.push(part))
      response.once('error', error => reject(new Error(nameOf(error))))
      response.once('end', () => {
        for (const cookie of response.headers['set-cookie'] ?? []) this.#keep(cookie)
        resolve({ status: response.statusCode ?? 0, json: parsed(Buffer.concat(parts).toString()) })
      })
    })
    const timer = setTimeout(() => asked.destroy(new Error('no answer')), PATIENCE_MS)
    asked.once('error', error => reject(new Error(nameOf(error))))
    asked.once('close', () => {
      clearTimeout(timer)
      // Settled long before, unless the connection ended in the middle of an answer.
      reject(new Error('cut off'))
    })
    asked.end(text)
    return promise
  }

  #keep(text: string): void {
    const [pair = '', ...attributes] = text.split(';')
    const at = pair.indexOf('=')
    const name = pair.slice(0, at)
    const gone = attributes.some(attribute => attribute.trim().toLowerCase() === 'max-age=0')
    if (gone) this.#jar.delete(name)
    else this.#jar.set(name, pair.slice(at + 1))
    // A new session binds new tokens.
    this.#csrfToken = undefined
  }
}

/** Lets go of the connections that nobody uses. */
export function closeConnections(): void {
  agent.destroy()
}

function nameOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
