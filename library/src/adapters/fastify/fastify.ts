import { Readable } from 'node:stream'
import type {
  FastifyContentTypeParser,
  FastifyContextConfig,
  FastifyError,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
} from 'fastify'
import { assemble, type Bulwark, type BulwarkOptions } from '../../bulwark.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import type { Answer } from '../../pipeline/answer.ts'
import type { Exchange } from '../../pipeline/exchange.ts'
import { refusals } from '../../pipeline/refusals.ts'
import type { Route, RoutePolicy } from '../../pipeline/route.ts'
import { Refused } from '../refused.ts'
import { routeTable } from '../route-table.ts'
import { clientError, endUnread, hasBody, missing } from '../serving.ts'
import { type Beside, beside } from './beside.ts'

declare module 'fastify' {
  interface FastifyContextConfig extends RoutePolicy {}
  interface FastifyRequest {
    /** Who asks; `undefined` for strangers. Routes with `access: { signedIn: true }` always have one. */
    principal: Exchange['principal']
    /** This request on its way through Bulwark: session, nonce, CSRF token, request id. */
    exchange: Exchange
  }
  interface FastifyInstance {
    /** All defences, put together. */
    bulwark: Bulwark
  }
}

type BodyParsed = (error: Error | null, body?: unknown) => void

/** Where a route's compiled policy stands in its config; copied along by whoever copies that. */
const ROUTE = Symbol('bulwark.route')

interface Compiled extends FastifyContextConfig {
  [ROUTE]?: Route
}

/**
 * All defences on every route of a Fastify 5 service, those registered later, 404s and errors
 * included. Register it first.
 *
 * @throws {ConfigFault} when an option is wrong, at start
 */
export const bulwark: FastifyPluginAsync<BulwarkOptions | { readonly bulwark: Bulwark }> =
  Object.assign(plugin, { [Symbol.for('skip-override')]: true })

async function plugin(
  app: FastifyInstance,
  options: BulwarkOptions | { readonly bulwark: Bulwark },
): Promise<void> {
  put(app, 'bulwark' in options ? options.bulwark : await assemble(options))
}

function put(app: FastifyInstance, defences: Bulwark): void {
  const way = defences.pipeline
  const table = routeTable()
  const unmatched = defences.route('ANY', '*', undefined)
  let stopping = false

  app.decorate('bulwark', defences)
  app.decorateRequest('principal', undefined)
  app.decorateRequest('exchange', null as unknown as Exchange)

  app.addHook('onRoute', route => {
    const config: Compiled = route.config ?? {}
    const methods = [route.method].flat()
    for (const method of methods) table.add(method, route.url)
    // Fastify adds a HEAD route to each GET route and hands the same config on.
    if (config[ROUTE] !== undefined && methods.every(method => method === 'HEAD')) return
    const name = methods.join('|')
    const compiled: Compiled = { ...config }
    compiled[ROUTE] = defences.route(name, route.url, policyOf(config))
    route.config = compiled
  })

  /** Fails closed: a route that was never compiled answers nothing at all. */
  const routeOf = (request: FastifyRequest): Route => {
    if (request.is404) return unmatched
    const route = (request.routeOptions.config as Compiled)[ROUTE]
    if (route === undefined) throw new ConfigFault('bulwark', 'register it before your routes')
    return route
  }

  app.addHook('onRequest', (request, reply, next) => {
    const { incoming, refusal } = defences.receive(request.raw)
    let exchange: Exchange
    let verdict: ReturnType<typeof way.arrive>
    try {
      exchange = way.begin(incoming, routeOf(request))
      request.exchange = exchange
      reply.raw.on('close', () => way.leave(exchange))
      verdict = refusal ?? (stopping ? refusals.stopping : way.arrive(exchange))
    } catch (error) {
      return next(error as Error)
    }
    if (!(verdict instanceof Promise)) {
      return settle(verdict)
    }
    verdict.then(settle, next)

    function settle(refusal: Refusal | undefined): void {
      if (refusal !== undefined) {
        end(exchange, reply, refusal)
        return
      }
      request.principal = exchange.principal
      request.query = exchange.query
      const { limits } = exchange.route.policy
      if (limits?.bodySeconds !== undefined) defences.extend(request.raw, limits.bodySeconds)
      next()
    }
  })

  app.addHook('onSend', (request, reply, payload, next) => {
    const { exchange } = request
    if (exchange !== undefined) {
      const type = reply.getHeader('content-type')
      write(reply, way.fields(exchange, typeof type === 'string' ? type : undefined))
      for (const cookie of exchange.cookies ?? []) reply.header('set-cookie', cookie)
    }
    next(null, payload)
  })

  const end = (exchange: Exchange, reply: FastifyReply, refusal: Refusal): void => {
    way.note(exchange, refusal)
    // Fastify closes the connection after every body it could not parse; ours was read to its end.
    const mayStay = refusal.close !== true && reply.raw.shouldKeepAlive
    if (mayStay && reply.getHeader('connection') !== undefined) reply.removeHeader('connection')
    endUnread(reply.raw, refusal)
    send(reply, way.problem(exchange, refusal))
  }

  if (defences.parsesBodies) {
    app.removeAllContentTypeParsers()
    const parse: FastifyContentTypeParser = (
      request: FastifyRequest,
      payload,
      parsed: BodyParsed,
    ) => {
      // A type without a body is no body: nobody has judged that type.
      if (!hasBody(request.raw)) return parsed(null, undefined)
      way
        .read(request.exchange, payload)
        .then(
          body => (body.ok ? parsed(null, body.value) : parsed(new Refused(body.refusal))),
          parsed,
        )
    }
    app.addContentTypeParser('*', parse)
    // By name as well: what only `*` matches Fastify takes apart anew at every request.
    app.addContentTypeParser(['application/json', 'application/x-www-form-urlencoded'], parse)
  }

  let theirs: Beside = {}
  const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply): unknown => {
    const exchange =
      request.exchange ?? way.begin(defences.receive(request.raw).incoming, unmatched)
    if (error instanceof Refused) return end(exchange, reply, error.refusal)
    return end(exchange, reply, refusalOf(error as FastifyError) ?? way.faulted(exchange, error))
  }
  app.setErrorHandler((error, request, reply) =>
    theirs.error === undefined
      ? answerError(error, request, reply)
      : theirs.error(error, request, reply),
  )

  const answerBare = (
    response: FastifyReply['raw'],
    exchange: Exchange,
    refusal: Refusal,
  ): void => {
    way.note(exchange, refusal)
    endUnread(response, refusal)
    const { status, type, headers, body } = way.problem(exchange, refusal)
    const fields = [...way.fields(exchange, type), ...headers, 'content-type', type]
    fields.push('content-length', String(Buffer.byteLength(body)))
    response.writeHead(status, fields)
    response.end(body)
  }

  const answerRouter = async (error: Error, request: FastifyRequest, reply: FastifyReply) => {
    const { incoming, refusal } = defences.receive(request.raw)
    const response = reply.raw
    const exchange = way.begin(incoming, unmatched)
    response.on('close', () => way.leave(exchange))
    try {
      const verdict = refusal ?? (await way.arrive(exchange)) ?? clientError(error)
      answerBare(response, exchange, verdict ?? way.faulted(exchange, error))
    } catch (fault) {
      answerBare(response, exchange, way.faulted(exchange, fault))
    }
  }
  answerForRouter(app, (error, request, reply) => void answerRouter(error, request, reply))

  app.setNotFoundHandler((request, reply) => {
    if (theirs.missing !== undefined) return theirs.missing(request, reply)
    const { exchange } = request
    return end(exchange, reply, missing(table.allowed(exchange.incoming.path)))
  })

  theirs = beside(app, answerError)

  for (const endpoint of defences.endpoints) {
    app.route({
      method: endpoint.method,
      url: endpoint.path,
      config: endpoint.policy,
      handler: async (request, reply) => {
        const outcome = await endpoint.handle(request.exchange, {
          params: request.params as Record<string, string>,
          body: request.body,
          query: request.query,
        })
        if (!outcome.ok) return end(request.exchange, reply, outcome.refusal)
        return send(reply, outcome.value)
      },
    })
  }

  app.addHook('onReady', async () => {
    for (const warning of defences.ready()) app.log.warn(warning)
    defences.harden(app.server)
  })
  app.addHook('preClose', async () => {
    stopping = true
  })
  app.addHook('onClose', async () => {
    await defences.close()
  })
}

type RouterAnswer = (error: Error, request: FastifyRequest, reply: FastifyReply) => void

/**
 * What Fastify's router refuses itself (a parameter longer than `maxParamLength`) passes by every
 * hook, and is answered without one field of ours, with the path in it. It asks an option about that
 * which only whoever makes the application can set; so it is set where the application keeps it.
 * Tested against the pinned version; one's own `frameworkErrors` stays.
 */
function answerForRouter(app: FastifyInstance, answer: RouterAnswer): void {
  for (let at: object | null = app; at !== null; at = Object.getPrototypeOf(at)) {
    const key = Object.getOwnPropertySymbols(at).find(one => one.description === 'fastify.options')
    if (key === undefined) continue
    const options = (at as Record<symbol, { frameworkErrors?: RouterAnswer }>)[key]
    if (options !== undefined) options.frameworkErrors ??= answer
  }
}

function policyOf(config: FastifyContextConfig | undefined): RoutePolicy | undefined {
  if (config === undefined) return undefined
  const { access, content, limits, throttle, csrf, headers } = config as RoutePolicy
  const policy = { access, content, limits, throttle, csrf, headers }
  return Object.fromEntries(
    Object.entries(policy).filter(([, value]) => value !== undefined),
  ) as RoutePolicy
}

/** Fastify's own errors of the 4xx kind, in our words; anything else is a fault. */
function refusalOf(error: FastifyError): Refusal | undefined {
  if (error.validation !== undefined) {
    return {
      code: 'content.invalid',
      says: 'content.invalid',
      status: 422,
      errors: error.validation.map(({ instancePath, message }) => ({
        pointer: instancePath,
        detail: message ?? 'is not acceptable',
      })),
    }
  }
  return clientError(error)
}

function write(reply: FastifyReply, fields: readonly string[]): void {
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string
    // What a route set itself stays: it knows more about this answer than a policy does.
    if (!reply.hasHeader(name)) reply.header(name, fields[at + 1])
  }
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status)
  const fields = answer.headers ?? []
  for (let at = 0; at < fields.length; at += 2) reply.header(fields[at] as string, fields[at + 1])
  for (const cookie of answer.cookies ?? []) reply.header('set-cookie', cookie)
  const { body, type } = answer
  if (type !== undefined) reply.type(type)
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    return reply.send(body)
  }
  if (body instanceof Readable) return reply.send(body)
  return reply.type(type ?? 'application/json').send(JSON.stringify(body))
}
