import { refuse } from 'bulwark/refuse'
import { uuid } from 'bulwark/uuid'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Order, Orders } from './orders.ts'

const item = z.string().trim().min(1).max(200)
const quantity = z.number().int().min(1).max(1000)
const note = z.string().max(2000)

const newOrder = z.strictObject({ item, quantity, note: note.optional() })
const orderChange = z
  .strictObject({ item: item.optional(), quantity: quantity.optional(), note: note.optional() })
  .refine(change => Object.keys(change).length > 0, { message: 'nothing to change' })

const notFound = { code: 'access.not_found', says: 'access.not_found', status: 404 } as const
const owned = { access: { signedIn: true, scope: 'orders:write' } } as const
const seen = { access: { signedIn: true, scope: 'orders:read' } } as const

/** `/api/orders`: everybody's own, and nobody else's. */
export function orderRoutes(app: FastifyInstance, orders: Orders): void {
  const own = (request: { readonly principal: FastifyRequest['principal'] }) =>
    orders.of(request.principal ?? refuse(notFound))
  const idOf = (params: unknown): string => {
    const parsed = uuid((params as { id?: unknown }).id)
    return parsed.ok ? parsed.value : refuse(parsed.refusal)
  }
  const found = (order: Order | undefined): Order => order ?? refuse(notFound)

  app.get('/api/orders', { config: seen }, request => own(request).list())
  app.post(
    '/api/orders',
    { config: { ...owned, content: { body: newOrder } } },
    async (request, reply) => {
      const order = await own(request).add(request.body as z.infer<typeof newOrder>)
      return reply.code(201).header('location', `/api/orders/${order.id}`).send(order)
    },
  )
  app.get('/api/orders/:id', { config: seen }, async request =>
    found(await own(request).get(idOf(request.params))),
  )
  app.patch(
    '/api/orders/:id',
    { config: { ...owned, content: { body: orderChange } } },
    async request => {
      const change = request.body as z.infer<typeof orderChange>
      return found(await own(request).change(idOf(request.params), change))
    },
  )
  app.delete('/api/orders/:id', { config: owned }, async (request, reply) => {
    const id = idOf(request.params)
    if (!(await own(request).remove(id))) refuse(notFound)
    return reply.code(204).send()
  })
}
