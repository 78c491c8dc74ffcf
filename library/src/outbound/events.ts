import type { OutboundSettings } from './options.ts'

/**
 * What happened, for the audit and the metrics. It names origins and addresses but never a path, a
 * query, a header or a body: webhook paths are secrets too.
 */
export interface OutboundEvent {
  /** `fetch`: one `safeFetch` came to its end. `socket`: a socket was opened or refused. */
  readonly kind: 'fetch' | 'socket'
  /** The policy's name. */
  readonly policy: string
  /** For whom it was narrowed. */
  readonly tenant?: string
  /** `outbound.allowed`, or the code of the refusal. */
  readonly code: string
  /** The operator's sentence about a refusal. */
  readonly why?: string
  /** The origins asked, in order; for a socket the one it was opened for. */
  readonly hops: readonly string[]
  /** For a socket: the address it is connected to. */
  readonly address?: string
  /** For a fetch: the status that came back. */
  readonly status?: number
  /** For a fetch: bytes of the body after decoding. */
  readonly bytes?: number
  /** How long it took, in milliseconds. */
  readonly ms: number
}

export const ALLOWED = 'outbound.allowed'

/** Tells the policy's observer, whose faults stay its own. */
export function observed(
  settings: OutboundSettings,
  event: Omit<OutboundEvent, 'policy' | 'tenant'>,
): void {
  if (settings.observe === undefined) return
  const tenant = settings.tenant === undefined ? {} : { tenant: settings.tenant }
  try {
    settings.observe({ ...event, policy: settings.name, ...tenant })
  } catch {
    // An observer that throws must not decide what may go out.
  }
}

/** Counts of one policy since the start. */
export interface OutboundCounts {
  /** By code; `outbound.allowed` among them. */
  readonly fetches: Readonly<Record<string, number>>
  readonly sockets: Readonly<Record<string, number>>
  /** Body bytes handed to callers. */
  readonly bytes: number
  /** Milliseconds that fetches took together. */
  readonly ms: number
}

/** Adds events up, a row for each policy. Tenants share their policy's row. */
export interface OutboundMeter {
  /** Give it to a policy as `observe`. */
  readonly observe: (event: OutboundEvent) => void
  read(): Readonly<Record<string, OutboundCounts>>
}

/** Starts a meter at zero. */
export function outboundMeter(): OutboundMeter {
  const rows = new Map<string, { fetches: Tally; sockets: Tally; bytes: number; ms: number }>()
  return {
    observe(event) {
      let row = rows.get(event.policy)
      if (row === undefined) {
        row = { fetches: {}, sockets: {}, bytes: 0, ms: 0 }
        rows.set(event.policy, row)
      }
      const tally = event.kind === 'fetch' ? row.fetches : row.sockets
      tally[event.code] = (tally[event.code] ?? 0) + 1
      if (event.kind !== 'fetch') return
      row.bytes += event.bytes ?? 0
      row.ms += event.ms
    },
    read: () => structuredClone(Object.fromEntries(rows)),
  }
}

type Tally = Record<string, number>
