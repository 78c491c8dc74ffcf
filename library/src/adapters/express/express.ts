import type { IncomingMessage, Server } from 'node:http'
import type { Application, NextFunction, Request, RequestHandler, Response } from 'express'
import { assemble, type Bulwark, type BulwarkOptions, type Exchange } from '../../bulwark.ts'
import type { Route, RoutePolicy } from '../../pipeline/route.ts'
import { type Admitted, type Serving, serving } from '../serving.ts'
import { layersOf, policyOf, type RouterLayer, routeAt } from './layers.ts'

declare global {
  namespace Express {
    interface Request {
      /** Who asks; `undefined` for strangers. */
      principal?: Exchange['principal']
      /** This request on its way through Bulwark: session, nonce, CSRF token, request id. */
      exchange?: Exchange
    }
  }
}

const POLICY = Symbol('bulwark.policy')

/**
 * Marks a route with its policy: `app.get('/orders', protect({ access: { signedIn: true } }), …)`.
 * The marker itself does nothing: the policy is found and judged before any other middleware runs.
 */
export function protect(policy: RoutePolicy): RequestHandler {
  const marker: RequestHandler = (_request, _response, next) => next()
  return Object.assign(marker, { [POLICY]: policy })
}

/**
 * All defences on every route of an Express 5 application, 404s and errors included:
 * `app.use(bulwark({ … }))`. Where in the order it stands, and whether body parsers come before or
 * after it, does not matter: it takes its place in front of the application itself.
 *
 * A wrong option ends the process at start with the sentence of its `ConfigFault`.
 */
export function bulwark(
  options: BulwarkOptions | { readonly bulwark: Bulwark } = {},
): RequestHandler {
  const assembled = 'bulwark' in options ? Promise.resolve(options.bulwark) : assemble(options)
  let ready: { readonly defences: Bulwark; readonly at: Serving } | undefined
  const guard: RequestHandler = (_request, _response, next) => next()

  const attach = (application: Application): void => {
    const app = application as unknown as Inside
    app.disable('x-powered-by')
    // Express parses the query anew whenever it is asked for; applications mounted here inherit ours.
    Object.defineProperty(app.request, 'query', {
      configurable: true,
      get(this: Request) {
        return this.exchange?.query
      },
    })
    const policies = policyFinder()
    const starting = assembled.then(defences => {
      ready = { defences, at: serving(defences) }
      return defences
    })
    // After the turn in which the application is put together: then all its routes are there.
    setImmediate(() => {
      starting.then(defences => {
        for (const { method, pattern, policy } of layersOf(app.router.stack, POLICY)) {
          policies.add(defences, method, pattern, policy)
        }
        for (const warning of defences.ready()) process.emitWarning(warning, 'BulwarkWarning')
      }, stop)
    })
    const { listen } = app
    app.listen = (...where) => {
      const server = listen.apply(app, where)
      starting.then(defences => defences.harden(server), stop)
      return server
    }
    const inner = app.handle
    const outer: Handle = function outer(request, response, done) {
      if (ready === undefined) {
        starting.then(() => outer.call(app, request, response, done), stop)
        return
      }
      const { at, defences } = ready
      const admitted = at.admit(request, response, () =>
        policies.find(defences, app.router.stack, request.method, pathOf(request)),
      )
      if (admitted instanceof Promise) {
        void admitted.then(one => letIn(at, request, response, done, one))
      } else letIn(at, request, response, done, admitted)
    }
    const letIn = (
      at: Serving,
      request: Request,
      response: Response,
      done: NextFunction | undefined,
      admitted: Admitted | undefined,
    ): void => {
      if (admitted === undefined) return
      const { stack } = app.router
      const { exchange, body } = admitted
      request.exchange = exchange
      request.principal = exchange.principal
      if (body !== undefined) request.body = body
      if (request.method === 'OPTIONS' && !exchange.route.matched) {
        takeOptions(response, () => {
          at.finish(exchange, response, undefined, policies.allowed(stack, pathOf(request)))
        })
      }
      inner.call(app, request, response, (error?: unknown) => {
        if (done !== undefined && error === undefined && !exchange.route.matched) return done()
        const allowed = error === undefined ? policies.allowed(stack, pathOf(request)) : []
        at.finish(exchange, response, error, allowed)
      })
    }
    app.handle = outer
  }

  // Express hands its application to whatever looks like a mounted one; that is how we meet it.
  return Object.assign(guard, {
    handle: guard,
    set: () => undefined,
    emit: (event: string, app: Application) => {
      if (event === 'mount') attach(app)
      return true
    },
  })
}

/** What of Express 5 we hold on to besides its public face: tested against the pinned version. */
interface Inside {
  handle: Handle
  listen(...where: unknown[]): Server
  readonly router: { readonly stack: readonly RouterLayer[] }
  /** What every request of it inherits from. */
  readonly request: object
  disable(setting: string): void
}

type Handle = (this: Inside, request: Request, response: Response, done?: NextFunction) => void

/**
 * Express answers OPTIONS by itself where a path takes other methods, with the list of them as field
 * and body; nothing else here does. A middleware's own answer (CORS) goes its way.
 */
function takeOptions(response: Response, refuse: () => void): void {
  const { end } = response
  response.end = ((...given: Parameters<typeof end>) => {
    response.end = end
    const [body] = given as readonly unknown[]
    if (response.headersSent || body === undefined || body !== response.getHeader('allow')) {
      return end.apply(response, given)
    }
    refuse()
    return response
  }) as typeof end
}

/** Decision: a wrong option must stop the start, and Express has no place to say so but this one. */
function stop(fault: unknown): never {
  throw fault
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  return mark === -1 ? url : url.slice(0, mark)
}

interface PolicyFinder {
  add(defences: Bulwark, method: string, pattern: string, policy: RoutePolicy | undefined): void
  find(
    defences: Bulwark,
    stack: readonly RouterLayer[],
    method: string,
    path: string,
  ): Route | undefined
  allowed(stack: readonly RouterLayer[], path: string): readonly string[]
}

/** Compiled routes by `METHOD pattern`; those that come later are compiled when first asked for. */
function policyFinder(): PolicyFinder {
  const compiled = new Map<string, Route>()
  const add: PolicyFinder['add'] = (defences, method, pattern, policy) => {
    const name = `${method} ${pattern}`
    if (!compiled.has(name)) compiled.set(name, defences.route(method, pattern, policy))
  }
  return {
    add,
    find(defences, stack, method, path) {
      const found = routeAt(stack, method, path)
      if (found === undefined) return undefined
      const pattern = found.prefix + String(found.route.path)
      const name = `${found.method} ${pattern}`
      if (!compiled.has(name)) {
        add(defences, found.method, pattern, policyOf(found.route, found.method, POLICY))
      }
      return compiled.get(name)
    },
    allowed(stack, path) {
      const methods = new Set(layersOf(stack, POLICY, path).map(({ method }) => method))
      if (methods.has('GET')) methods.add('HEAD')
      return [...methods].sort()
    },
  }
}
