/** What a service answered. */
export interface ClientAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; `undefined` when it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any
}

/** Keeps cookies and sends the CSRF token, as a page of the service's own would. */
export interface TestClient {
  /** Where its requests go. */
  readonly origin: string
  /** The `Cookie` field as it stands. */
  readonly cookies: string
  /** An object is sent as JSON, a text as it is. Redirects are answers, not followed. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ClientAnswer>
  get(path: string): Promise<ClientAnswer>
  post(path: string, body?: unknown): Promise<ClientAnswer>
}

/** How a client meets the service it tests. */
export interface ClientOptions {
  /** Where CSRF tokens come from: `/csrf-token` unless told; `false` sends none, as an attacker would. */
  readonly csrfPath?: string | false
  /** Sent with every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A client of the service at `origin`, such as `http://127.0.0.1:40123`. */
export function testClient(origin: string, options: ClientOptions = {}): TestClient {
  const jar = new Map<string, string>()
  const { csrfPath = '/csrf-token' } = options
  let csrfToken: string | undefined

  const keep = (field: string): void => {
    const [pair = '', ...attributes] = field.split(';')
    const at = pair.indexOf('=')
    const name = pair.slice(0, at)
    const gone = attributes.some(attribute => attribute.trim().toLowerCase() === 'max-age=0')
    if (gone) jar.delete(name)
    else jar.set(name, pair.slice(at + 1))
    // A new session binds new tokens.
    csrfToken = undefined
  }

  const client: TestClient = {
    origin,
    get cookies() {
      return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    },
    async send(method, path, body, headers = {}) {
      const unsafe = !SAFE.has(method)
      if (unsafe && csrfPath !== false && jar.size > 0 && csrfToken === undefined) {
        csrfToken = ((await client.get(csrfPath)).json as { csrfToken?: string } | undefined)
          ?.csrfToken
      }
      const response = await fetch(origin + path, {
        method,
        redirect: 'manual',
        headers: {
          ...(jar.size > 0 && { cookie: client.cookies }),
          ...(unsafe && csrfToken !== undefined && { 'x-csrf-token': csrfToken }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...options.headers,
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      for (const field of response.headers.getSetCookie()) keep(field)
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, json: parsed(text) }
    },
    get: path => client.send('GET', path),
    post: (path, body) => client.send('POST', path, body),
  }
  return client
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
