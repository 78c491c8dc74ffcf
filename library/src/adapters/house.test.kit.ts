import { createServer, type RequestListener, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { serve } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import {
  assemble,
  type Bulwark,
  type BulwarkOptions,
  type Exchange,
  type RoutePolicy,
} from '../bulwark.ts'
import { memoryStores } from '../store/memory/memory.ts'
import { protect as expressProtect, bulwark as onExpress } from './express/express.ts'
import { bulwark as onFastify } from './fastify/fastify.ts'
import { protect as honoProtect, bulwark as onHono } from './hono/hono.ts'
import { bulwark as onNode } from './node/node.ts'
import type { Row } from './rows/row.ts'

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
  'POST /parts': {
    access: { public: true },
    limits: { bodySeconds: 90 },
    content: { consumes: ['multipart/form-data'] },
  },
  'GET /admin': { access: { signedIn: true, role: 'admin' } },
  'GET /hidden': { access: { signedIn: true, role: 'admin', hidden: true } },
  'GET /boom': { access: { public: true } },
  'GET /things/:id': { access: { public: true } },
  'GET /page': { access: { public: true }, headers: 'page' },
  'GET /moved': { access: { public: true } },
  'POST /enter': { access: { public: true } },
} as const satisfies Record<string, RoutePolicy>

interface Asked {
  readonly defences: Bulwark
  readonly exchange: Exchange
  readonly body: unknown
  readonly id: string | undefined
}

async function reply(name: keyof typeof POLICIES, asked: Asked): Promise<object> {
  const { body, id, exchange, defences } = asked
  if (name === 'GET /boom') throw new Error('password=hunter2')
  if (name === 'GET /things/:id') return { id }
  if (name === 'POST /enter') {
    const started = await defences.sessions?.start({ id: 'eve', role: 'user' }, PROOF)
    exchange.setCookie(started?.cookie ?? '')
    return {}
  }
  if (name === 'POST /parts') {
    let bytes = 0
    for await (const chunk of body as Readable) bytes += (chunk as Buffer).length
    return { bytes }
  }
  return name.startsWith('POST') ? { got: body } : { route: name }
}

const ELSEWHERE = '/open?from=moved'
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
      handler: async (asked, answer) => {
        if (name === 'GET /moved') return answer.redirect(ELSEWHERE)
        const { body, exchange } = asked
        const { id } = asked.params as { id?: string }
        return reply(name, { defences, exchange, body, id })
      },
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
    app[verb](path, expressProtect(POLICIES[name]), async (asked, response) => {
      if (name === 'GET /moved') return response.location(ELSEWHERE).status(302).end()
      const { body, params } = asked
      const exchange = asked.exchange as Exchange
      const id = params['id'] as string
      response.json(await reply(name, { defences, exchange, body, id }))
      return undefined
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
      if (name === 'GET /moved') return context.redirect(ELSEWHERE)
      const exchange = context.get('exchange')
      const body =
        method === 'GET'
          ? undefined
          : name === 'POST /parts' || name === 'POST /hook'
            ? context.get('body')
            : name === 'POST /form'
              ? await context.req.parseBody({ all: true })
              : await context.req.json()
      return context.json(
        await reply(name, { defences, exchange, body, id: context.req.param('id') }),
      )
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
        async handle({
          response,
          exchange,
          body,
          params,
        }: Parameters<Parameters<typeof onNode>[1][string]['handle']>[0]) {
          if (name === 'GET /moved') {
            response.writeHead(302, { location: ELSEWHERE }).end()
            return
          }
          const asked = { defences, exchange, body, id: params['id'] }
          const text = JSON.stringify(await reply(name, asked))
          response.setHeader('content-type', 'application/json; charset=utf-8')
          response.end(text)
        },
      },
    ]),
  )
  const listener: RequestListener = await onNode({ bulwark: defences }, routes)
  return listening(createServer(listener))
}

export const FRAMEWORKS: Readonly<Record<string, (defences: Bulwark) => Promise<Server>>> = {
  fastify,
  express: (defences: Bulwark) => onExpressWith(defences, 'none'),
  'express, parsers before': (defences: Bulwark) => onExpressWith(defences, 'before'),
  'express, parsers after': (defences: Bulwark) => onExpressWith(defences, 'after'),
  hono,
  'node:http': plain,
}

/** An answer, read to its end. */
export interface Seen {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** A running framework, and what it has given out to those who ask it. */
export interface House {
  readonly server: Server
  readonly defences: Bulwark
  /** In place of `{own}`, `{session}`, `{token}`, `{visitor}`. */
  readonly given: ReadonlyMap<string, string>
}

/** Numbers and moments of one house are those of all. */
export const NOW = 1_800_000_000_000

const PROOF = { factors: [{ factor: 'pwd', at: NOW }], address: '127.0.0.1', device: 'test' }

/** Starts the same service on every framework, or on those that are named. */
export async function houses(
  options: BulwarkOptions,
  names: readonly string[] = Object.keys(FRAMEWORKS),
): Promise<ReadonlyMap<string, House>> {
  const all = new Map<string, House>()
  for (const [name, start] of Object.entries(FRAMEWORKS)) {
    if (!names.includes(name)) continue
    const defences = await assemble({ stores: memoryStores(), ...options, clock: () => NOW })
    const server = await start(defences)
    all.set(name, { server, defences, given: await givenOut(server, defences) })
  }
  return all
}

async function givenOut(server: Server, defences: Bulwark): Promise<ReadonlyMap<string, string>> {
  const { port } = server.address() as AddressInfo
  const account = { id: 'ann', role: 'user' }
  const issued = await defences.sessions?.start(account, PROOF)
  const [session = ''] = issued?.cookie.split(';') ?? []
  const given = new Map([
    ['{own}', `http://127.0.0.1:${port}`],
    ['{session}', session],
  ])
  if (defences.mode === 'production') return given
  const row = { what: 'a token', method: 'GET', path: '/csrf-token', status: 200 }
  const own = await ask({ server, defences, given }, { ...row, headers: { cookie: session } })
  given.set('{token}', JSON.parse(own.text).csrfToken)
  const visit = await ask({ server, defences, given }, row)
  given.set('{visitor}', String(visit.headers['set-cookie']).split(';')[0] ?? '')
  return given
}

export function filled(text: string, given: House['given']): string {
  return text.replace(/\{(?:own|session|token|visitor)\}/g, name => given.get(name) ?? name)
}

export function ask({ server, given }: House, row: Row): Promise<Seen> {
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
