import Fastify from 'fastify'
import { serving } from '../contender.ts'
import { csrfToken, FLOOR, type FloorResponse, judge, login } from '../essential.ts'

/** One hook, and the fields written by a response of our own. */
const app = Fastify({ http: FLOOR })
app.addHook('onRequest', (request, reply, next) => {
  const { status, rate } = judge(request.raw)
  const response = reply.raw as FloorResponse
  response.rate = rate
  if (status === 200) next()
  else reply.code(status).send({ status })
})
app.get('/', async () => ({ hello: 'world' }))
app.post('/echo', async request => ({ got: (request.body as { item: string }).item }))
app.get('/me', async ({ raw }) => ({ account: judge(raw).account ?? '' }))
app.get('/csrf-token', async ({ raw }) => ({ csrfToken: csrfToken(raw) }))
app.get('/login', async (_request, reply) => {
  reply.header('set-cookie', login(crypto.randomUUID()))
  return {}
})
await app.listen({ port: 0, host: '127.0.0.1' })
serving({ port: (app.server.address() as { port: number }).port })
