import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Bulwark } from '../bulwark.ts'
import { leaveUnread } from '../http/linger.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { Answer } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import { refusals } from '../pipeline/refusals.ts'
import type { Route } from '../pipeline/route.ts'
import { type EndpointMatch, endpointTable } from './endpoint-table.ts'
import { Refused } from './refused.ts'

/** A request that may go on to the application. */
export interface Admitted {
  readonly exchange: Exchange
  /** Parsed and checked, or `undefined` where there was none; a multipart body is the stream itself. */
  readonly body: unknown
}

/** Bulwark in front of anything that speaks node's request and response. */
export interface Serving {
  /**
   * Judges the request, reads its body and answers refusals and Bulwark's own routes. `undefined`:
   * it is answered, leave it alone. `routeOf` is asked once.
   */
  admit(
    message: IncomingMessage,
    response: ServerResponse,
    routeOf: () => Route | undefined,
  ): Promise<Admitted | undefined>
  /** Answers a thrown error, or 404 and 405 when there was none. */
  finish(
    exchange: Exchange,
    response: ServerResponse,
    error: unknown,
    allowed: readonly string[],
  ): void
  /** The route of what nothing matched. */
  readonly unmatched: Route
  /** The exchange of a request that was admitted. */
  exchangeOf(message: IncomingMessage): Exchange | undefined
}

export function serving(defences: Bulwark): Serving {
  const way = defences.pipeline
  const unmatched = defences.route('ANY', '*', undefined)
  const endpoints = endpointTable(defences)
  const exchanges = new WeakMap<IncomingMessage, Exchange>()
  const hardened = new WeakSet<object>()

  const answer = (response: ServerResponse, exchange: Exchange, refusal: Refusal): void => {
    way.note(exchange, refusal)
    if (response.headersSent) {
      response.destroy()
      return
    }
    endUnread(response, refusal)
    write(response, way.problem(exchange, refusal))
  }

  const run = async (
    response: ServerResponse,
    exchange: Exchange,
    match: EndpointMatch,
    body: unknown,
  ): Promise<void> => {
    const { params } = match
    const outcome = await match.endpoint.handle(exchange, { params, body, query: exchange.query })
    if (outcome.ok) write(response, outcome.value)
    else answer(response, exchange, outcome.refusal)
  }

  return {
    unmatched,
    exchangeOf: message => exchanges.get(message),
    async admit(message, response, routeOf) {
      const server = (message.socket as { readonly server?: object }).server
      if (server !== undefined && !hardened.has(server)) {
        hardened.add(server)
        defences.harden(server as Parameters<Bulwark['harden']>[0])
      }
      const { incoming, refusal } = defences.receive(message)
      const own = endpoints.match(incoming.method, incoming.path)
      const exchange = way.begin(incoming, own?.route ?? routeOf() ?? unmatched)
      exchanges.set(message, exchange)
      dress(response, exchange, way)
      response.once('close', () => way.leave(exchange))
      try {
        const verdict = refusal ?? (await way.arrive(exchange))
        if (verdict !== undefined) {
          answer(response, exchange, verdict)
          return undefined
        }
        const { bodySeconds } = exchange.route.policy.limits ?? NO_LIMITS
        if (bodySeconds !== undefined) defences.extend(message, bodySeconds)
        const body = await bodyOf(message, exchange)
        if (own === undefined) return { exchange, body }
        await run(response, exchange, own, body)
      } catch (error) {
        if (error instanceof Refused) answer(response, exchange, error.refusal)
        else answer(response, exchange, way.faulted(exchange, error))
      }
      return undefined
    },
    finish(exchange, response, error, allowed) {
      if (error instanceof Refused) return answer(response, exchange, error.refusal)
      if (error !== undefined && error !== null) {
        return answer(response, exchange, clientError(error) ?? way.faulted(exchange, error))
      }
      return answer(response, exchange, missing(allowed))
    },
  }

  async function bodyOf(message: IncomingMessage, exchange: Exchange): Promise<unknown> {
    if (!defences.parsesBodies || !hasBody(message)) return undefined
    const outcome = await way.read(exchange, message)
    if (!outcome.ok) throw new Refused(outcome.refusal)
    return outcome.value
  }
}

const NO_LIMITS: NonNullable<Route['policy']['limits']> = {}

/** Before a refusal: what of its request nobody will read must neither be waited for nor reset. */
export function endUnread(response: ServerResponse, refusal: Refusal): void {
  if (refusal.close === true) response.shouldKeepAlive = false
  leaveUnread(response.req, response)
}

/** 404, or 405 with what the path does take. */
export function missing(allowed: readonly string[]): Refusal {
  if (allowed.length === 0) return refusals.notFound
  return { ...refusals.methodNotAllowed, headers: { allow: allowed.join(', ') } }
}

/** What a framework or a parser blames on the client, in our words; anything else is a fault. */
export function clientError(error: unknown): Refusal | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { statusCode, status } = error as { statusCode?: unknown; status?: unknown }
  const code = statusCode ?? status
  if (typeof code !== 'number' || code < 400 || code > 499) return undefined
  return { ...refusals.malformed, status: code }
}

export function hasBody(message: IncomingMessage): boolean {
  const { headers } = message
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

/**
 * Puts the policy's fields on whatever is answered, at the last moment: whoever writes the head,
 * also a framework's own error page. What the application set itself stays.
 */
function dress(response: ServerResponse, exchange: Exchange, way: Bulwark['pipeline']): void {
  const { writeHead } = response
  response.writeHead = ((...args: Parameters<typeof writeHead>) => {
    response.writeHead = writeHead
    const type = declaredType(response, args)
    const fields = way.fields(exchange, type)
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at] as string
      if (!response.hasHeader(name)) response.setHeader(name, fields[at + 1] as string)
    }
    for (const cookie of exchange.cookies ?? []) response.appendHeader('set-cookie', cookie)
    response.removeHeader('x-powered-by')
    response.removeHeader('server')
    return writeHead.apply(response, args)
  }) as typeof writeHead
}

function declaredType(response: ServerResponse, args: readonly unknown[]): string | undefined {
  const set = response.getHeader('content-type')
  if (typeof set === 'string') return set
  const given = args.findLast(arg => typeof arg === 'object' && arg !== null)
  if (given === undefined || Array.isArray(given)) return undefined
  for (const [name, value] of Object.entries(given as Record<string, unknown>)) {
    if (name.toLowerCase() === 'content-type') return String(value)
  }
  return undefined
}

function write(response: ServerResponse, answer: Answer): void {
  const { body, headers = [] } = answer
  for (let at = 0; at < headers.length; at += 2) {
    response.setHeader(headers[at] as string, headers[at + 1] as string)
  }
  for (const cookie of answer.cookies ?? []) response.appendHeader('set-cookie', cookie)
  if (answer.type !== undefined) response.setHeader('content-type', answer.type)
  response.statusCode = answer.status
  if (body instanceof Readable) {
    body.once('error', () => response.destroy())
    body.pipe(response)
    return
  }
  if (body === undefined) {
    response.end()
    return
  }
  const isBytes = typeof body === 'string' || body instanceof Uint8Array
  const bytes = isBytes ? Buffer.from(body) : Buffer.from(JSON.stringify(body))
  if (!isBytes && answer.type === undefined) {
    response.setHeader('content-type', 'application/json; charset=utf-8')
  }
  response.setHeader('content-length', bytes.length)
  response.end(bytes)
}
