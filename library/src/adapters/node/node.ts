import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { assemble, type Bulwark, type BulwarkOptions, type Exchange } from '../../bulwark.ts'
import type { Route, RoutePolicy } from '../../pipeline/route.ts'
import { routeTable } from '../route-table.ts'
import { serving } from '../serving.ts'

/** A request that every defence has let through. */
export interface Protected {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly exchange: Exchange
  /** Who asks; `undefined` for strangers. */
  readonly principal: Exchange['principal']
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  readonly body: unknown
}

/** A route of a plain node:http service. */
export interface NodeRoute extends RoutePolicy {
  handle(request: Protected): void | Promise<void>
}

/**
 * All defences in front of plain node:http: `createServer(await bulwark(options, routes))`.
 * Routes are `METHOD /path` with `:name` for parameters.
 *
 * @throws {ConfigFault} when an option or a route's policy is wrong
 */
export async function bulwark(
  options: BulwarkOptions | { readonly bulwark: Bulwark },
  routes: Readonly<Record<string, NodeRoute>>,
): Promise<RequestListener> {
  const defences = 'bulwark' in options ? options.bulwark : await assemble(options)
  const at = serving(defences)
  const table = routeTable()
  const compiled = new Map<string, { readonly route: Route; readonly handler: NodeRoute }>()
  for (const [name, handler] of Object.entries(routes)) {
    const [method = '', pattern = ''] = name.split(' ')
    const { handle: _, ...policy } = handler
    table.add(method, pattern)
    compiled.set(name, { route: defences.route(method, pattern, policy), handler })
  }
  for (const warning of defences.ready()) process.emitWarning(warning, 'BulwarkWarning')

  return (message, response) => {
    const [path = ''] = (message.url ?? '').split('?', 1)
    const asked = message.method === 'HEAD' ? 'GET' : (message.method ?? '')
    const pattern = table.find(asked, path)
    const found = pattern === undefined ? undefined : compiled.get(`${asked} ${pattern}`)
    const serve = async (): Promise<void> => {
      const admitted = await at.admit(message, response, () => found?.route)
      if (admitted === undefined) return
      const { exchange, body } = admitted
      try {
        if (found === undefined || pattern === undefined) {
          return at.finish(exchange, response, undefined, table.allowed(path))
        }
        await found.handler.handle({
          message,
          response,
          exchange,
          principal: exchange.principal,
          params: table.params(pattern, path),
          query: exchange.query,
          body,
        })
      } catch (error) {
        at.finish(exchange, response, error, [])
      }
    }
    void serve()
  }
}
