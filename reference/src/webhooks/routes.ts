import type { Outcome } from 'bulwark/outcome'
import { refuse } from 'bulwark/refuse'
import { uuid } from 'bulwark/uuid'
import type { WebhookDelivery, WebhookEndpoint, Webhooks } from 'bulwark/webhooks'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'

export const EVENTS = ['order.created', 'order.changed', 'order.removed', 'file.stored'] as const

const owned = { access: { signedIn: true } } as const
/** Each asks somebody else's server something, so they are few. */
const dear = { ...owned, throttle: 'webhook-test', limits: { concurrency: 8 } } as const

const url = z.string().min(1).max(2048)
const added = z.strictObject({
  url,
  events: z.array(z.enum(EVENTS)).max(EVENTS.length).default([]),
})
const tested = z.strictObject({ url })

const notSignedIn = {
  code: 'access.not_signed_in',
  says: 'access.not_signed_in',
  status: 401,
} as const

const iso = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString()

/** An endpoint as its owner sees it: the secret is not among it. */
export function endpointView({
  id,
  url,
  events,
  createdAt,
  disabledAt,
  failures,
}: WebhookEndpoint): object {
  return { id, url, events, failures, createdAt: iso(createdAt), disabledAt: iso(disabledAt) }
}

/** An attempt as its owner sees it: what was sent is named, not shown. */
export function deliveryView(delivery: WebhookDelivery): object {
  const { id, messageId, event, attempt, at, durationMs, status, outcome } = delivery
  return { id, messageId, event, attempt, at: iso(at), durationMs, status: status ?? null, outcome }
}

/** `/api/webhooks`: where an account's own services are told. */
export function webhookRoutes(app: FastifyInstance, webhooks: Webhooks): void {
  const ownerOf = (request: FastifyRequest): string =>
    request.principal?.accountId ?? refuse(notSignedIn)
  const idOf = (request: FastifyRequest): string => {
    const parsed = uuid((request.params as { id?: unknown }).id)
    return parsed.ok ? parsed.value : refuse(parsed.refusal)
  }
  const granted = <T>(outcome: Outcome<T>): T =>
    outcome.ok ? outcome.value : refuse(outcome.refusal)

  app.get('/api/webhooks', { config: owned }, async request =>
    (await webhooks.list(ownerOf(request))).map(endpointView),
  )
  app.post(
    '/api/webhooks',
    { config: { ...owned, content: { body: added } } },
    async (request, reply) => {
      const input = request.body as z.infer<typeof added>
      const { endpoint, secret } = granted(await webhooks.add(ownerOf(request), input))
      return reply
        .code(201)
        .header('location', `/api/webhooks/${endpoint.id}`)
        .send({ ...endpointView(endpoint), secret })
    },
  )
  app.post(
    '/api/webhooks/test',
    { config: { ...dear, content: { body: tested } } },
    async request => granted(await webhooks.test((request.body as z.infer<typeof tested>).url)),
  )
  app.delete('/api/webhooks/:id', { config: owned }, async (request, reply) => {
    granted(await webhooks.remove(ownerOf(request), idOf(request)))
    return reply.code(204).send()
  })
  app.post('/api/webhooks/:id/secret', { config: owned }, async request => ({
    secret: granted(await webhooks.rotate(ownerOf(request), idOf(request))),
  }))
  app.post('/api/webhooks/:id/enable', { config: owned }, async (request, reply) => {
    granted(await webhooks.enable(ownerOf(request), idOf(request)))
    return reply.code(204).send()
  })
  app.get('/api/webhooks/:id/deliveries', { config: owned }, async request =>
    (await webhooks.deliveries(ownerOf(request), idOf(request))).map(deliveryView),
  )
  app.post('/api/webhook-deliveries/:id/replay', { config: owned }, async (request, reply) => {
    granted(await webhooks.replay(ownerOf(request), idOf(request)))
    return reply.code(202).send({ status: 'accepted' })
  })
}
