/** Patterns with `:name` and `*`, for where a framework cannot say what a path would match. */
export interface RouteTable {
  add(method: string, pattern: string): void
  /** Which methods the path has routes for: what a 405 must say. */
  allowed(path: string): readonly string[]
  /** The first pattern added that takes this method on this path. */
  find(method: string, path: string): string | undefined
  /** What stands in the path where the pattern has names; decoded. */
  params(pattern: string, path: string): Readonly<Record<string, string>>
}

interface Entry {
  readonly matches: RegExp
  readonly methods: Set<string>
}

export function routeTable(): RouteTable {
  const byPattern = new Map<string, Entry>()
  return {
    add(method, pattern) {
      let entry = byPattern.get(pattern)
      if (entry === undefined) {
        entry = { matches: expression(pattern), methods: new Set() }
        byPattern.set(pattern, entry)
      }
      entry.methods.add(method)
      if (method === 'GET') entry.methods.add('HEAD')
    },
    allowed(path) {
      const methods = new Set<string>()
      for (const { matches, methods: those } of byPattern.values()) {
        if (matches.test(path)) for (const method of those) methods.add(method)
      }
      return [...methods].sort()
    },
    find(method, path) {
      for (const [pattern, { matches, methods }] of byPattern) {
        if (methods.has(method) && matches.test(path)) return pattern
      }
      return undefined
    },
    params(pattern, path) {
      const found = byPattern.get(pattern)?.matches.exec(path)?.groups ?? {}
      return Object.fromEntries(
        Object.entries(found).map(([name, value]) => [name, decodeURIComponent(value ?? '')]),
      )
    },
  }
}

/** A part is a name, a wildcard or itself, so that matching is linear in the path. */
function expression(pattern: string): RegExp {
  const source = pattern
    .split('/')
    .map(part => {
      if (part.startsWith(':')) return `(?<${part.slice(1)}>[^/]+)`
      return part === '*' ? '.*' : RegExp.escape(part)
    })
    .join('/')
  return new RegExp(`^${source}$`)
}
