import type { RoutePolicy } from 'bulwark'
import type { Audit } from 'bulwark/audit'
import { z } from 'zod'

/** How fresh an operator's proof of identity must be. */
export const STEP_UP_SECONDS = 900

/** Who may look and act here. */
export const admin: Pick<RoutePolicy, 'access'> = {
  access: { signedIn: true, role: 'admin', stepUpSeconds: STEP_UP_SECONDS },
}

export const number = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)

/** What narrows the log down. */
export const auditFilter = z.strictObject({
  code: z.string().max(64).optional(),
  actor: z.string().max(128).optional(),
  target: z.string().max(128).optional(),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  contains: z.string().max(128).optional(),
})

type Query = Parameters<Audit['read']>[0]
type Record = Awaited<ReturnType<Audit['read']>>[number]

/** The filter as the log's port takes it. */
export function narrowed(filter: z.infer<typeof auditFilter>): Omit<Query, 'limit'> {
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

/** An event as the operator's programs read it. */
export function eventView(event: Record): object {
  return { ...event, at: new Date(event.at).toISOString() }
}
