import type { Outbox } from 'bulwark/mail'
import { refuse } from 'bulwark/refuse'
import type { FastifyInstance } from 'fastify'

const LOOPBACK = /^(?:127\.|::1$)/

const notFound = { code: 'route.not_found', says: 'route.not_found', status: 404 } as const

/** `/dev/outbox`: the mails that would have gone out. Mounted in development only. */
export function outboxRoutes(app: FastifyInstance, outbox: Outbox): void {
  app.get('/dev/outbox', { config: { access: { public: true } } }, async request => {
    if (!LOOPBACK.test(request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''))
      refuse(notFound)
    return outbox.mails().map(mail => ({ ...mail, at: new Date(mail.at).toISOString() }))
  })
}
