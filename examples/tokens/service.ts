// An API for apps and command lines: no cookies, so nothing for another site to abuse. Sign in with
// `{ email, password, transport: 'token' }`, send `Authorization: Bearer …`, renew at /auth/refresh.
import { randomUUID } from 'node:crypto'
import { bulwark } from 'bulwark/fastify'
import Fastify from 'fastify'
import { printed } from './mails.ts'
import { openOrders } from './orders.ts'

const port = Number(process.env['PORT'] ?? 3000)
const app = Fastify()

await app.register(bulwark, {
  origin: `http://localhost:${port}`,
  account: { mailer: printed },
  refresh: { accessSeconds: 300, idleSeconds: 7 * 86_400 },
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
