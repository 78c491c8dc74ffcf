import type { AuditEvent } from '../audit/event.ts'
import { ALLOWED, type OutboundEvent } from './events.ts'

/**
 * What the audit log should know of an event: every refused fetch, and no ordinary day. The sockets of
 * a fetch are not told twice; for clients on `outboundAgent` record `kind: 'socket'` yourself.
 *
 * @see ASVS 16.3.3
 */
export function outboundAuditEvent(event: OutboundEvent): AuditEvent | undefined {
  if (event.kind !== 'fetch' || event.code === ALLOWED) return undefined
  const { policy, tenant, code, why, hops, ms } = event
  return {
    code: 'outbound.refused',
    outcome: 'failure',
    reason: code,
    detail: {
      policy,
      ms: Math.round(ms),
      hops: hops.join(' '),
      ...(tenant === undefined ? {} : { tenant }),
      ...(why === undefined ? {} : { why }),
    },
  }
}
