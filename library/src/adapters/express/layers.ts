import type { RoutePolicy } from '../../pipeline/route.ts'

/** The part of Express 5's router that shows which routes there are. */
export interface RouterLayer {
  match(path: string): false | { readonly path: string }
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
    return layersOf(inner, marker, rest, prefix + match.path)
  })
}

function routesOf(
  route: NonNullable<RouterLayer['route']>,
  marker: symbol,
  prefix: string,
): FoundRoute[] {
  const methods = Object.keys(route.methods).filter(method => route.methods[method])
  return methods.map(name => {
    const marked = route.stack.find(
      ({ method, handle }) =>
        handle[marker] !== undefined &&
        (method === undefined || method === name || name === '_all'),
    )
    return {
      method: name === '_all' ? 'ALL' : name.toUpperCase(),
      pattern: prefix + String(route.path),
      policy: marked?.handle[marker] as RoutePolicy | undefined,
    }
  })
}
