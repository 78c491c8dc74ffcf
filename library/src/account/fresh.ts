import { refusals } from '../access/access.ts'
import { owesSecond } from '../access/assurance.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { Session } from '../session/sessions/sessions.ts'
import type { Ground } from './ground.ts'

/**
 * Whether a session proved its identity recently enough to change its account. Routes ask for it as
 * well; the flows do not rely on that. A session that a trusted browser was spared the second factor
 * for is fresh for nothing until the factor is shown.
 *
 * @returns `access.step_up`
 * @see ASVS 7.5.1
 */
export function freshEnough(ground: Ground, session: Session): Refusal | undefined {
  if (owesSecond(session.factors)) return refusals.stepUp
  const age = ground.clock() - session.authenticatedAt
  return age <= ground.settings.stepUpMs ? undefined : refusals.stepUp
}
