import type { Refusal } from '../kernel/refusal.ts'
import type { AuditEvent, AuditRequest } from './event.ts'
import { type CatalogueCode, events } from './events.ts'

/** Who was refused, as far as known. */
export interface RefusedParty {
  readonly actorId?: string | undefined
  readonly targetId?: string | undefined
}

/** Words whose refusals are recorded whatever their status: nobody meets them by accident. */
const ALWAYS: ReadonlySet<string> = new Set(['access', 'csrf', 'outbound', 'uploads'])
const STATUSES: ReadonlySet<number> = new Set([401, 403, 421, 429])

/**
 * Whether a refusal belongs in the log without anybody asking: not signed in, forbidden, another
 * host, too often, a row that is absent or somebody else's, a forged form, a request turned inward,
 * a bad file. A mistyped path or body does not.
 *
 * @see ASVS 16.3.2, 16.3.3
 */
export function isRecorded(refusal: Refusal): boolean {
  return STATUSES.has(refusal.status) || ALWAYS.has(word(refusal.code))
}

/** The event of a refusal: `csrf.cross_site` becomes `csrf.refused` with that reason. */
export function refusalEvent(
  refusal: Refusal,
  request: AuditRequest | undefined,
  party: RefusedParty = {},
): AuditEvent {
  const code = `${word(refusal.code)}.refused`
  return {
    code: Object.hasOwn(events, code) ? (code as CatalogueCode) : 'request.refused',
    outcome: 'failure',
    reason: refusal.code,
    request,
    actorId: party.actorId,
    targetId: party.targetId,
    detail: {
      status: refusal.status,
      ...(refusal.why === undefined ? {} : { why: refusal.why }),
    },
  }
}

function word(code: string): string {
  return code.slice(0, Math.max(0, code.indexOf('.')))
}
