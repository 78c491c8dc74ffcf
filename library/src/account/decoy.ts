import type { AuditEntry } from '../store/port/audit-log.ts'
import type { NewJob } from '../store/port/jobs.ts'
import type { Ground } from './ground.ts'
import { freshToken, keepToken } from './tokens.ts'

/**
 * What is written where a link would be: a token that nobody knows, and a job that sends nothing
 * unless given one. The same verb, the same size, the same life as the real thing.
 */
export function keepDecoy(
  ground: Ground,
  lifeMs: number,
  along: { readonly events?: readonly AuditEntry[]; readonly job?: NewJob } = {},
): Promise<void> {
  const token = {
    purpose: 'decoy',
    accountId: undefined,
    data: '{}',
    expiresAt: ground.clock() + lifeMs,
  }
  return keepToken(
    ground,
    freshToken(ground, 'decoy').hash,
    token,
    { only: false },
    { events: along.events ?? [], jobs: [along.job ?? ground.mail.job(undefined)] },
  )
}
