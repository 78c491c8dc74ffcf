import type { IncomingMessage, ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { assemble, type Bulwark, type BulwarkOptions, type Exchange } from '../../bulwark.ts'
import { SAFE_METHODS } from '../../http/incoming.ts'
import { bodyKind } from '../../pipeline/body.ts'
import { refusals } from '../../pipeline/refusals.ts'
import type { Route, RoutePolicy } from '../../pipeline/route.ts'
import { Refused } from '../refused.ts'
import { routeTable } from '../route-table.ts'
import { type Serving, serving } from '../serving.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Who asks; `undefined` for strangers. */
    principal: Exchange['principal']
    /** This request on its way through Bulwark: session, nonce, CSRF token, request id. */
    exchange: Exchange
    /** The parsed and checked body; `c.req.json()` and its siblings answer the same. */
    body: unknown
  }
}

interface NodeBindings {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

const POLICY = Symbol('bulwark.policy')

/**
 * Marks a route with its policy: `app.get('/orders', protect({ access: { signedIn: true } }), …)`.
 * The marker itself does nothing: the policy is found and judged before the route runs.
 */
export function protect(policy: RoutePolicy): MiddlewareHandler {
  const marker: MiddlewareHandler = (_context, next) => next()
  return Object.assign(marker, { [POLICY]: policy })
}

/** What of an application tells which routes there are. */
interface Routed {
  readonly routes: readonly {
    readonly method: string
    readonly path: string
    readonly handler: object
  }[]
}

/**
 * All defences on every route of a Hono 4 application on `@hono/node-server`, 404s and errors
 * included: `app.use(bulwark({ … }, app))`, before any route. With `app`, routes that forgot their
 * policy are found at start, and a wrong method is told which ones there are.
 *
 * A wrong option ends the process at start with the sentence of its `ConfigFault`.
 */
export function bulwark(
  options: BulwarkOptions | { readonly bulwark: Bulwark } = {},
  app?: Routed,
): MiddlewareHandler {
  let ready: House | undefined
  const starting = house(options, app).then(made => {
    ready = made
    return made
  })
  // Handled here so that it ends the process with its sentence even before the first request.
  starting.catch(fault => setImmediate(() => stop(fault)))

  return async (context, next) => {
    const { at, routes } = ready ?? (await starting)
    const { incoming, outgoing } = context.env as NodeBindings
    const matched = routes.matched(context)
    const soon = at.admit(incoming, outgoing, () => matched)
    const admitted = soon instanceof Promise ? await soon : soon
    if (admitted === undefined) return answered(outgoing)
    const { exchange, body } = admitted
    context.set('exchange', exchange)
    context.set('principal', exchange.principal)
    context.set('body', body)
    if (body !== undefined) keepBody(context, incoming.headers['content-type'], body)
    else if (!SAFE_METHODS.has(exchange.incoming.method)) context.req.json = nothingToRead
    await next()
    const { error } = context
    if (error === undefined && (matched !== undefined || context.res.status !== 404))
      return undefined
    at.finish(exchange, outgoing, error, routes.allowed(exchange.incoming.path))
    context.res = undefined
    context.res = answered(outgoing)
    return undefined
  }
}

/** Hono would parse the empty text, and call that a fault of ours. */
async function nothingToRead(): Promise<never> {
  throw new Refused(refusals.bodyMissing)
}

/**
 * Hono makes a new response of what a HEAD is answered with, in which the mark is lost, and its
 * server would write that one too, fail, complain on the console and cut the connection.
 */
function answered(outgoing: ServerResponse): Response {
  if (outgoing.req.method === 'HEAD') {
    const { writeHead } = outgoing
    outgoing.writeHead = ((...head: Parameters<typeof writeHead>) =>
      outgoing.headersSent ? outgoing : writeHead.apply(outgoing, head)) as typeof writeHead
  }
  return RESPONSE_ALREADY_SENT
}

/** Decision: a wrong option must stop the start, and a middleware has no place to say so but this. */
function stop(fault: unknown): never {
  throw fault
}

interface House {
  readonly at: Serving
  readonly routes: MarkedRoutes
}

async function house(
  options: BulwarkOptions | { readonly bulwark: Bulwark },
  app: Routed | undefined,
): Promise<House> {
  const defences = 'bulwark' in options ? options.bulwark : await assemble(options)
  const routes = routesByMarker(defences)
  const at = serving(defences)
  // A turn later the application is put together, and all its routes are there.
  await new Promise(resolve => setImmediate(resolve))
  for (const route of app?.routes ?? []) routes.add(route)
  if (app !== undefined) {
    for (const warning of defences.ready()) process.emitWarning(warning, 'BulwarkWarning')
  }
  return { at, routes }
}

interface MarkedRoutes {
  add(route: Routed['routes'][number]): void
  matched(context: Context): Route | undefined
  allowed(path: string): readonly string[]
}

function routesByMarker(defences: Bulwark): MarkedRoutes {
  const compiled = new Map<string, Route>()
  const known = new WeakMap<object, Route>()
  const marks = new Map<string, RoutePolicy>()
  const table = routeTable()
  const compile = (name: string, method: string, path: string): Route => {
    let found = compiled.get(name)
    if (found === undefined) {
      found = defences.route(method, path, marks.get(name))
      compiled.set(name, found)
    }
    return found
  }
  const policyOf = (handler: object): RoutePolicy | undefined =>
    (handler as { readonly [POLICY]?: RoutePolicy })[POLICY]
  return {
    add({ method, path, handler }) {
      if (method === 'ALL') return
      const name = `${method} ${path}`
      const policy = policyOf(handler)
      table.add(method, path)
      if (policy !== undefined) marks.set(name, policy)
      // Hono lists a route once for each of its handlers; the marker is the first of them.
      compile(name, method, path)
    },
    matched(context) {
      const all = matchedRoutes(context)
      const last = all.findLast(({ method }) => method !== 'ALL')
      if (last === undefined) return undefined
      let route = known.get(last)
      if (route === undefined) {
        const name = `${last.method} ${last.path}`
        const own = all.filter(({ method }) => method !== 'ALL')
        const policy = own
          .map(({ handler }) => policyOf(handler))
          .find(found => found !== undefined)
        if (policy !== undefined && !compiled.has(name)) marks.set(name, policy)
        route = compile(name, last.method, last.path)
        known.set(last, route)
      }
      return route
    },
    allowed: path => table.allowed(path),
  }
}

/** Hono reads a body once and keeps it; ours is read already, so it is kept where Hono looks. */
function keepBody({ req }: Context, type: string | undefined, body: unknown): void {
  const cache = req.bodyCache as Record<string, unknown>
  // A JSON body may be a text by itself, so its type tells and not its value.
  const kind = bodyKind(type)
  if (kind === 'json') keepJson(req, body)
  else if (typeof body === 'string') cache['text'] = Promise.resolve(body)
  else if (body instanceof Uint8Array) cache['arrayBuffer'] = Promise.resolve(body.slice().buffer)
  else if (kind === 'form') cache['formData'] = Promise.resolve(formData(body))
  else keepJson(req, body)
}

/**
 * What is kept as `json` Hono writes as text, wraps in a Response and parses again, even for who
 * asks for JSON: so those get it from here, and only its siblings go that way.
 */
function keepJson(req: Context['req'], body: unknown): void {
  const kept = Promise.resolve(body)
  const cache = req.bodyCache as Record<string, unknown>
  cache['json'] = kept
  req.json = () => kept as Promise<never>
}

function formData(body: unknown): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(body as Record<string, string | readonly string[]>)) {
    for (const one of typeof value === 'string' ? [value] : value) form.append(name, one)
  }
  return form
}
