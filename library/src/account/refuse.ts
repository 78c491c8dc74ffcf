import type { EventCode } from '../audit/events.ts'
import { type Outcome, refused } from '../kernel/outcome.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { Ground, Visit } from './ground.ts'

/** Says no and writes down why. */
export function refuse(
  ground: Ground,
  visit: Visit,
  code: EventCode,
  refusal: Refusal,
  who: { readonly actorId?: string | undefined; readonly targetId?: string | undefined } = {},
): Outcome<never> {
  ground.recordRefusal(refusal, {
    code,
    outcome: 'failure',
    reason: refusal.code,
    request: visit.request,
    ...who,
  })
  return refused(refusal)
}
