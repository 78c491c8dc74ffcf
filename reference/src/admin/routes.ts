import type { FastifyInstance } from 'fastify'
import { auditRoutes } from './audit.ts'
import { overviewRoutes } from './overview.ts'
import { postureRoute } from './posture.ts'
import { streamRoute } from './stream.ts'
import { throttleRoutes } from './throttles.ts'
import { userRoutes } from './users.ts'

/** `/admin`: what the operator sees and does. Every look is itself an event. */
export function adminRoutes(app: FastifyInstance): void {
  const { audit, pipeline } = app.bulwark

  app.addHook('onRequest', async request => {
    if (!request.exchange.route.pattern.startsWith('/admin/')) return
    await audit?.recordByPolicy({
      code: 'admin.viewed',
      outcome: 'success',
      actorId: request.principal?.accountId,
      request: pipeline.auditRequest(request.exchange),
    })
  })
  overviewRoutes(app)
  auditRoutes(app)
  userRoutes(app)
  throttleRoutes(app)
  streamRoute(app)
  postureRoute(app)
}
