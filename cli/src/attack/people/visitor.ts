import type { CsrfSource, Step } from '../config/config.ts'
import type { Ask, Fields } from '../wire/ask.ts'
import { Jar } from '../wire/jar.ts'
import type { Caller, Line } from '../wire/line.ts'
import type { Reply } from '../wire/reply.ts'
import { fill, type Values } from './step.ts'

export interface VisitorCaller extends Caller {
  /** Hears every reply, so that a check can count its own 429s. */
  readonly heard?: (reply: Reply) => void
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** One browser: its cookies, the credentials it sends, and its manners. */
export class Visitor {
  readonly line: Line
  readonly caller: VisitorCaller
  readonly jar: Jar
  /** Sent with every request: bearer tokens and API keys. */
  credentials: Fields = []
  readonly csrf: CsrfSource | undefined
  #token: { value: string; version: number } | undefined

  constructor(
    line: Line,
    caller: VisitorCaller,
    csrf: CsrfSource | undefined,
    jar: Jar = new Jar(),
  ) {
    this.line = line
    this.caller = caller
    this.csrf = csrf
    this.jar = jar
  }

  /**
   * Sends what `ask` says plus the cookies and credentials, and nothing else: what reaches the
   * service when somebody makes the browser send it. Redirects are not followed.
   */
  async bare(ask: Ask, together: boolean = false): Promise<Reply> {
    const cookie = this.jar.header
    const headers = {
      ...(cookie === undefined ? {} : { Cookie: cookie }),
      ...Object.fromEntries(this.credentials),
      ...ask.headers,
    }
    const reply = await this.line.send({ ...ask, headers }, this.caller, together)
    this.jar.take(reply)
    this.caller.heard?.(reply)
    return reply
  }

  /** As the service's own page would send it: same origin, with the CSRF token. */
  async ask(ask: Ask, together: boolean = false): Promise<Reply> {
    const method = ask.method ?? ((ask.json ?? ask.form ?? ask.parts ?? ask.body) ? 'POST' : 'GET')
    const own = SAFE.has(method) ? {} : await this.manners()
    return this.bare({ ...ask, method, headers: { ...own, ...ask.headers } }, together)
  }

  /** The headers of a request from the own origin. */
  async manners(): Promise<Record<string, string>> {
    const token = await this.csrfToken()
    return {
      Origin: this.line.place.origin,
      'Sec-Fetch-Site': 'same-origin',
      'Sec-Fetch-Mode': 'cors',
      'Sec-Fetch-Dest': 'empty',
      ...(this.csrf === undefined || token === undefined ? {} : { [this.csrf.header]: token }),
    }
  }

  /** The CSRF token of this session, fetched again whenever the cookies have changed. */
  async csrfToken(): Promise<string | undefined> {
    if (this.csrf === undefined) return undefined
    if (this.#token !== undefined && this.#token.version === this.jar.version)
      return this.#token.value
    const { from, at, cookie } = this.csrf
    const reply = from === undefined ? undefined : await this.bare(fill(from, {}))
    const value =
      cookie !== undefined
        ? this.jar.cookies.get(cookie)
        : at === undefined
          ? reply?.text.trim()
          : reply?.string(at)
    if (value === undefined) return undefined
    this.#token = { value, version: this.jar.version }
    return value
  }

  /** Does a step of the config, with good manners. */
  send(step: Step | string, values: Values = {}, together: boolean = false): Promise<Reply> {
    return this.ask(fill(step, values), together)
  }

  /** GET as a browser navigating, following redirects on the own origin, at most five. */
  async visit(path: string): Promise<Reply> {
    let reply = await this.bare({ path, headers: { Accept: 'text/html,*/*;q=0.8' } })
    for (let hop = 0; hop < 5; hop++) {
      const next = reply.location(this.line.place.origin)
      if (reply.status < 300 || reply.status > 399 || next?.origin !== this.line.place.origin) break
      reply = await this.bare({
        path: next.pathname + next.search,
        headers: { Accept: 'text/html,*/*;q=0.8' },
      })
    }
    return reply
  }
}
