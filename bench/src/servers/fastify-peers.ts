import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import csrf from '@fastify/csrf-protection'
import helmet from '@fastify/helmet'
import limit from '@fastify/rate-limit'
import session from '@fastify/session'
import Fastify from 'fastify'
import { freePort, serving } from '../contender.ts'

/** The usual stack of plugins, each as its README sets it up, with a session in memory. */
const port = await freePort()
const app = Fastify()
await app.register(helmet)
await app.register(cookie)
await app.register(session, {
  secret: randomBytes(32).toString('hex'),
  cookie: { secure: false },
  saveUninitialized: false,
})
await app.register(csrf, { sessionPlugin: '@fastify/session' })
await app.register(limit, { max: 1_000_000_000, timeWindow: '1 minute' })
app.get('/', async () => ({ hello: 'world' }))
app.get('/csrf-token', async (_request, reply) => ({ csrfToken: reply.generateCsrf() }))
app.post('/echo', { onRequest: app.csrfProtection }, async request => ({
  got: (request.body as { item: string }).item,
}))
await app.listen({ port, host: '127.0.0.1' })

const answer = await app.inject({ url: '/csrf-token' })
const { csrfToken } = answer.json() as { csrfToken: string }
const [first] = [answer.headers['set-cookie']].flat()
serving({ port, told: { cookie: first?.split(';')[0] ?? '', csrfToken } })
