import type { FastifyInstance } from 'fastify'

const open = { config: { access: { public: true } } } as const

/** `/healthz`: the process turns. `/readyz`: it can also do its work. */
export function healthRoutes(app: FastifyInstance, isStopping: () => boolean): void {
  app.get('/healthz', open, async () => ({ status: 'ok' }))
  app.get('/readyz', open, async (_request, reply) => {
    if (isStopping()) return reply.code(503).send({ status: 'stopping' })
    await app.bulwark.stores.ping()
    return { status: 'ready' }
  })
}
