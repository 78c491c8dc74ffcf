import type { RoutePolicy } from 'bulwark'
import type { Audit } from 'bulwark/audit'
import { z } from 'zod'

/** How fresh an operator's proof of identity must be. */
export const STEP_UP_SECONDS = 900

/** Who may look and act here. */
export const admin: Pick<RoutePolicy, 'access'> = {
  access: { signedIn: true, role: 'admin', stepUpSeconds: STEP_UP_SECONDS },
}

/** A whole number as a query writes it. */
export const number: z.ZodType<number, string> = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)

/** An event as the operator's programs read it. */
export function eventView(event: Awaited<ReturnType<Audit['read']>>[number]): object {
  return { ...event, at: new Date(event.at).toISOString() }
}
