import { absent } from '../check.ts'
import type { Person } from '../people/person.ts'
import { fill } from '../people/step.ts'
import type { Visitor } from '../people/visitor.ts'
import type { Scene } from '../scene.ts'
import { sample } from '../site/openapi.ts'
import type { Ask } from '../wire/ask.ts'
import type { Reply } from '../wire/reply.ts'

/** A route that takes JSON, the one who may send to it, and a body that it accepts. */
export interface JsonRoute {
  readonly who: Visitor | Person
  readonly send: string
  readonly method: string
  readonly path: string
  /** A right body; `marker` stands where free text goes. */
  body(marker: string): unknown
}

/** Where JSON can be sent: creating an object as Alice, else any JSON route, else signing in. */
export async function jsonRoute(scene: Scene): Promise<JsonRoute> {
  const object = scene.config.objects?.find(({ create }) => create.json !== undefined)
  if (object !== undefined && scene.config.accounts?.alice !== undefined) {
    const who = await scene.signIn('alice')
    const { method, path } = fill(object.create, {})
    const body = (marker: string) => fill(object.create, { marker }).json
    return { who, send: object.create.send, method, path, body }
  }
  const { signIn } = scene.config
  if (signIn?.json !== undefined) {
    const { method, path } = fill(signIn, {})
    const body = (marker: string) =>
      fill(signIn, { user: `${marker}@example.com`, password: marker }).json
    return { who: scene.visitor(true), send: signIn.send, method, path, body }
  }
  const route = scene.site.routes.find(
    one => one.body?.type.includes('json') && !one.path.includes('{'),
  )
  if (route?.body === undefined) throw absent('no route takes JSON')
  const { schema } = route.body
  const body = (marker: string) => sample(schema, marker)
  return {
    who: scene.visitor(),
    send: `${route.method} ${route.path}`,
    method: route.method,
    path: route.path,
    body,
  }
}

/** Sends a body as text of our own making, with the manners of the own page. */
export function sendRaw(
  route: JsonRoute,
  body: string | Uint8Array,
  more: Partial<Ask> = {},
): Promise<Reply> {
  const { method, path } = route
  const { headers, ...rest } = more
  return route.who.ask({
    method,
    path,
    body,
    ...rest,
    headers: { 'Content-Type': 'application/json', ...headers },
  })
}

/** Something that can be given a value: a query parameter of a GET that a stranger may call. */
export interface Input {
  readonly where: string
  readonly name: string
  ask(value: string): Ask
}

/** Query parameters and path parameters of public GET routes and forms. */
export function inputs(scene: Scene): Input[] {
  const found = scene.site.routes.flatMap(route => {
    if (route.method !== 'GET' || route.secured === true || scene.run.line.forbids(route.path))
      return []
    if (/log-?out|sign-?out/i.test(route.path)) return []
    const plain = route.path.replaceAll(/\{[^}]+\}/g, 'x')
    const byQuery = route.query.map(
      ({ name }): Input => ({
        where: `GET ${route.path}`,
        name,
        ask: value => ({
          path: `${plain}?${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
          headers: { Accept: 'text/html,*/*;q=0.8' },
        }),
      }),
    )
    const byPath = route.inPath.map(
      ({ name }): Input => ({
        where: `GET ${route.path}`,
        name,
        ask: value => ({
          path: route.path
            .replace(`{${name}}`, encodeURIComponent(value))
            .replaceAll(/\{[^}]+\}/g, 'x'),
          headers: { Accept: 'text/html,*/*;q=0.8' },
        }),
      }),
    )
    return [...byQuery, ...byPath]
  })
  return found.slice(0, 24)
}
