/** An HTTP client that keeps cookies and sends the CSRF token, as a single-page app would. */
export class Client {
  readonly origin: string
  readonly #jar = new Map<string, string>()
  #csrfToken: string | undefined

  constructor(origin: string) {
    this.origin = origin
  }

  /** The same browser, sent to another node. */
  at(origin: string): Client {
    const other = new Client(origin)
    for (const [name, value] of this.#jar) other.#jar.set(name, value)
    return other
  }

  get cookies(): string {
    return [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const unsafe = method !== 'GET' && method !== 'HEAD'
    if (unsafe && this.#jar.size > 0 && this.#csrfToken === undefined) await this.#fetchToken()
    const response = await fetch(this.origin + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.#jar.size > 0 && { cookie: this.cookies }),
        ...(unsafe && this.#csrfToken !== undefined && { 'x-csrf-token': this.#csrfToken }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    for (const text of response.headers.getSetCookie()) this.#keep(text)
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parsed(text) }
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path)
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.send('POST', path, body)
  }

  async #fetchToken(): Promise<void> {
    const { json } = await this.get('/csrf-token')
    this.#csrfToken = (json as { csrfToken: string }).csrfToken
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

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; `undefined` when it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
