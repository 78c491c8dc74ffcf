import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { serve } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { assemble, type Bulwark, type BulwarkOptions, type RoutePolicy } from '../bulwark.ts'
import { memoryStores } from '../store/memory/memory.ts'
import { protect as expressProtect, bulwark as onExpress } from './express/express.ts'
import { bulwark as onFastify } from './fastify/fastify.ts'
import { protect as honoProtect, bulwark as onHono } from './hono/hono.ts'
import { bulwark as onNode } from './node/node.ts'
import { accessRows } from './rows/access.ts'
import { contentRows } from './rows/content.ts'
import { csrfRows } from './rows/csrf.ts'
import { framingRows } from './rows/framing.ts'
import { proxiedRows } from './rows/proxied.ts'
import { FORM_TYPE, JSON_TYPE, type Row } from './rows/row.ts'

/** The least of schemas: any object. */
const anyObject = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) =>
      typeof value === 'object' && value !== null
        ? { value }
        : { issues: [{ message: 'must be an object' }] },
  },
} as const

/** The same small service on every framework: what is asked, and what it answers. */
const POLICIES = {
  'GET /open': { access: { public: true }, content: { produces: ['application/json'] } },
  'GET /mine': { access: { signedIn: true } },
  'POST /echo': { access: { public: true } },
  'POST /form': {
    access: { public: true },
    content: { consumes: ['application/x-www-form-urlencoded'], lists: ['tag'] },
  },
  'POST /strict': { access: { public: true }, content: { body: anyObject } },
  'POST /small': { access: { public: true }, limits: { maxBodyBytes: 12 } },
  'POST /hook': { access: { public: true } },
  'GET /admin': { access: { signedIn: true, role: 'admin' } },
  'GET /hidden': { access: { signedIn: true, role: 'admin', hidden: true } },
  'GET /boom': { access: { public: true } },
  'GET /things/:id': { access: { public: true } },
} as const satisfies Record<string, RoutePolicy>

interface Asked {
  readonly body: unknown
  readonly id: string | undefined
}

function reply(name: keyof typeof POLICIES, { body, id }: Asked): object {
  if (name === 'GET /boom') throw new Error('password=hunter2')
  if (name === 'GET /things/:id') return { id }
  return name.startsWith('POST') ? { got: body } : { route: name }
}

const NAMES = Object.keys(POLICIES) as (keyof typeof POLICIES)[]
const split = (name: string): [method: string, path: string] => name.split(' ') as [string, string]

async function fastify(defences: Bulwark): Promise<Server> {
  const app = Fastify()
  await app.register(onFastify, { bulwark: defences })
  for (const name of NAMES) {
    const [method, url] = split(name)
    app.route({
      method,
      url,
      config: POLICIES[name],
      handler: async asked =>
        reply(name, { body: asked.body, id: (asked.params as { id?: string }).id }),
    })
  }
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}

async function listening(server: Server): Promise<Server> {
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  return server
}

async function onExpressWith(
  defences: Bulwark,
  parsers: 'none' | 'before' | 'after',
): Promise<Server> {
  const app = express()
  if (parsers === 'before') app.use(express.json(), express.urlencoded())
  app.use(onExpress({ bulwark: defences }))
  if (parsers === 'after') app.use(express.json(), express.urlencoded())
  for (const name of NAMES) {
    const [method, path] = split(name)
    const verb = method.toLowerCase() as 'get' | 'post'
    app[verb](path, expressProtect(POLICIES[name]), (asked, response) => {
      response.json(reply(name, { body: asked.body, id: asked.params['id'] as string }))
    })
  }
  return listening(createServer(app))
}

async function hono(defences: Bulwark): Promise<Server> {
  const app = new Hono()
  app.use(onHono({ bulwark: defences }, app))
  for (const name of NAMES) {
    const [method, path] = split(name)
    app.on(method, path, honoProtect(POLICIES[name]), async context => {
      const body =
        method === 'GET'
          ? undefined
          : name === 'POST /form'
            ? await context.req.parseBody({ all: true })
            : await context.req.json()
      return context.json(reply(name, { body, id: context.req.param('id') }))
    })
  }
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise(ready => server.once('listening', ready))
  return server as Server
}

async function plain(defences: Bulwark): Promise<Server> {
  const routes = Object.fromEntries(
    NAMES.map(name => [
      name,
      {
        ...POLICIES[name],
        handle({
          response,
          body,
          params,
        }: Parameters<Parameters<typeof onNode>[1][string]['handle']>[0]) {
          const text = JSON.stringify(reply(name, { body, id: params['id'] }))
          response.setHeader('content-type', 'application/json; charset=utf-8')
          response.end(text)
        },
      },
    ]),
  )
  const listener: RequestListener = await onNode({ bulwark: defences }, routes)
  return listening(createServer(listener))
}

const FRAMEWORKS = {
  fastify,
  express: (defences: Bulwark) => onExpressWith(defences, 'none'),
  'express, parsers before': (defences: Bulwark) => onExpressWith(defences, 'before'),
  'express, parsers after': (defences: Bulwark) => onExpressWith(defences, 'after'),
  hono,
  'node:http': plain,
} as const

const json = JSON_TYPE
const form = FORM_TYPE

const firstRows: readonly Row[] = [
  {
    what: 'a stranger reads',
    method: 'GET',
    path: '/open',
    status: 200,
    says: { route: 'GET /open' },
  },
  { what: 'a stranger asks for the head', method: 'HEAD', path: '/open', status: 200 },
  {
    what: 'a stranger asks for what is not theirs',
    method: 'GET',
    path: '/mine',
    status: 401,
    says: 'access.not_signed_in',
  },
  { what: 'a parameter', method: 'GET', path: '/things/a%20b', status: 200, says: { id: 'a b' } },
  {
    what: 'a JSON body',
    method: 'POST',
    path: '/echo',
    headers: json,
    body: '{"a":[1,null]}',
    status: 200,
    says: { got: { a: [1, null] } },
  },
  {
    what: 'a form',
    method: 'POST',
    path: '/form',
    headers: form,
    body: 'a=1&tag=x&tag=y',
    status: 200,
    says: { got: { a: '1', tag: ['x', 'y'] } },
  },
  {
    what: 'a form field twice',
    method: 'POST',
    path: '/form',
    headers: form,
    body: 'a=1&a=2',
    status: 400,
    says: 'form.repeated',
  },
  {
    what: 'a key twice',
    method: 'POST',
    path: '/echo',
    headers: json,
    body: '{"a":1,"a":2}',
    status: 400,
  },
  {
    what: 'a prototype',
    method: 'POST',
    path: '/echo',
    headers: json,
    body: '{"__proto__":{}}',
    status: 400,
  },
  {
    what: 'no body where one is declared',
    method: 'POST',
    path: '/echo',
    headers: json,
    body: ' ',
    status: 400,
  },
  {
    what: 'text',
    method: 'POST',
    path: '/echo',
    headers: { 'content-type': 'text/plain' },
    body: '{}',
    status: 415,
  },
  {
    what: 'a form where JSON is taken',
    method: 'POST',
    path: '/echo',
    headers: form,
    body: 'a=1',
    status: 415,
  },
  {
    what: 'a body too long',
    method: 'POST',
    path: '/echo',
    headers: json,
    body: `"${'x'.repeat(120_000)}"`,
    status: 413,
  },
  {
    what: 'a query name twice',
    method: 'GET',
    path: '/open?a=1&a=2',
    status: 400,
    says: 'form.repeated',
  },
  {
    what: 'a path that is not there',
    method: 'GET',
    path: '/nowhere',
    status: 404,
    says: 'route.not_found',
  },
  {
    what: 'a method that is not there',
    method: 'DELETE',
    path: '/open',
    status: 405,
    says: 'route.method_not_allowed',
  },
  {
    what: 'a route that fails',
    method: 'GET',
    path: '/boom',
    status: 500,
    says: 'service.faulted',
  },
  {
    what: 'another host',
    method: 'GET',
    path: '/open',
    headers: { host: 'evil.example' },
    status: 421,
  },
  { what: 'an encoded slash', method: 'GET', path: '/things/a%2fb', status: 400 },
  { what: 'two slashes', method: 'GET', path: '//open', status: 400 },
  {
    what: 'a form from another site',
    method: 'POST',
    path: '/form',
    headers: { ...form, 'sec-fetch-site': 'cross-site' },
    body: 'a=1',
    status: 403,
  },
  {
    what: 'a post from another origin',
    method: 'POST',
    path: '/echo',
    headers: { ...json, origin: 'https://evil.example' },
    body: '{}',
    status: 403,
  },
  {
    what: 'a browser that takes no JSON',
    method: 'GET',
    path: '/open',
    headers: { accept: 'image/png' },
    status: 406,
  },
  {
    what: 'a page reader',
    method: 'GET',
    path: '/mine',
    headers: { accept: 'text/html' },
    status: 401,
  },
]

interface Seen {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** What depends on the moment, the connection or the framework's own way of framing. */
const IGNORED = new Set([
  'date',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'etag',
  'content-security-policy',
])

/** A running framework, and what it has given out to those who ask it. */
interface House {
  readonly server: Server
  /** In place of `{own}`, `{session}`, `{token}`, `{visitor}`. */
  readonly given: ReadonlyMap<string, string>
}

/** Numbers and moments of one house are those of all. */
const NOW = 1_800_000_000_000

async function houses(options: BulwarkOptions): Promise<ReadonlyMap<string, House>> {
  const all = new Map<string, House>()
  for (const [name, start] of Object.entries(FRAMEWORKS)) {
    const defences = await assemble({ ...options, stores: memoryStores(), clock: () => NOW })
    const server = await start(defences)
    all.set(name, { server, given: await givenOut(server, defences) })
  }
  return all
}

async function givenOut(server: Server, defences: Bulwark): Promise<ReadonlyMap<string, string>> {
  const { port } = server.address() as AddressInfo
  const account = { id: 'ann', role: 'user' }
  const proof = { factors: [{ factor: 'pwd', at: NOW }], address: '127.0.0.1', device: 'test' }
  const issued = await defences.sessions?.start(account, proof)
  const [session = ''] = issued?.cookie.split(';') ?? []
  const given = new Map([
    ['{own}', `http://127.0.0.1:${port}`],
    ['{session}', session],
  ])
  if (defences.mode === 'production') return given
  const row = { what: 'a token', method: 'GET', path: '/csrf-token', status: 200 }
  const own = await ask({ server, given }, { ...row, headers: { cookie: session } })
  given.set('{token}', JSON.parse(own.text).csrfToken)
  const visit = await ask({ server, given }, row)
  given.set('{visitor}', String(visit.headers['set-cookie']).split(';')[0] ?? '')
  return given
}

function filled(text: string, given: House['given']): string {
  return text.replace(/\{(?:own|session|token|visitor)\}/g, name => given.get(name) ?? name)
}

function ask({ server, given }: House, row: Row): Promise<Seen> {
  const { port } = server.address() as AddressInfo
  const { promise, resolve, reject } = Promise.withResolvers<Seen>()
  const body = typeof row.body === 'string' ? filled(row.body, given) : row.body
  const headers = Object.entries(row.headers ?? {}).map(
    ([name, value]) => [name, filled(value, given)] as const,
  )
  const sent = request(
    {
      port,
      host: '127.0.0.1',
      method: row.method,
      path: row.path,
      agent: false,
      headers: {
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
        ...Object.fromEntries(headers),
      },
    },
    async response => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(chunks).toString(),
      })
    },
  )
  sent.on('error', reject)
  sent.end(body)
  return promise
}

function comparable(headers: Seen['headers']): Record<string, unknown> {
  const kept = Object.entries(headers).filter(([name]) => !IGNORED.has(name))
  return Object.fromEntries(
    kept
      .map(([name, value]) => [
        name,
        String(value)
          .replace(/; charset=utf-8$/i, '')
          .toLowerCase(),
      ])
      .sort(),
  )
}

function judge(name: string, row: Row, seen: Seen): void {
  assert.equal(seen.status, row.status, `${name}: ${seen.text}`)
  if (typeof row.says === 'string') assert.equal(JSON.parse(seen.text).code, row.says, name)
  if (typeof row.says === 'object') assert.deepEqual(JSON.parse(seen.text), row.says, name)
  for (const [field, wanted] of Object.entries(row.fields ?? {})) {
    const value = seen.headers[field]
    if (wanted instanceof RegExp) assert.match(String(value), wanted, `${name}: ${field}`)
    else assert.equal(value, wanted, `${name}: ${field}`)
  }
  assert.doesNotMatch(seen.text, /hunter2|node_modules/)
}

const ownHouses = await houses({
  mode: 'development',
  hosts: ['inside.example'],
  csrf: {
    trustedOrigins: ['https://friend.example'],
    exempt: { 'POST /hook': 'its sender signs each message' },
  },
})
const proxiedHouses = await houses({
  mode: 'production',
  origin: 'https://app.example',
  rootKey: randomBytes(32),
  trustedProxies: ['127.0.0.1'],
  throttle: { default: { by: 'address', limit: 3, windowSeconds: 60 } },
  doctor: {
    accept: {
      'store.memory': 'a test ends before anything is worth keeping',
      'audit.in-memory': 'a test ends before anything is worth keeping',
    },
  },
})
after(() => {
  for (const { server } of [...ownHouses.values(), ...proxiedHouses.values()]) {
    server.closeAllConnections()
    server.close()
  }
})

const ROWS = [
  [ownHouses, [...firstRows, ...csrfRows, ...contentRows, ...framingRows, ...accessRows]],
  [proxiedHouses, proxiedRows],
] as const

for (const [those, rows] of ROWS) {
  for (const row of rows) {
    test(`${row.what} (${row.method} ${row.path.slice(0, 40)}) meets ${row.status}, the same on every framework`, async () => {
      let first: Record<string, unknown> | undefined
      for (const [name, house] of those) {
        const seen = await ask(house, row)
        judge(name, row, seen)
        first ??= comparable(seen.headers)
        assert.deepEqual(comparable(seen.headers), first, name)
      }
    })
  }
}

test('no less than three hundred rows', () => {
  assert.ok(ROWS.flatMap(([, rows]) => rows).length >= 300)
})
