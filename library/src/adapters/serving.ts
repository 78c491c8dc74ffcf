import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Bulwark } from '../bulwark.ts'
import { leaveUnread } from '../http/linger.ts'
import { streamsBody } from '../http/node-incoming.ts'
import type { Refusal } from '../kernel/refusal.ts'
import { after, type Soon } from '../kernel/soon.ts'
import type { Answer } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import { refusals } from '../pipeline/refusals.ts'
import type { Route } from '../pipeline/route.ts'
import { dresser } from './dress.ts'
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
   * it is answered, leave it alone. `routeOf` is asked once. Without a promise where nothing has to
   * be waited for.
   */
  admit(
    message: IncomingMessage,
    response: ServerResponse,
    routeOf: () => Route | undefined,
  ): Soon<Admitted | undefined>
  /** Answers a thrown error, or 404 and 405 when there was none. */
  finish(
    exchange: Exchange,
    response: ServerResponse,
    error: unknown,
    allowed: readonly string[],
  ): void
  /** The route of what nothing matched. */
  readonly unmatched: Route
}

export function serving(defences: Bulwark): Serving {
  const way = defences.pipeline
  const unmatched = defences.route('ANY', '*', undefined)
  const endpoints = endpointTable(defences)
  const hardened = new WeakSet<object>()
  const dress = dresser(way)
  let lastHardened: object | undefined

  const answer = (response: ServerResponse, exchange: Exchange, refusal: Refusal): void => {
    way.note(exchange, refusal)
    if (response.headersSent) {
      response.destroy()
      return
    }
    endUnread(response, refusal)
    write(response, way.problem(exchange, refusal))
  }

  /** A thrown error: what a parser or a route refused, or a fault. */
  const fail = (response: ServerResponse, exchange: Exchange, error: unknown): undefined => {
    answer(
      response,
      exchange,
      error instanceof Refused ? error.refusal : way.faulted(exchange, error),
    )
  }

  const run = async (
    response: ServerResponse,
    exchange: Exchange,
    match: EndpointMatch,
    body: unknown,
  ): Promise<undefined> => {
    const { params } = match
    const outcome = await match.endpoint.handle(exchange, { params, body, query: exchange.query })
    if (outcome.ok) write(response, outcome.value)
    else answer(response, exchange, outcome.refusal)
  }

  const letIn = (
    response: ServerResponse,
    exchange: Exchange,
    own: EndpointMatch | undefined,
    body: unknown,
  ): Soon<Admitted | undefined> =>
    own === undefined ? { exchange, body } : run(response, exchange, own, body)

  /** What comes once the request is judged: its body, then whoever serves it. */
  const goOn = (
    message: IncomingMessage,
    response: ServerResponse,
    exchange: Exchange,
    own: EndpointMatch | undefined,
  ): Soon<Admitted | undefined> => {
    const { limits } = exchange.route.policy
    if (limits?.bodySeconds !== undefined) defences.extend(message, limits.bodySeconds)
    if (!defences.parsesBodies || !hasBody(message))
      return letIn(response, exchange, own, undefined)
    return way.read(exchange, message).then(outcome => {
      if (outcome.ok) return letIn(response, exchange, own, outcome.value)
      answer(response, exchange, outcome.refusal)
      return undefined
    })
  }

  const harden = (server: object): void => {
    lastHardened = server
    if (hardened.has(server)) return
    hardened.add(server)
    defences.harden(server as Parameters<Bulwark['harden']>[0])
  }

  return {
    unmatched,
    admit(message, response, routeOf) {
      const { server } = message.socket as { readonly server?: object }
      if (server !== undefined && server !== lastHardened) harden(server)
      const { incoming, refusal } = defences.receive(message)
      const own = endpoints.match(incoming.method, incoming.path)
      const exchange = way.begin(incoming, own?.route ?? routeOf() ?? unmatched)
      dress(response, exchange)
      response.on('close', () => way.leave(exchange))
      try {
        const soon = after(refusal ?? way.arrive(exchange), verdict => {
          if (verdict === undefined) return goOn(message, response, exchange, own)
          answer(response, exchange, verdict)
          return undefined
        })
        return soon instanceof Promise ? soon.catch(error => fail(response, exchange, error)) : soon
      } catch (error) {
        return fail(response, exchange, error)
      }
    },
    finish(exchange, response, error, allowed) {
      if (error instanceof Refused) return answer(response, exchange, error.refusal)
      if (error !== undefined && error !== null) {
        return answer(response, exchange, clientError(error) ?? way.faulted(exchange, error))
      }
      const ours = endpoints.allowed(exchange.incoming.path)
      const all = ours.length === 0 ? allowed : [...new Set([...allowed, ...ours])].sort()
      return answer(response, exchange, missing(all))
    },
  }
}

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
  if (length !== undefined) return length !== '0'
  return headers['transfer-encoding'] !== undefined || streamsBody(message)
}

function write(response: ServerResponse, { body, headers, cookies, type, status }: Answer): void {
  const fields: string[] = headers === undefined ? [] : [...headers]
  for (const cookie of cookies ?? []) fields.push('set-cookie', cookie)
  if (body === undefined || body instanceof Readable) {
    if (type !== undefined) fields.push('content-type', type)
    response.writeHead(status, fields)
    if (body === undefined) response.end()
    else body.once('error', () => response.destroy()).pipe(response)
    return
  }
  const isBytes = typeof body === 'string' || body instanceof Uint8Array
  const bytes = isBytes ? body : JSON.stringify(body)
  const kind = type ?? (isBytes ? undefined : 'application/json; charset=utf-8')
  if (kind !== undefined) fields.push('content-type', kind)
  fields.push('content-length', String(Buffer.byteLength(bytes)))
  response.writeHead(status, fields)
  response.end(bytes)
}
