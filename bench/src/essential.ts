import { createHash, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'

/**
 * The floor: what a stack of session, CSRF token, limits and headers cannot do without, by hand in
 * one function. It has no options, reads one cookie, forgets no session and writes nothing down.
 */
interface Session {
  readonly account: string
  readonly csrf: Buffer
}

interface Counter {
  hits: number
  since: number
}

const COOKIE = 'session='
const TOKEN_LENGTH = 43
const LIMIT = 1_000_000_000
const WINDOW_MS = 60_000

const key = randomBytes(32).toString('base64url')
const sessions = new Map<string, Session>()
const counters = new Map<string, Counter>()

/** What ours puts on a JSON answer to somebody who is signed in, made once but for the rate. */
export const FIELDS: readonly string[] = [
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cache-control', 'no-store'],
  [
    'ratelimit-policy',
    `"default-1";q=${LIMIT};w=${WINDOW_MS / 1000}, "default-2";q=${LIMIT};w=${WINDOW_MS / 1000}`,
  ],
].flat()

function keyed(token: string): string {
  return hash('sha256', key + token, 'base64url')
}

function hit(name: string, now: number): Counter {
  let counter = counters.get(name)
  if (counter === undefined || now - counter.since >= WINDOW_MS) {
    counter = { hits: 0, since: now }
    counters.set(name, counter)
  }
  counter.hits += 1
  return counter
}

function left({ hits, since }: Counter, now: number): string {
  return `r=${LIMIT - hits};t=${Math.ceil((since + WINDOW_MS - now) / 1000)}`
}

export interface Verdict {
  readonly status: 200 | 403 | 429
  /** Whose request it is. */
  readonly account: string | undefined
  /** The text of `RateLimit`. */
  readonly rate: string
}

/** Judges one request. */
export function judge({ headers, method, socket }: IncomingMessage): Verdict {
  const { cookie = '' } = headers
  const at = cookie.indexOf(COOKIE) + COOKIE.length
  const session =
    at < COOKIE.length ? undefined : sessions.get(keyed(cookie.slice(at, at + TOKEN_LENGTH)))
  const now = Date.now()
  const account = session?.account
  const byAddress = hit(socket.remoteAddress ?? '', now)
  let rate = `"default-1";${left(byAddress, now)}`
  let isOver = byAddress.hits > LIMIT
  if (account !== undefined) {
    const byAccount = hit(account, now)
    rate += `, "default-2";${left(byAccount, now)}`
    isOver ||= byAccount.hits > LIMIT
  }
  if (isOver) return { status: 429, account, rate }
  if (method !== 'POST' || session === undefined) return { status: 200, account, rate }
  const given = Buffer.from(String(headers['x-csrf-token']), 'base64url')
  const own = given.length === session.csrf.length && timingSafeEqual(given, session.csrf)
  return { status: own ? 200 : 403, account, rate }
}

/** A fresh session's cookie. */
export function login(account: string): string {
  const token = randomBytes(32).toString('base64url')
  sessions.set(keyed(token), { account, csrf: createHash('sha256').update(token).digest() })
  return `${COOKIE}${token}; Path=/; HttpOnly; SameSite=Lax`
}

/** The token that goes with the cookie of `headers`. */
export function csrfToken({ headers }: IncomingMessage): string {
  const { cookie = '' } = headers
  const token = cookie.slice(cookie.indexOf(COOKIE) + COOKIE.length).slice(0, TOKEN_LENGTH)
  return sessions.get(keyed(token))?.csrf.toString('base64url') ?? ''
}

/** Writes the fields and the framework's own as one array. */
export class FloorResponse extends ServerResponse {
  /** The text of `RateLimit`. */
  rate = ''
  override writeHead(status: number, ...rest: unknown[]): this {
    const own = rest.at(-1) as OutgoingHttpHeaders | undefined
    const all = FIELDS.slice()
    all.push('ratelimit', this.rate)
    for (const name in own) {
      const value = own[name]
      if (Array.isArray(value)) for (const one of value) all.push(name, one)
      else all.push(name, value as string)
    }
    return super.writeHead(status, all as unknown as OutgoingHttpHeaders)
  }
}

/** For `createServer`, whose types know no subclass. */
export const FLOOR: { readonly ServerResponse: typeof ServerResponse } = {
  ServerResponse: FloorResponse as unknown as typeof ServerResponse,
}
