import type { AttackConfig, FormStep, ObjectRoutes, UrlTaker } from '../config/config.ts'
import type { Site } from './discover.ts'
import type { Form } from './forms.ts'
import { type Route, record, sample } from './openapi.ts'

const LOGIN = /(log-?in|sign-?in|session|authenticate)s?\/?$/i
const REGISTER = /(regist(er|ration)|sign-?up)\/?$/i
const FORGOT = /(forgot|reset-request|recover|password-reset|lost-password)[\w-]*\/?$/i
const USER = /^(e-?mail|user(name)?|login|name|identifier|account)$/i
const PASSWORD = /^(pass(word)?|pwd|secret)$/i
const URL_NAME =
  /^(url|uri|link|webhook|callback|target|feed|endpoint|image_?url|avatar_?url|src)$/i

/** Completes the config by what the pages and the OpenAPI document give away. The config wins. */
export function completed(config: AttackConfig, site: Site): AttackConfig {
  const signIn = config.signIn ?? formStep(site, 'login') ?? apiStep(site.routes, LOGIN)
  const register = config.register ?? formStep(site, 'register') ?? apiStep(site.routes, REGISTER)
  const request = formStep(site, 'forgot') ?? apiStep(site.routes, FORGOT)
  const reset = config.reset ?? (request && { request })
  const objects = config.objects ?? objectsOf(site.routes)
  const urls = config.urls ?? urlTakers(site.routes)
  return {
    ...config,
    ...(signIn && { signIn }),
    ...(register && { register }),
    ...(reset && { reset }),
    ...(objects.length > 0 && { objects }),
    ...(urls.length > 0 && { urls }),
  }
}

function formStep(site: Site, kind: Form['kind']): FormStep | undefined {
  const form = site.forms.find(one => one.kind === kind && one.action.startsWith('/'))
  if (form === undefined) return undefined
  const named = form.fields.filter(({ name, type }) => name !== '' && type !== 'hidden')
  const user = named.find(({ type, name }) => type === 'email' || USER.test(name)) ?? named[0]
  if (user === undefined) return undefined
  const passwords = named.filter(({ type }) => type === 'password')
  return {
    send: `${form.method} ${form.action}`,
    page: form.page,
    form: {
      [user.name]: '{user}',
      ...Object.fromEntries(passwords.map(({ name }) => [name, '{password}'])),
    },
  }
}

function apiStep(routes: readonly Route[], path: RegExp): FormStep | undefined {
  const forgot = path === FORGOT
  for (const route of routes) {
    if (route.method !== 'POST' || !path.test(route.path) || route.body === undefined) continue
    const names = Object.keys(route.body.schema.properties ?? {})
    const user = names.find(name => USER.test(name))
    const password = names.find(name => PASSWORD.test(name))
    if (user === undefined || (password === undefined && !forgot)) continue
    const rest = record(sample(route.body.schema, 'attack'))
    const fields = { ...rest, [user]: '{user}', ...(password && { [password]: '{password}' }) }
    const send = `POST ${route.path}`
    return route.body.type.includes('urlencoded')
      ? { send, form: fields as Record<string, string> }
      : { send, json: fields }
  }
  return undefined
}

/** Pairs of `POST /things` and `GET /things/{id}`. */
function objectsOf(routes: readonly Route[]): ObjectRoutes[] {
  return routes.flatMap(create => {
    if (create.method !== 'POST' || create.path.includes('{') || create.body === undefined)
      return []
    if (!create.body.type.includes('json')) return []
    const one = new RegExp(`^${create.path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')}/\\{[^/]+\\}$`)
    const at = (method: string) =>
      routes.find(route => route.method === method && one.test(route.path))
    const read = at('GET')
    if (read === undefined) return []
    const json = sample(create.body.schema, '{marker}')
    if (!JSON.stringify(json).includes('{marker}')) return []
    const path = read.path.replace(/\{[^/]+\}$/, '{id}')
    const list = routes.some(({ method, path }) => method === 'GET' && path === create.path)
    const update = at('PATCH') ?? at('PUT')
    return [
      {
        name: create.path.split('/').at(-1) ?? 'object',
        create: { send: `POST ${create.path}`, json },
        read: `GET ${path}`,
        ...(list && { list: `GET ${create.path}` }),
        ...(update?.body && {
          update: {
            send: `${update.method} ${path}`,
            json: sample(update.body.schema, '{marker}'),
          },
        }),
        ...(at('DELETE') && { remove: `DELETE ${path}` }),
      },
    ]
  })
}

/** Requests with a field that is a URL by its format or its name. */
function urlTakers(routes: readonly Route[]): UrlTaker[] {
  return routes.flatMap(route => {
    if (route.path.includes('{')) return []
    const isUrl = (name: string, format: string | undefined) =>
      format === 'uri' || URL_NAME.test(name)
    const query = route.query.find(({ name, schema }) => isUrl(name, schema.format))
    if (query !== undefined && route.method === 'GET')
      return [{ send: `GET ${route.path}?${query.name}={url}`, signedIn: route.secured === true }]
    const properties = Object.entries(route.body?.schema.properties ?? {})
    const field = properties.find(([name, schema]) => isUrl(name, schema.format))
    if (field === undefined || route.body === undefined) return []
    const body = { ...record(sample(route.body.schema, 'attack')), [field[0]]: '{url}' }
    const send = `${route.method} ${route.path}`
    const signedIn = route.secured !== false
    return route.body.type.includes('urlencoded')
      ? [{ send, form: body as Record<string, string>, signedIn }]
      : [{ send, json: body, signedIn }]
  })
}
