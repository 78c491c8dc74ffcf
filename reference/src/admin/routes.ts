import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

const admin = { access: { signedIn: true, role: 'admin', stepUpSeconds: 900 } } as const

const number = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)
const auditQuery = z.strictObject({
  limit: number.pipe(z.number().min(1).max(1000)).optional(),
  before: number.optional(),
  code: z.string().max(64).optional(),
  actor: z.string().max(128).optional(),
  target: z.string().max(128).optional(),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  contains: z.string().max(128).optional(),
})

const DAY_MS = 86_400_000

/** `/admin`: what the operator sees. Every look is itself an event. */
export function adminRoutes(app: FastifyInstance): void {
  const { stores, audit, clock, pipeline } = app.bulwark

  app.addHook('onRequest', async request => {
    if (!request.exchange.route.pattern.startsWith('/admin/')) return
    await audit?.recordByPolicy({
      code: 'admin.viewed',
      outcome: 'success',
      actorId: request.principal?.accountId,
      request: pipeline.auditRequest(request.exchange),
    })
  })

  app.get(
    '/admin/audit',
    { config: { ...admin, content: { query: auditQuery } } },
    async request => {
      const query = request.query as z.infer<typeof auditQuery>
      const events = await audit?.read({
        limit: query.limit ?? 100,
        ...(query.before !== undefined && { beyond: query.before }),
        ...(query.code !== undefined && { code: query.code }),
        ...(query.actor !== undefined && { actorId: query.actor }),
        ...(query.target !== undefined && { targetId: query.target }),
        ...(query.since !== undefined && { since: Date.parse(query.since) }),
        ...(query.until !== undefined && { until: Date.parse(query.until) }),
        ...(query.contains !== undefined && { contains: query.contains }),
      })
      return (events ?? []).map(event => ({ ...event, at: new Date(event.at).toISOString() }))
    },
  )

  app.get('/admin/overview', { config: admin }, async () => {
    const now = clock()
    const [accounts, admins, sessions, events] = await Promise.all([
      stores.accounts.count(),
      stores.accounts.count({ role: 'admin' }),
      stores.sessions.count(now),
      audit?.read({ limit: 1000, since: now - DAY_MS }),
    ])
    const byCode: Record<string, number> = {}
    for (const { code } of events ?? []) byCode[code] = (byCode[code] ?? 0) + 1
    return {
      accounts,
      admins,
      sessions,
      lastDay: { events: events?.length ?? 0, byCode },
      audit: audit?.health(),
      store: stores.kind,
    }
  })
}
