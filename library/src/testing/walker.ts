import type { RoutePolicy } from '../pipeline/route.ts'
import type { TestClient } from './client.ts'

/** A route as the service declared it. */
export interface WalkedRoute {
  readonly method: string
  /** With `:name` for parameters. */
  readonly pattern: string
  readonly policy: RoutePolicy
}

export interface Walk {
  readonly routes: readonly WalkedRoute[]
  /** Owns what the walk looks for. */
  readonly owner: TestClient
  /** Another account, signed in, that owns nothing. */
  readonly stranger: TestClient
  /** Rows for the owner to make first: `{ 'POST /orders': { item: 'tea' } }`. */
  readonly make?: Readonly<Record<string, unknown>>
  /** Bodies that pass a route's schema, so that its question whose row it is gets asked. */
  readonly bodies?: Readonly<Record<string, unknown>>
  /** Ids by collection, where no list tells them: `{ '/orders': [id] }`. */
  readonly ids?: Readonly<Record<string, readonly string[]>>
}

export interface WalkReport {
  /** Every request of the stranger, as `GET /orders/:id`. */
  readonly walked: readonly string[]
  /** What a stranger was told or could do. Assert that it is empty. */
  readonly leaks: readonly string[]
  /** Routes with parameters that nothing was proven about, and why. Assert that it is empty too. */
  readonly unproven: readonly string[]
}

/** An id that nobody has. */
const NOBODYS = '5f0c1d7e-9a34-4c1b-8a5e-2f6d0b7c9e11'
/** What changes or removes a row is tried last. */
const ORDER = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const MOST_IDS = 5

/**
 * Takes every route with a parameter, finds ids of the owner's in the lists that the service itself
 * offers, and asks for each as a stranger. Whoever is not the owner must get 404, the very answer that an
 * id gets which nobody has, and the owner must find everything as it was.
 *
 * @see ASVS 8.2.2, 8.3.1; OWASP API1:2023
 */
export async function walk(options: Walk): Promise<WalkReport> {
  const { owner, stranger, bodies = {} } = options
  const [walked, leaks, unproven]: [string[], string[], string[]] = [[], [], []]
  const own = await collect(options)

  for (const route of inOrder(options.routes)) {
    const name = `${route.method} ${route.pattern}`
    const paths = await pathsOf(route.pattern, own, owner)
    if (paths.length === 0) {
      unproven.push(
        `${name}: no id of the owner's; list them at ${listOf(route.pattern)} or give ids`,
      )
      continue
    }
    for (const path of paths.slice(0, MOST_IDS)) {
      const before = await owner.get(path)
      const body = route.method === 'GET' || route.method === 'HEAD' ? undefined : bodies[name]
      const foreign = await stranger.send(route.method, path, body)
      const absent = await stranger.send(route.method, nobodys(route.pattern), body)
      walked.push(name)
      if (foreign.status !== 404) {
        const stopped = [400, 411, 413, 415, 422].includes(foreign.status)
        if (stopped && foreign.status === absent.status) {
          unproven.push(
            `${name}: ${foreign.status} before it was asked whose row it is; give a body`,
          )
        } else leaks.push(`${name}: a stranger got ${foreign.status}`)
      } else if (told(foreign.text) !== told(absent.text)) {
        leaks.push(`${name}: a foreign id and one that nobody has are answered differently`)
      } else if (route.method === 'GET' && before.status === 404) {
        unproven.push(`${name}: its owner gets 404 too`)
      }
      const after = await owner.get(path)
      if (after.status !== before.status || (before.status < 300 && after.text !== before.text)) {
        leaks.push(`${name}: the owner's row is another after a stranger asked`)
      }
    }
  }
  return { walked, leaks, unproven }
}

/** Routes with a parameter that somebody signed in may use, whatever their role. */
function inOrder(routes: readonly WalkedRoute[]): readonly WalkedRoute[] {
  const rank = (method: string): number => (ORDER as readonly string[]).indexOf(method)
  return routes
    .filter(({ method, pattern, policy }) => {
      const { access } = policy
      const everybodys = access !== undefined && 'signedIn' in access && access.role === undefined
      return rank(method) >= 0 && pattern.includes('/:') && everybodys
    })
    .toSorted((a, b) => rank(a.method) - rank(b.method))
}

type Owned = Map<string, readonly string[]>

/** The owner's ids by collection: made, listed or given. */
async function collect({ routes, owner, stranger, make = {}, ids = {} }: Walk): Promise<Owned> {
  const own: Owned = new Map(Object.entries(ids))
  for (const [name, body] of Object.entries(make)) {
    const [method = '', path = ''] = name.split(' ')
    const answer = await owner.send(method, path, body)
    if (answer.status >= 300) throw new Error(`${name} answered its owner ${answer.status}`)
    own.set(path, [...(own.get(path) ?? []), ...idsIn(answer.json)])
  }
  for (const { method, pattern, policy } of routes) {
    if (method !== 'GET' || pattern.includes(':') || pattern.includes('*')) continue
    if (policy.access === undefined || 'public' in policy.access) continue
    const [mine, theirs] = [await owner.get(pattern), await stranger.get(pattern)]
    const foreign = new Set(theirs.status === 200 ? idsIn(theirs.json) : [])
    const found = mine.status === 200 ? idsIn(mine.json) : []
    // What a stranger has in a list of their own is nobody's secret.
    const secret = found.filter(id => !foreign.has(id))
    own.set(pattern, [...new Set([...(own.get(pattern) ?? []), ...secret])])
  }
  return own
}

/** The pattern with ids of the owner's in the places of its names; lists of nested rows are asked. */
async function pathsOf(pattern: string, own: Owned, owner: TestClient): Promise<readonly string[]> {
  const at = pattern.indexOf('/:')
  if (at === -1) return [pattern]
  const end = pattern.indexOf('/', at + 2)
  const [list, rest] = [pattern.slice(0, at), end === -1 ? '' : pattern.slice(end)]
  let ids = own.get(list)
  if (ids === undefined) {
    const answer = await owner.get(list)
    ids = answer.status === 200 ? idsIn(answer.json) : []
    own.set(list, ids)
  }
  const paths: string[] = []
  for (const id of ids) paths.push(...(await pathsOf(`${list}/${id}${rest}`, own, owner)))
  return paths
}

function listOf(pattern: string): string {
  return pattern.slice(0, pattern.lastIndexOf('/:')) || '/'
}

function nobodys(pattern: string): string {
  return pattern.replaceAll(/:[^/]+/g, NOBODYS)
}

/** `id` of an answer, of its elements, or of the elements of its lists. */
function idsIn(json: unknown): readonly string[] {
  if (typeof json !== 'object' || json === null) return []
  if (Array.isArray(json)) return json.flatMap(idsIn)
  const { id } = json as { readonly id?: unknown }
  if (typeof id === 'string' || typeof id === 'number') return [encodeURIComponent(id)]
  return Object.values(json).filter(Array.isArray).flatMap(idsIn)
}

/** What an answer says, without what differs between any two. */
function told(text: string): string {
  return text.replace(/"requestId":"[^"]*"/, '')
}
