import type { RoutePolicy } from '../../pipeline/route.ts'

/** The part of Express 5's router that shows which routes there are. */
export interface RouterLayer {
  /** The part of the path that matched, and the pattern that took it. */
  match(path: string): false | { readonly path: string; readonly pattern?: unknown }
  readonly handle: { readonly stack?: readonly RouterLayer[] } & { readonly [key: symbol]: unknown }
  readonly route?: {
    readonly path: string | readonly string[] | RegExp
    readonly methods: Readonly<Record<string, boolean>>
    readonly stack: readonly {
      readonly method?: string
      readonly handle: { readonly [key: symbol]: unknown }
    }[]
  }
}

/** One method of one route, and the policy that its marker carries. */
export interface FoundRoute {
  /** Upper case; `ALL` for `app.all`. */
  readonly method: string
  readonly pattern: string
  readonly policy: RoutePolicy | undefined
}

/** The route that takes a request, and the patterns of the routers it is mounted in. */
export interface RouteAt {
  readonly route: NonNullable<RouterLayer['route']>
  /** Upper case; `ALL` for `app.all`, and `GET` where that answers HEAD. */
  readonly method: string
  readonly prefix: string
}

/** The first route that takes `method` on `path`, in the order in which Express asks them. */
export function routeAt(
  stack: readonly RouterLayer[],
  method: string,
  path: string,
  prefix = '',
): RouteAt | undefined {
  for (const layer of stack) {
    const match = layer.match(path)
    if (match === false) continue
    const { route } = layer
    if (route !== undefined) {
      const taken = takenAs(route, method)
      if (taken !== undefined) return { route, method: taken, prefix }
      continue
    }
    const inner = layer.handle.stack
    if (inner === undefined) continue
    const rest = path.slice(match.path.length) || '/'
    const found = routeAt(inner, method, rest, prefix + mountOf(match))
    if (found !== undefined) return found
  }
  return undefined
}

function takenAs({ methods }: RouteAt['route'], method: string): string | undefined {
  for (const name in methods) {
    if (methods[name] !== true) continue
    if (name === '_all') return 'ALL'
    const upper = name.toUpperCase()
    if (upper === method || (upper === 'GET' && method === 'HEAD')) return upper
  }
  return undefined
}

/** A mount's pattern, not what a request put into its parameters: there are only so many patterns. */
function mountOf({ path, pattern = path }: { path: string; pattern?: unknown }): string {
  return path === '' ? '' : String(pattern).replace(/\/+$/, '')
}

/** All routes of a router and of those mounted in it; with `path`, only those that match it. */
export function layersOf(
  stack: readonly RouterLayer[],
  marker: symbol,
  path?: string,
  prefix = '',
): FoundRoute[] {
  return stack.flatMap(layer => {
    const match = path === undefined ? { path: '' } : layer.match(path)
    if (match === false) return []
    if (layer.route !== undefined) return routesOf(layer.route, marker, prefix)
    const inner = layer.handle.stack
    if (inner === undefined) return []
    const rest = path === undefined ? undefined : path.slice(match.path.length) || '/'
    return layersOf(inner, marker, rest, prefix + mountOf(match))
  })
}

function routesOf(
  route: NonNullable<RouterLayer['route']>,
  marker: symbol,
  prefix: string,
): FoundRoute[] {
  const methods = Object.keys(route.methods).filter(method => route.methods[method])
  return methods.map(name => {
    const method = name === '_all' ? 'ALL' : name.toUpperCase()
    return {
      method,
      pattern: prefix + String(route.path),
      policy: policyOf(route, method, marker),
    }
  })
}

/** The policy of the route's first marker that stands before `method`. */
export function policyOf(
  route: NonNullable<RouterLayer['route']>,
  method: string,
  marker: symbol,
): RoutePolicy | undefined {
  const marked = route.stack.find(
    ({ method: of, handle }) =>
      handle[marker] !== undefined &&
      (of === undefined || of.toUpperCase() === method || method === 'ALL'),
  )
  return marked?.handle[marker] as RoutePolicy | undefined
}
