import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import csrf from '@fastify/csrf-protection'
import helmet from '@fastify/helmet'
import limit from '@fastify/rate-limit'
import session from '@fastify/session'
import Fastify from 'fastify'
import { serving } from '../contender.ts'

declare module 'fastify' {
  interface Session {
    account?: string
  }
}

/** The usual stack of plugins, each as its README sets it up and with its defaults, in memory. */
const app = Fastify()
await app.register(helmet)
await app.register(cookie)
await app.register(session, {
  secret: randomBytes(32).toString('hex'),
  cookie: { secure: false },
})
await app.register(csrf, { sessionPlugin: '@fastify/session' })
await app.register(limit, { max: 1_000_000_000, timeWindow: '1 minute' })
app.get('/', async () => ({ hello: 'world' }))
app.post('/echo', { onRequest: app.csrfProtection }, async request => ({
  got: (request.body as { item: string }).item,
}))
app.get('/me', async request => ({ account: request.session.account ?? '' }))
app.get('/csrf-token', async (_request, reply) => ({ csrfToken: reply.generateCsrf() }))
app.get('/login', async request => {
  request.session.account = crypto.randomUUID()
  return {}
})
await app.listen({ port: 0, host: '127.0.0.1' })
serving({ port: (app.server.address() as { port: number }).port })
