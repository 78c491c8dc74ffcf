import { randomUUID } from 'node:crypto'
import { refusals } from 'bulwark/access'
import { bulwark } from 'bulwark/fastify'
import { refuse } from 'bulwark/refuse'
import Fastify from 'fastify'
import { printed } from './mails.ts'
import { openOrders } from './orders.ts'

const port = Number(process.env['PORT'] ?? 3000)
const app = Fastify()

// Everything under /auth, and all defences on every route. In production: rootKey, stores, https.
await app.register(bulwark, { origin: `http://localhost:${port}`, account: { mailer: printed } })
const ordersOf = openOrders(app.bulwark)
const mine = { access: { signedIn: true } } as const

app.get('/', { config: { access: { public: true } } }, async () => ({ hello: 'world' }))
app.get('/orders', { config: mine }, async ({ principal }) => ordersOf(principal).list())
app.get<{ Params: { id: string } }>('/orders/:id', { config: mine }, async request => {
  const order = await ordersOf(request.principal).get(request.params.id)
  return order ?? refuse(refusals.notFound) // absent, or somebody else's: nobody can tell
})
app.post<{ Body: { item: string } }>('/orders', { config: mine }, async (request, reply) => {
  const order = { id: randomUUID(), item: String(request.body.item) }
  await ordersOf(request.principal).create(order)
  return reply.code(201).send(order)
})

await app.listen({ port, host: '127.0.0.1' })
process.stdout.write(`listening on http://localhost:${port}\n`)
