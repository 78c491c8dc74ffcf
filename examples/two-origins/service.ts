// The API of a single-page app that another origin serves: app.example.com and api.example.com, or two
// ports here. Both belong to one site, so the browser sends the session cookie along.
import { randomUUID } from 'node:crypto'
import { bulwark } from 'bulwark/fastify'
import Fastify from 'fastify'
import { printed } from './mails.ts'
import { openOrders } from './orders.ts'

const port = Number(process.env['PORT'] ?? 3000)
const spa = process.env['SPA_ORIGIN'] ?? 'http://localhost:5173'
const app = Fastify()

await app.register(bulwark, {
  origin: `http://localhost:${port}`,
  csrf: { trustedOrigins: [spa] }, // its posts are ours; those of any other sibling are not
  account: { mailer: printed },
})

// CORS lets exactly this origin read answers and send JSON and the CSRF token; nobody else.
app.addHook('onRequest', async (request, reply) => {
  reply.header('vary', 'Origin')
  if (request.headers.origin !== spa) return
  reply.header('access-control-allow-origin', spa)
  reply.header('access-control-allow-credentials', 'true')
  if (request.method !== 'OPTIONS') return
  reply.header('access-control-allow-methods', 'GET, POST, PATCH, DELETE')
  reply.header('access-control-allow-headers', 'content-type, x-csrf-token')
  reply.header('access-control-max-age', '600')
  return reply.code(204).send()
})

const ordersOf = openOrders(app.bulwark)
const mine = { access: { signedIn: true } } as const
app.get('/orders', { config: mine }, async ({ principal }) => ordersOf(principal).list())
app.post<{ Body: { item: string } }>('/orders', { config: mine }, async (request, reply) => {
  const order = { id: randomUUID(), item: String(request.body.item) }
  await ordersOf(request.principal).create(order)
  return reply.code(201).send(order)
})

await app.listen({ port, host: '127.0.0.1' })
process.stdout.write(`listening on http://localhost:${port}\n`)
