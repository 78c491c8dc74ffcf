import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { adminRoutes } from './admin.ts'
import { authRoutes } from './auth.ts'
import { type Answer, type Call, page, type Routes, refuse } from './call.ts'
import { dress } from './dress.ts'
import { factorRoutes } from './factors.ts'
import { chase, fetchRoutes } from './fetcher.ts'
import { fileRoutes } from './files.ts'
import { atTheDoor, csrf, parseBody, readBody } from './gates.ts'
import { leftoverRoutes, sideDoor } from './leftovers.ts'
import { oauthRoutes } from './oauth.ts'
import { orderRoutes } from './orders.ts'
import { pageRoutes } from './pages.ts'
import { cookieName } from './session-cookie.ts'
import { socialRoutes } from './social.ts'
import { State } from './state.ts'
import { tokenRoutes } from './tokens.ts'

/** A small service that is safe, except for the flaws that were switched on. */
export interface Twin {
  readonly origin: string
  readonly state: State
  close(): Promise<void>
}

const PER_WINDOW = 180
const WINDOW_MS = 4000

/**
 * Starts the twin on a free port of 127.0.0.1; it listens nowhere else.
 *
 * @param flaws ids of the checks that it shall fail
 */
export async function startTwin(flaws: Iterable<string> = []): Promise<Twin> {
  const state = new State(flaws)
  const routes: Routes = {
    ...authRoutes(state),
    ...orderRoutes(state),
    ...pageRoutes(state),
    ...tokenRoutes(state, state.tokens),
    ...factorRoutes(state),
    ...adminRoutes(state),
    ...fileRoutes(state),
    ...fetchRoutes(state),
    ...oauthRoutes(state),
    ...socialRoutes(state),
    ...leftoverRoutes(state),
  }
  const server = createServer(
    {
      headersTimeout: state.weak('dos.slow-headers') ? 0 : 1000,
      requestTimeout: /dos\.slow/.test([...state.flaws].join()) ? 0 : 2000,
      connectionsCheckingInterval: 100,
      maxHeaderSize: (state.weak('dos.headers') ? 256 : 16) * 1024,
    },
    (message, response) => void serve(message, response, state, routes),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const side = await sideDoor(state)
  state.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin: state.origin,
    state,
    close: async () => void (await Promise.all([close(server), close(side)])),
  }
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  state: State,
  routes: Routes,
) {
  let call: Call | undefined
  let answer: Answer
  try {
    const heard = await hear(message, state)
    if ('refusal' in heard) answer = heard.refusal
    else {
      call = heard.call
      answer = await decide(call, state, routes)
    }
  } catch (error) {
    answer = state.weak('err.stack-trace')
      ? { status: 500, text: error instanceof Error ? (error.stack ?? '') : String(error) }
      : refuse(500, 'internal')
  }
  write(response, answer, call, message, state)
}

/** Turns the message into a call, or says why it is not taken. */
async function hear(
  message: IncomingMessage,
  state: State,
): Promise<{ call: Call } | { refusal: Answer }> {
  const door = atTheDoor(message, state)
  if (door !== undefined) return { refusal: door }
  const url = URL.parse(message.url ?? '/', state.origin)
  if (url === null) return { refusal: refuse(400, 'target') }
  const read = await readBody(message, state)
  if ('refusal' in read) return read
  const header = (name: string) => {
    const value = message.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  const cookies = cookiesOf(message.headers.cookie ?? '')
  const remote = message.socket.remoteAddress ?? ''
  const overridden =
    state.weak('csrf.get-mutates') && message.method === 'POST'
      ? header('x-http-method-override')
      : undefined
  const basis = {
    method: overridden ?? message.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    type: message.headers['content-type'] ?? '',
    raw: read.raw,
    message,
    remote,
    cookies,
    header,
  }
  const parsed = parseBody(basis, state)
  if ('refusal' in parsed) return parsed
  const { session, user } = whoIs(header('authorization'), cookies, state)
  return { call: { ...basis, body: parsed.body, params: {}, session, user } }
}

function whoIs(
  authorization: string | undefined,
  cookies: ReadonlyMap<string, string>,
  state: State,
) {
  const cookie = cookies.get(cookieName(state)) ?? ''
  const loose = state.weak('session.tamper') || state.weak('cookie.size')
  const session = state.sessions.get(loose ? (cookie.split('.')[0] ?? '') : cookie)
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1]
  if (state.weak('err.fail-open') && authorization === 'Bearer')
    return { session, user: state.users.values().next().value }
  if (token === undefined) return { session, user: session?.user }
  const claims = state.tokens.verified(token)
  const family = state.weak('refresh.as-access') ? state.tokens.of(token) : undefined
  const user = [...state.users.values()].find(({ id }) => id === claims?.['sub'])
  return { session: undefined, user: user ?? family?.user }
}

async function decide(call: Call, state: State, routes: Routes): Promise<Answer> {
  if (state.hit(`rate ${call.remote}`, WINDOW_MS) > PER_WINDOW && !state.weak('dos.rate-limit'))
    return refuse(429, 'throttle.rate', { 'Retry-After': '2' })
  if (call.method === 'OPTIONS') return { status: 204 }
  chase(call, state)
  state.lastForwarded = call.header('x-forwarded-for') ?? state.lastForwarded
  const odd = oddities(call, state)
  if (odd !== undefined) return odd
  const forged = csrf(call, state)
  if (forged !== undefined) {
    if (!state.weak('audit.bypass-events')) state.log('csrf.refused', call)
    return forged
  }
  const method = call.method === 'HEAD' ? 'GET' : call.method
  for (const [route, handler] of Object.entries(routes)) {
    const [wanted, pattern = ''] = route.split(' ')
    const params = wanted === method ? matched(pattern, call.path) : undefined
    const answer = params && (await handler({ ...call, params }))
    if (answer !== undefined) return answer
  }
  const others = Object.keys(routes).some(route => matched(route.split(' ')[1] ?? '', call.path))
  if (others) return refuse(405, 'method')
  return state.weak('inject.xss-error')
    ? page('Not found', `<p>There is no ${safeDecode(call.message.url ?? '')}</p>`, 404)
    : refuse(404, 'absent')
}

/** Flaws that lie before the routes. */
function oddities(call: Call, state: State): Answer | undefined {
  if (state.weak('err.method') && call.method === 'TRACE')
    return { status: 200, type: 'message/http', text: JSON.stringify(call.message.headers) }
  if (state.weak('cache.deception') && call.path === '/auth/me/x.css' && call.user !== undefined)
    return {
      status: 200,
      text: call.user.email,
      headers: { 'Cache-Control': 'public, max-age=600' },
    }
  if (state.weak('json.prototype')) pollute(call.body, state)
  if (!state.weak('cache.poison') || call.path !== '/') return undefined
  const url = call.message.url ?? '/'
  const host = call.header('x-forwarded-host') ?? 'twin'
  const kept = state.cache.get(url) ?? page('Twin', `<link rel="canonical" href="http://${host}/">`)
  state.cache.set(url, kept)
  return kept
}

function matched(pattern: string, path: string): Record<string, string> | undefined {
  const names = pattern.split('/')
  const values = path.split('/')
  if (names.length !== values.length) return undefined
  const params: Record<string, string> = {}
  for (const [at, name] of names.entries()) {
    const value = values[at] ?? ''
    if (name.startsWith(':')) params[name.slice(1)] = safeDecode(value)
    else if (name !== value) return undefined
  }
  return params
}

function safeDecode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return ''
  }
}

function cookiesOf(header: string): Map<string, string> {
  const cookies = new Map<string, string>()
  for (const pair of header.split(/;\s*/)) {
    const equals = pair.indexOf('=')
    if (equals > 0 && !cookies.has(pair.slice(0, equals)))
      cookies.set(pair.slice(0, equals), pair.slice(equals + 1))
  }
  return cookies
}

function write(
  response: ServerResponse,
  answer: Answer,
  call: Call | undefined,
  message: IncomingMessage,
  state: State,
): void {
  const body =
    answer.bytes ??
    Buffer.from(
      answer.html ?? answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json)),
    )
  const type =
    answer.type ??
    (answer.html !== undefined
      ? 'text/html; charset=utf-8'
      : answer.text !== undefined
        ? 'text/plain; charset=utf-8'
        : 'application/json')
  const headers: Record<string, string | readonly string[]> = dress(answer, call, state)
  if (body.length > 0) headers['Content-Type'] ??= type
  if (answer.status !== 204) headers['Content-Length'] = String(body.length)
  for (const [name, value] of Object.entries(headers))
    response.setHeader(name, typeof value === 'string' ? value : [...value])
  response.writeHead(answer.status)
  response.end(message.method === 'HEAD' ? undefined : body)
  const { socket } = message
  if (headers['Connection'] === 'close') response.on('finish', () => socket?.destroySoon())
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** What a merge that knows no names would do, kept in a box of its own. */
function pollute(body: Call['body'], state: State): void {
  for (const [name, value] of Object.entries(body))
    if (/^(__proto__|constructor)$/.test(name))
      Object.assign(state.polluted, { [`${name}!`]: value })
}
