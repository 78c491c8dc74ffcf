import { refusals } from '../access/access.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { Session } from '../session/sessions/sessions.ts'
import type { Ground } from './ground.ts'

/**
 * Whether a session proved its identity recently enough to change its account. Routes ask for it as
 * well; the flows do not rely on that.
 *
 * @returns `access.step_up`
 * @see ASVS 7.5.1
 */
export function freshEnough(ground: Ground, session: Session): Refusal | undefined {
  const age = ground.clock() - session.authenticatedAt
  return age <= ground.settings.stepUpMs ? undefined : refusals.stepUp
}
