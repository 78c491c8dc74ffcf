import type { Edge, Locked, Lockfile } from './lockfile.ts'

/** How far a package reaches into what is shipped. */
export type Reach = 'production' | 'optional' | 'development'

/** Answers, for each package of one lockfile, who needs it and why. */
export interface Graph {
  /** `production` when any way from a manifest leads there by production dependencies alone. */
  reach(key: string): Reach
  direct(key: string): boolean
  /** Up to `most` ways from a manifest, the shortest first, as names with versions. */
  paths(key: string, most?: number): string[][]
  /** The ranges that whoever depends on it asked for. */
  ranges(key: string): string[]
}

interface Arrow {
  /** Key of the package that asks, or the name of a manifest. */
  readonly from: string
  readonly isRoot: boolean
  readonly edge: Edge
}

const ORDER: readonly Reach[] = ['production', 'optional', 'development']

/** Walks the lockfile once. The flags that some formats carry are not used: all are judged alike. */
export function graphOf(lockfile: Lockfile): Graph {
  const arrows = new Map<string, Arrow[]>()
  const into = (key: string): Arrow[] => {
    const known = arrows.get(key)
    if (known !== undefined) return known
    const fresh: Arrow[] = []
    arrows.set(key, fresh)
    return fresh
  }
  for (const root of lockfile.roots) {
    for (const edge of root.edges) {
      if (edge.to !== undefined) into(edge.to).push({ from: root.name, isRoot: true, edge })
    }
  }
  for (const locked of lockfile.packages.values()) {
    for (const edge of locked.edges) {
      if (edge.to !== undefined) into(edge.to).push({ from: locked.key, isRoot: false, edge })
    }
  }
  const reached = reaches(lockfile)
  const nearest = shortest(lockfile)
  const label = (key: string): string => named(lockfile.packages.get(key), key)
  const above = (arrow: Arrow): string[] => {
    const keys: string[] = []
    let at: Arrow | undefined = arrow
    while (at !== undefined && !at.isRoot) {
      keys.unshift(at.from)
      at = nearest.get(at.from)
    }
    return at === undefined ? [] : [at.from, ...keys]
  }
  return {
    reach: key => reached.get(key) ?? 'production',
    direct: key => into(key).some(arrow => arrow.isRoot),
    paths(key, most = 3) {
      const ways = into(key)
        .map(above)
        // A way that no manifest begins, or that leads back through the package itself, is none.
        .filter(way => way.length > 0 && !way.includes(key))
        .sort((a, b) => a.length - b.length)
        .map(([root = '', ...keys]) => [root, ...keys.map(label), label(key)])
      return [...new Map(ways.map(way => [way.join('\n'), way])).values()].slice(0, most)
    },
    ranges: key => [...new Set(into(key).map(arrow => arrow.edge.range))],
  }
}

/** Breadth first from all manifests at once: each package's nearest dependent. */
function shortest(lockfile: Lockfile): ReadonlyMap<string, Arrow> {
  const nearest = new Map<string, Arrow>()
  let front: Arrow[] = lockfile.roots.flatMap(root =>
    root.edges.map(edge => ({ from: root.name, isRoot: true, edge })),
  )
  while (front.length > 0) {
    const next: Arrow[] = []
    for (const arrow of front) {
      const { to } = arrow.edge
      const locked = to === undefined ? undefined : lockfile.packages.get(to)
      if (to === undefined || locked === undefined || nearest.has(to)) continue
      nearest.set(to, arrow)
      for (const edge of locked.edges) next.push({ from: to, isRoot: false, edge })
    }
    front = next
  }
  return nearest
}

/** Three floods, from the narrowest reach to the widest: a later one never overwrites. */
function reaches(lockfile: Lockfile): ReadonlyMap<string, Reach> {
  const reached = new Map<string, Reach>()
  for (const reach of ORDER) {
    const queue = lockfile.roots.flatMap(root => root.edges.filter(edge => starts(edge, reach)))
    for (const [key, at] of reached) {
      if (reach !== 'optional' || at !== 'production') continue
      queue.push(
        ...(lockfile.packages.get(key)?.edges.filter(edge => edge.kind === 'optional') ?? []),
      )
    }
    for (let edge = queue.pop(); edge !== undefined; edge = queue.pop()) {
      const { to } = edge
      const locked = to === undefined ? undefined : lockfile.packages.get(to)
      if (to === undefined || locked === undefined || reached.has(to)) continue
      reached.set(to, reach)
      queue.push(...locked.edges.filter(each => reach !== 'production' || each.kind !== 'optional'))
    }
  }
  return reached
}

function starts(edge: Edge, reach: Reach): boolean {
  if (reach === 'production') return edge.kind === 'prod' || edge.kind === 'peer'
  return reach === 'optional' ? edge.kind === 'optional' : edge.kind === 'dev'
}

function named(locked: Locked | undefined, key: string): string {
  return locked === undefined ? key : `${locked.name}@${locked.version}`
}
