import { Readable } from 'node:stream'
import { exported, rowsOf, verifyLog } from 'bulwark/audit'
import { refuse } from 'bulwark/refuse'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { admin, eventView, number } from './shared.ts'

/** What narrows the log down. */
const auditFilter = z.strictObject({
  code: z.string().max(64).optional(),
  actor: z.string().max(128).optional(),
  target: z.string().max(128).optional(),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  contains: z.string().max(128).optional(),
})

type Query = Parameters<NonNullable<FastifyInstance['bulwark']['audit']>['read']>[0]

/** The filter as the log's port takes it. */
function narrowed(filter: z.infer<typeof auditFilter>): Omit<Query, 'limit'> {
  const { code, actor, target, since, until, contains } = filter
  return {
    ...(code !== undefined && { code }),
    ...(actor !== undefined && { actorId: actor }),
    ...(target !== undefined && { targetId: target }),
    ...(since !== undefined && { since: Date.parse(since) }),
    ...(until !== undefined && { until: Date.parse(until) }),
    ...(contains !== undefined && { contains }),
  }
}

const page = auditFilter.extend({
  limit: number.pipe(z.number().min(1).max(1000)).optional(),
  before: number.optional(),
})
const file = auditFilter.extend({ format: z.enum(['jsonl', 'csv', 'ocsf']).default('jsonl') })

const TYPES = {
  jsonl: 'application/jsonl; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  ocsf: 'application/jsonl; charset=utf-8',
} as const

const EXPORT_PAGE = 500

const noLog = { code: 'admin.no_log', says: 'access.not_found', status: 404 } as const

/** `/admin/audit`: the log by page, as a file, and whether its chain holds. */
export function auditRoutes(app: FastifyInstance): void {
  const { stores, audit, keys, pipeline } = app.bulwark
  const { auditLog } = stores

  app.get('/admin/audit', { config: { ...admin, content: { query: page } } }, async request => {
    const { limit = 100, before, ...filter } = request.query as z.infer<typeof page>
    const events = await audit?.read({
      limit,
      ...(before !== undefined && { beyond: before }),
      ...narrowed(filter),
    })
    return (events ?? []).map(eventView)
  })

  app.get('/admin/audit/head', { config: admin }, async () => {
    const head = await auditLog.head()
    return { sequence: head?.sequence ?? 0 }
  })

  app.get('/admin/audit/chain', { config: { ...admin, limits: { concurrency: 1 } } }, async () => {
    await audit?.flush()
    const head = await auditLog.head()
    const { findings, ...verdict } = await verifyLog(rowsOf(auditLog), { keys: [keys], head })
    return { ...verdict, whole: findings.length === 0, findings: findings.slice(0, 100) }
  })

  app.get(
    '/admin/audit/export',
    {
      config: {
        ...admin,
        headers: 'download',
        limits: { concurrency: 2 },
        content: { query: file, produces: ['*/*'] },
      },
    },
    async (request, reply) => {
      if (audit === undefined) return refuse(noLog)
      const { format, ...filter } = request.query as z.infer<typeof file>
      await audit.recordDurable({
        code: 'audit.exported',
        outcome: 'success',
        actorId: request.principal?.accountId,
        request: pipeline.auditRequest(request.exchange),
        detail: { format },
      })
      const query = narrowed(filter)
      async function* rows() {
        for (let beyond: number | undefined; ; ) {
          const some = await auditLog.read({
            ...query,
            oldestFirst: true,
            limit: EXPORT_PAGE,
            ...(beyond !== undefined && { beyond }),
          })
          yield* some
          beyond = some.at(-1)?.sequence
          if (some.length < EXPORT_PAGE) return
        }
      }
      return reply
        .type(TYPES[format])
        .header('content-disposition', `attachment; filename="audit.${format}"`)
        .send(Readable.from(exported(rows(), format, { personal: true })))
    },
  )
}
