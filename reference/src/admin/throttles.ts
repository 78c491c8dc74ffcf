import { refuse } from 'bulwark/refuse'
import type { ThrottlePolicy } from 'bulwark/throttle'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { admin } from './shared.ts'

/** The rates of this service. In development one address is one machine: far above what it does. */
export function throttles(mode: 'development' | 'production'): {
  readonly default: ThrottlePolicy
  readonly policies: Readonly<Record<string, ThrottlePolicy>>
} {
  return {
    default: { by: 'address', limit: mode === 'production' ? 1000 : 6000, windowSeconds: 60 },
    policies: { 'webhook-test': { by: 'account', limit: 30, windowSeconds: 300 } },
  }
}

/** How far back somebody who was turned away is looked for, and how many events are read for it. */
const BACK_MS = 900_000
const MOST_EVENTS = 1000

const refusals = {
  unknown: { code: 'admin.no_rate', says: 'access.not_found', status: 404 },
} as const

const released = z.strictObject({
  policy: z.string().max(64),
  address: z.string().max(64).optional(),
  accountId: z.uuid().optional(),
})

interface Limited {
  readonly policy: string
  readonly address: string | null
  readonly accountId: string | null
  email: string | null
  count: number
  lastAt: number
}

/** `/admin/throttles`: who asked more often than a rate allows, and letting them ask again. */
export function throttleRoutes(app: FastifyInstance): void {
  const { throttle, audit, clock, stores, pipeline } = app.bulwark
  if (throttle === undefined || audit === undefined) return
  const { default: usual, policies } = throttles(app.bulwark.mode)
  const rates = new Map(Object.entries({ default: usual, ...policies }))

  app.get('/admin/throttles', { config: admin }, async () => {
    await audit.flush()
    const since = clock() - BACK_MS
    const events = await audit.read({ code: 'throttle.', since, limit: MOST_EVENTS })
    const groups = new Map<string, Limited>()
    for (const { code, detail, personal, actorId, targetId, at } of events.toReversed()) {
      const policy = String(detail['why'] ?? detail['policy'] ?? '').replace(/^rate /, '')
      const byAccount = rates.get(policy)?.by === 'account'
      const accountId = (byAccount ? (targetId ?? actorId) : undefined) ?? null
      const address = byAccount ? null : String(detail['address'] ?? personal['address'] ?? '')
      const key = `${policy} ${accountId ?? address}`
      if (code === 'throttle.released') groups.delete(key)
      if (code !== 'throttle.refused') continue
      const group = groups.get(key) ?? {
        policy,
        address,
        accountId,
        email: null,
        count: 0,
        lastAt: at,
      }
      group.count++
      group.lastAt = at
      groups.set(key, group)
    }
    return Promise.all(
      [...groups.values()].map(async ({ lastAt, ...group }) => {
        const rate = rates.get(group.policy)
        const account =
          group.accountId === null ? undefined : await stores.accounts.byId(group.accountId)
        return {
          ...group,
          email: account?.email ?? null,
          limit: rate?.limit ?? null,
          windowSeconds: rate?.windowSeconds ?? null,
          lastAt: new Date(lastAt).toISOString(),
        }
      }),
    )
  })

  app.post(
    '/admin/throttles/release',
    { config: { ...admin, content: { body: released } } },
    async (request, reply) => {
      const { policy, address = '', accountId } = request.body as z.infer<typeof released>
      const rate = rates.get(policy)
      if (rate === undefined) return refuse(refusals.unknown)
      await throttle.reward([policy], { address, accountId }, rate.limit)
      await audit.recordDurable({
        code: 'throttle.released',
        outcome: 'success',
        actorId: request.principal?.accountId,
        targetId: accountId,
        request: pipeline.auditRequest(request.exchange),
        detail: { policy, ...(accountId === undefined && { address }) },
      })
      return reply.code(204).send()
    },
  )
}
