/** Which methods a path has routes for: what a 405 must say. Asked only where nothing matched. */
export interface RouteTable {
  /** `pattern` with `:name` and `*`. */
  add(method: string, pattern: string): void
  allowed(path: string): readonly string[]
}

export function routeTable(): RouteTable {
  const byPattern = new Map<string, { readonly matches: RegExp; readonly methods: Set<string> }>()
  return {
    add(method, pattern) {
      let entry = byPattern.get(pattern)
      if (entry === undefined) {
        entry = { matches: expression(pattern), methods: new Set() }
        byPattern.set(pattern, entry)
      }
      entry.methods.add(method)
    },
    allowed(path) {
      const methods = new Set<string>()
      for (const { matches, methods: those } of byPattern.values()) {
        if (matches.test(path)) for (const method of those) methods.add(method)
      }
      return [...methods].sort()
    },
  }
}

/** No two wildcards stand side by side, so matching is linear in the path. */
function expression(pattern: string): RegExp {
  const source = pattern
    .split('/')
    .map(part => {
      if (part.startsWith(':')) return '[^/]+'
      return part === '*' ? '.*' : RegExp.escape(part)
    })
    .join('/')
  return new RegExp(`^${source}$`)
}
