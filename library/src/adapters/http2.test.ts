import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type OutgoingHttpHeaders,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import Fastify from 'fastify'
import { assemble, type Bulwark } from '../bulwark.ts'
import { memoryStores } from '../store/memory/memory.ts'
import { bulwark as onFastify } from './fastify/fastify.ts'
import { bulwark as onNode } from './node/node.ts'

const defended = (): Promise<Bulwark> =>
  assemble({
    mode: 'development',
    stores: memoryStores(),
    limits: { body: { json: 1024 } },
  })
const open = { access: { public: true } } as const

const servers: Record<string, () => Promise<Server>> = {
  async fastify() {
    const app = Fastify({ http2: true })
    await app.register(onFastify as never, { bulwark: await defended() } as never)
    app.get('/open', { config: open }, async () => ({ got: 'open' }))
    app.post('/echo', { config: open }, async request => ({ got: request.body }))
    await app.listen({ port: 0, host: '127.0.0.1' })
    return app.server as unknown as Server
  },
  async 'node:http2'() {
    const listener: RequestListener = await onNode(
      { bulwark: await defended() },
      {
        'GET /open': { ...open, handle: ({ response }) => void response.end('{"got":"open"}') },
        'POST /echo': {
          ...open,
          handle: ({ response, body }) => void response.end(JSON.stringify({ got: body })),
        },
      },
    )
    const server = createServer(listener as never)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return server as unknown as Server
  },
}

interface Heard {
  readonly status: number
  readonly code: string | undefined
  readonly headers: Record<string, unknown>
}

/** One request on a session of its own; `status` 0 when its stream was reset. */
async function ask(
  port: number,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Heard> {
  const session: ClientHttp2Session = connect(`http://127.0.0.1:${port}`)
  try {
    const stream = session.request(
      { ':authority': 'localhost', ...headers },
      { endStream: body === undefined },
    )
    let status = 0
    let given: Record<string, unknown> = {}
    let text = ''
    stream.setEncoding('utf8')
    stream.on('response', answer => {
      status = Number(answer[':status'])
      given = answer
    })
    stream.on('data', chunk => {
      text += chunk
    })
    stream.on('error', () => undefined)
    if (body !== undefined) stream.end(body)
    await once(stream, 'close')
    return { status, code: /"code":"([^"]+)"/.exec(text)?.[1], headers: given }
  } finally {
    session.destroy()
  }
}

const get = { ':method': 'GET', ':path': '/open' } as const
const post = { ':method': 'POST', ':path': '/echo', 'content-type': 'application/json' } as const
const cross = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' } as const

const cases: readonly (readonly [
  string,
  OutgoingHttpHeaders,
  string | undefined,
  number,
  string?,
])[] = [
  ['an ordinary request', get, undefined, 200],
  ['a body', post, '{"a":1}', 200],
  ['another authority', { ...get, ':authority': 'evil.example' }, undefined, 421, 'hosts.unknown'],
  [
    'a Host beside the authority that says otherwise',
    { ...get, host: 'evil.example' },
    undefined,
    400,
    'hosts.malformed',
  ],
  ['dots', { ...get, ':path': '/a/../open' }, undefined, 400, 'framing.refused'],
  ['an encoded slash', { ...get, ':path': '/a%2fopen' }, undefined, 400, 'framing.refused'],
  ['two slashes', { ...get, ':path': '//open' }, undefined, 400, 'framing.refused'],
  ['TRACE', { ...get, ':method': 'TRACE' }, undefined, 405, 'framing.method'],
  ['an underscore in a name', { ...get, content_length: '1' }, undefined, 400, 'framing.refused'],
  ['a post of another site', { ...post, ...cross }, '{}', 403, 'csrf.refused'],
  ['a body too long', post, `"${'a'.repeat(2000)}"`, 413, 'limits.too_large'],
  [
    'a body whose declared length is too long',
    { ...post, 'content-length': '5000' },
    'x'.repeat(5000),
    413,
    'limits.too_large',
  ],
  ['a prototype', post, '{"__proto__":1}', 400],
  ['text', { ...post, 'content-type': 'text/plain' }, '{}', 415, 'content.unsupported_type'],
  ['what is not there', { ...get, ':path': '/nowhere' }, undefined, 404, 'route.not_found'],
]

const running: Server[] = []
after(() => {
  for (const server of running) server.close()
})

for (const [name, start] of Object.entries(servers)) {
  const server = await start()
  running.push(server)
  const { port } = server.address() as AddressInfo
  for (const [what, headers, body, status, code] of cases) {
    test(`HTTP/2 on ${name}: ${what} meets ${status}`, async () => {
      const heard = await ask(port, headers, body)
      assert.equal(heard.status, status, `${heard.code}`)
      if (code !== undefined) assert.equal(heard.code, code)
      assert.equal(heard.headers['x-content-type-options'], 'nosniff')
    })
  }

  test(`HTTP/2 on ${name}: a tunnel is refused`, async () => {
    const heard = await ask(port, { ':method': 'CONNECT', ':authority': 'localhost:443' })
    assert.equal(heard.status, 405)
  })

  test(`HTTP/2 on ${name}: a session that lasts is nobody’s slow header`, async () => {
    const session = connect(`http://127.0.0.1:${port}`)
    await once(session, 'connect')
    const stream = session.request({ ':authority': 'localhost', ...get })
    await once(stream.resume(), 'close')
    assert.equal(session.destroyed, false)
    session.destroy()
  })
}
