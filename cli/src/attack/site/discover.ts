import type { Ask } from '../wire/ask.ts'
import type { Reply } from '../wire/reply.ts'
import { type Form, formsOf } from './forms.ts'
import { tags } from './html.ts'
import { Missing } from './missing.ts'
import { type Route, readOpenapi } from './openapi.ts'

/** What a stranger can learn of the service by reading. */
export interface Site {
  readonly home: Reply
  /** Everything that exists and was read. */
  readonly replies: readonly Reply[]
  /** HTML pages among them. */
  readonly pages: readonly Reply[]
  readonly scripts: readonly Reply[]
  readonly forms: readonly Form[]
  readonly routes: readonly Route[]
  readonly openapi: { readonly path: string; readonly document: unknown } | undefined
  readonly missing: Missing
  /** Addresses elsewhere that pages or redirects name; recorded, never asked. */
  readonly elsewhere: readonly string[]
}

const OPENAPI = [
  '/openapi.json',
  '/openapi.yaml',
  '/swagger.json',
  '/api/openapi.json',
  '/api-docs',
  '/docs/json',
  '/v3/api-docs',
]
const STARTS = [
  '/robots.txt',
  '/sitemap.xml',
  '/.well-known/security.txt',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-protected-resource',
  '/login',
  '/signin',
  '/register',
  '/signup',
  '/forgot-password',
]
const MAX_PAGES = 200
const AT_ONCE = 4
/** Links that end something when they are followed. */
const ENDS = /log-?out|sign-?out|delete|remove|unsubscribe|revoke/i

export interface DiscoverOptions {
  readonly get: (ask: Ask) => Promise<Reply>
  readonly origin: string
  readonly openapi?: string | undefined
  readonly pages?: readonly string[] | undefined
  readonly forbids: (path: string) => boolean
  readonly unlikely: () => string
}

/** Reads pages, documents and scripts of the own origin with GET, and follows nothing elsewhere. */
export async function discover(options: DiscoverOptions): Promise<Site> {
  const { get, origin } = options
  const missing = new Missing(path => get({ path }), options.unlikely)
  const home = await get({ path: '/', headers: { Accept: 'text/html,*/*;q=0.8' } })
  const replies: Reply[] = [home]
  const scripts: Reply[] = []
  const forms = new Map<string, Form>()
  const routes: Route[] = []
  const elsewhere = new Set<string>()
  let openapi: Site['openapi']

  const queue = [...(options.pages ?? []), ...STARTS]
  const seen = new Set(['/'])
  const follow = (link: string, from: string) => {
    const url = URL.parse(link, `${origin}${from}`)
    if (url === null || !/^https?:$/.test(url.protocol)) return
    if (url.origin !== origin) return void elsewhere.add(url.origin)
    const path = url.pathname + url.search
    if (!ENDS.test(path)) queue.push(path)
    if (url.search !== '') routes.push(linkRoute(url))
  }
  const read = (reply: Reply) => {
    const target = reply.location(origin)
    if (target !== undefined) follow(target.href, reply.sent.path)
    if (reply.isHtml) {
      for (const form of formsOf(reply, origin))
        forms.set(JSON.stringify([form.action, form.fields]), form)
      for (const { link, tag } of linksOf(reply)) if (tag !== 'form') follow(link, reply.sent.path)
    } else if (/javascript|ecmascript/.test(reply.type)) {
      scripts.push(reply)
      routes.push(...scriptRoutes(reply.text))
    } else if (/robots\.txt$|sitemap\.xml$/.test(reply.sent.path) && reply.ok) {
      for (const [, path] of reply.text.matchAll(/(?:Allow|Disallow):\s*(\/[^\s*$]*)/gi))
        if (path !== undefined) follow(path, '/')
      for (const [, url] of reply.text.matchAll(/<loc>\s*([^<\s]+)/gi))
        if (url !== undefined) follow(url, '/')
    }
  }

  read(home)
  for (const path of options.openapi === undefined ? OPENAPI : [options.openapi]) {
    if (options.forbids(path)) continue
    const reply = await get({ path })
    const found = reply.ok ? readOpenapi(reply.text) : undefined
    if (found === undefined) continue
    seen.add(path)
    replies.push(reply)
    openapi = { path, document: found.document }
    routes.push(...found.routes)
    for (const { method, path } of found.routes)
      if (method === 'GET' && !/[{}]|stream|events|sse/.test(path) && !ENDS.test(path))
        queue.push(path)
    break
  }
  while (queue.length > 0 && seen.size < MAX_PAGES) {
    const batch = [...new Set(queue.splice(0))].filter(path => !seen.has(path))
    for (let at = 0; at < batch.length && seen.size < MAX_PAGES; at += AT_ONCE) {
      const paths = batch.slice(at, at + AT_ONCE).filter(path => !options.forbids(path))
      for (const path of paths) seen.add(path)
      const got = await Promise.all(
        paths.map(path => get({ path, headers: { Accept: 'text/html,*/*;q=0.8' } })),
      )
      for (const reply of got) {
        if (await missing.is(reply)) continue
        replies.push(reply)
        read(reply)
      }
    }
  }
  for (const form of forms.values()) if (form.action.startsWith('/')) routes.push(formRoute(form))
  return {
    home,
    replies,
    pages: replies.filter(reply => reply.isHtml && reply.body.length > 0),
    scripts,
    forms: [...forms.values()],
    routes: distinct(routes),
    openapi,
    missing,
    elsewhere: [...elsewhere],
  }
}

const LINKS: Readonly<Record<string, string>> = {
  a: 'href',
  link: 'href',
  script: 'src',
  img: 'src',
  iframe: 'src',
  area: 'href',
}

/** Every address that a page refers to, with the element that does. */
export function linksOf(reply: Reply): { tag: string; link: string }[] {
  return Object.entries(LINKS).flatMap(([tag, attribute]) =>
    tags(reply.text, tag).flatMap(attributes => {
      const link = attributes.get(attribute)
      return link === undefined ? [] : [{ tag, link }]
    }),
  )
}

function linkRoute(url: URL): Route {
  const query = [...new Set(url.searchParams.keys())]
  return {
    method: 'GET',
    path: url.pathname,
    source: 'link',
    query: query.map(name => ({ name, schema: { type: 'string' } })),
    inPath: [],
  }
}

function formRoute(form: Form): Route {
  const names = form.fields.filter(({ name }) => name !== '').map(({ name }) => name)
  const fields = names.map(name => ({ name, schema: { type: 'string' } }))
  const get = form.method === 'GET'
  return {
    method: form.method,
    path: form.action.split('?')[0] ?? '/',
    source: 'form',
    query: get ? fields : [],
    inPath: [],
    body: get
      ? undefined
      : {
          type: form.encoding,
          schema: {
            type: 'object',
            properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
            required: names,
          },
        },
  }
}

/** Paths that a script hands to `fetch` or its kin. */
function scriptRoutes(script: string): Route[] {
  const calls = script.matchAll(
    /(?:fetch|axios(?:\.(?:get|post|put|patch|delete))?|ajax)\(\s*["'`](\/[\w\-./]{1,80})["'`]/g,
  )
  return [...calls].map(([, path]) => ({
    method: 'GET',
    path: path ?? '/',
    source: 'script',
    query: [],
    inPath: [],
  }))
}

function distinct(routes: readonly Route[]): Route[] {
  const best = new Map<string, Route>()
  for (const route of routes) {
    const key = `${route.method} ${route.path}`
    const known = best.get(key)
    if (
      known === undefined ||
      (known.source !== 'openapi' && known.query.length < route.query.length)
    )
      best.set(key, route)
  }
  return [...best.values()]
}
