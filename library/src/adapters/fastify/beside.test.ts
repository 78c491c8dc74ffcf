import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { testKit } from '../../testing/testing.ts'
import { bulwark } from './fastify.ts'

const PUBLIC = { access: { public: true } } as const

async function existing(): Promise<FastifyInstance> {
  const kit = await testKit()
  const app = Fastify()
  await app.register(bulwark, { bulwark: kit.bulwark })
  app.post('/echo', { config: PUBLIC }, async ({ body }) => ({ got: body }))
  return app
}

const headers = { 'content-type': 'application/json', host: 'localhost' }

test('a service keeps its own page for what is missing, behind the defences', async () => {
  const app = await existing()
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ nothing: 'here' }))
  assert.throws(() => app.setNotFoundHandler(() => undefined), /already set/)
  const shown = await app.inject({ url: '/nowhere', headers: { host: 'localhost' } })
  assert.deepEqual([shown.statusCode, shown.json()], [404, { nothing: 'here' }])
  assert.equal(shown.headers['x-content-type-options'], 'nosniff')
  const foreign = await app.inject({ url: '/nowhere', headers: { host: 'evil.example' } })
  assert.equal(foreign.statusCode, 421)
})

test('its error handlers see its errors, and never our refusals', async () => {
  const app = await existing()
  const seen: string[] = []
  const told = (error: unknown) => void seen.push(String(error))
  app.setErrorHandler((error, _request, reply) => {
    told(error)
    return reply.code(500).send({ oops: true })
  })
  app.get('/broken', { config: PUBLIC }, async () => {
    throw new Error('theirs')
  })
  await app.register((inner, _options, done) => {
    inner.setErrorHandler((error, _request, reply) => {
      told(error)
      return reply.code(500).send({ inner: true })
    })
    inner.post('/inner', { config: PUBLIC }, async () => ({}))
    done()
  })
  for (const url of ['/echo', '/inner']) {
    const refused = await app.inject({ method: 'POST', url, headers, payload: '{"a":1,"a":2}' })
    assert.equal(refused.statusCode, 400)
    assert.match(String(refused.headers['content-type']), /^application\/problem\+json/)
  }
  assert.deepEqual(seen, [])
  const broken = await app.inject({ url: '/broken', headers: { host: 'localhost' } })
  assert.deepEqual([broken.json(), seen], [{ oops: true }, ['Error: theirs']])
})

test('a second parser stops the start and says what to do', async () => {
  const app = await existing()
  const parser = (_request: unknown, _payload: unknown, done: (error: null) => void) => done(null)
  assert.throws(() => app.addContentTypeParser('application/json', parser), {
    name: 'ConfigFault',
    message: /application\/json is read by Bulwark already; .*`content: \{ raw: true \}`/,
  })
  app.addContentTypeParser('application/x-own', parser)
})

test('a route that checks a signature gets the bytes that were signed, and no more than its limit', async () => {
  const app = await existing()
  const config = { ...PUBLIC, content: { raw: true }, limits: { maxBodyBytes: 40 } } as const
  app.post('/hook', { config }, async ({ body }) => ({ hex: (body as Buffer).toString('hex') }))
  const payload = '{ "a": 1,   "a": 2 }'
  const got = await app.inject({ method: 'POST', url: '/hook', headers, payload })
  assert.deepEqual(got.json(), { hex: Buffer.from(payload).toString('hex') })
  const long = { method: 'POST', url: '/hook', headers, payload: ' '.repeat(41) } as const
  assert.equal((await app.inject(long)).statusCode, 413)
})

test('routes that a plugin brings get their access beside them, HEAD with GET, and no method more', async () => {
  const routes = { 'GET /files/*': { public: true }, 'ANY /behind': { signedIn: true } } as const
  const app = Fastify()
  await app.register(bulwark, { origin: 'http://localhost', access: { routes } })
  app.route({ method: ['HEAD', 'GET'], url: '/files/*', handler: async () => 'file' })
  app.route({ method: ['GET', 'POST'], url: '/behind', handler: async () => 'secret' })
  const status = async (method: 'GET' | 'HEAD' | 'POST', url: string) =>
    (await app.inject({ method, url, headers: { host: 'localhost' } })).statusCode
  assert.equal(await status('GET', '/files/a'), 200)
  assert.equal(await status('HEAD', '/files/a'), 200)
  assert.equal(await status('GET', '/behind'), 401)
  assert.equal(await status('POST', '/behind'), 401)
  await app.close()

  const more = Fastify()
  await more.register(bulwark, { origin: 'http://localhost', access: { routes } })
  more.route({ method: ['GET', 'POST'], url: '/files/*', handler: async () => 'file' })
  await assert.rejects(async () => more.ready(), /GET\|POST \/files\/\*.*`access\.routes`/)
})
