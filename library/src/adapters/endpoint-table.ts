import type { Bulwark, Endpoint } from '../bulwark.ts'
import type { Route } from '../pipeline/route.ts'

export interface EndpointMatch {
  readonly endpoint: Endpoint
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

export interface EndpointTable {
  match(method: string, path: string): EndpointMatch | undefined
  /** Which methods the path has routes of ours for. */
  allowed(path: string): readonly string[]
}

interface Row {
  readonly endpoint: Endpoint
  readonly route: Route
  readonly parts: readonly string[]
}

const NO_PARAMS = {}

/** Bulwark's own routes, for frameworks that cannot be given routes from a middleware. */
export function endpointTable(defences: Bulwark): EndpointTable {
  const fixed = new Map<string, EndpointMatch>()
  const patterned: Row[] = []
  for (const endpoint of defences.endpoints) {
    const route = defences.route(endpoint.method, endpoint.path, endpoint.policy)
    if (endpoint.path.includes(':')) {
      patterned.push({ endpoint, route, parts: endpoint.path.split('/') })
    } else {
      fixed.set(`${endpoint.method} ${endpoint.path}`, { endpoint, route, params: NO_PARAMS })
    }
  }
  const methods = new Set(defences.endpoints.map(({ method }) => method))
  const prefixes = new Set(patterned.map(({ parts }) => parts[1]))
  const table: EndpointTable = {
    match(method, path) {
      const asked = method === 'HEAD' ? 'GET' : method
      const found = fixed.get(`${asked} ${path}`)
      if (found !== undefined || patterned.length === 0) return found
      const parts = path.split('/')
      if (!prefixes.has(parts[1])) return undefined
      for (const row of patterned) {
        if (row.endpoint.method !== asked) continue
        const params = paramsOf(row.parts, parts)
        if (params !== undefined) return { endpoint: row.endpoint, route: row.route, params }
      }
      return undefined
    },
    allowed(path) {
      const found: string[] = [...methods].filter(one => table.match(one, path) !== undefined)
      return found.includes('GET') ? [...found, 'HEAD'] : found
    },
  }
  return table
}

function paramsOf(
  pattern: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const given = parts[index] as string
    if (!part.startsWith(':')) {
      if (part !== given) return undefined
    } else {
      const value = decoded(given)
      if (value === undefined || value === '') return undefined
      params[part.slice(1)] = value
    }
  }
  return params
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
