import type { Principal } from '../access/access.ts'
import type { Incoming } from '../http/incoming.ts'
import type { Random } from '../kernel/random.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { Session } from '../session/sessions/sessions.ts'
import type { Route } from './route.ts'

const ID_BYTES = 12
const NONCE_BYTES = 16
const NO_FIELDS: Readonly<Record<string, never>> = Object.freeze(Object.create(null))

/** One request on its way through: who asks, which route, and what the answer must carry. */
export class Exchange {
  readonly incoming: Incoming
  readonly route: Route
  /** The live session of the request's cookie, once it was looked up. */
  session: Session | undefined
  /** Who asks: by session or by bearer token. */
  principal: Principal | undefined
  /** True where a session was set aside because it is only good for setting up a second factor. */
  enrolling = false
  /** The query's fields: by the route's schema, else text, and lists where the route declares them. */
  query: unknown = NO_FIELDS
  /** True while the CSRF token may still come as a form field. */
  awaitsFormToken = false
  /** True once a concurrency gate let it in, so that it is let out once. */
  inside = false
  /** True once its answer is over: whoever waited for a gate until then is not let in any more. */
  over = false
  /** True once a page of the service's own says why not: it is served as a page, whatever its route is. */
  explained = false
  /** Why its body was cut while somebody else read it, who will have an error of their own. */
  cut: Refusal | undefined
  readonly #random: Random
  #id: string | undefined
  #nonce: string | undefined
  #cookies: string[] | undefined
  #fields: string[] | undefined

  constructor(incoming: Incoming, route: Route, random: Random) {
    this.incoming = incoming
    this.route = route
    this.#random = random
  }

  /** Names this request in problems, logs and the audit; 96 random bits, made when first asked for. */
  get id(): string {
    this.#id ??= this.#random.bytes(ID_BYTES).toString('base64url')
    return this.#id
  }

  /** The nonce of this answer's content security policy; asked for by pages. */
  get nonce(): string {
    this.#nonce ??= this.#random.bytes(NONCE_BYTES).toString('base64')
    return this.#nonce
  }

  /** Whether anything asked for the nonce. */
  get hasNonce(): boolean {
    return this.#nonce !== undefined
  }

  get secure(): boolean {
    return this.incoming.secure
  }

  get signedIn(): boolean {
    return this.principal !== undefined
  }

  /** Adds a whole `Set-Cookie` value to the answer. */
  setCookie(text: string): void {
    this.#cookies ??= []
    this.#cookies.push(text)
  }

  get cookies(): readonly string[] | undefined {
    return this.#cookies
  }

  /** Adds header fields (names and values in turn) to the answer. */
  addFields(fields: readonly string[]): void {
    if (fields.length === 0) return
    this.#fields ??= []
    this.#fields.push(...fields)
  }

  get fields(): readonly string[] | undefined {
    return this.#fields
  }
}
