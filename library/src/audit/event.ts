import type { EventCode } from './events.ts'

/** The request that an event belongs to. */
export interface AuditRequest {
  readonly id: string
  readonly method: string
  /** The route's pattern (`/orders/:id`), never the path with its values or its query. */
  readonly route: string
  /** The client's canonical address; kept as `audit.address` says. */
  readonly address: string
  /** The user agent, shortened; kept as `audit.device` says. */
  readonly device: string
}

/** What an event may carry beside its fields: flat, small, never a secret. */
export type AuditDetail = Readonly<Record<string, string | number | boolean | null>>

/** Something that happened, as a defence tells it. */
export interface AuditEvent {
  readonly code: EventCode
  /** Account id of who did it; absent for strangers and the system. */
  readonly actorId?: string | undefined
  /** For whom the actor acted, nearest first: an OAuth client's user, an operator's customer. */
  readonly onBehalfOf?: readonly string[] | undefined
  /** Account, session, order … it was done to. */
  readonly targetId?: string | undefined
  readonly outcome: 'success' | 'failure'
  /** The refusal's own code: the truth, not what the client was told. */
  readonly reason?: string | undefined
  readonly request?: AuditRequest | undefined
  readonly detail?: AuditDetail | undefined
  /**
   * Personal data beyond address and device, such as the address typed at sign-in. It stands beside
   * the chained line, so that it can be erased, and goes with the account's other personal data.
   */
  readonly personal?: Readonly<Record<string, string>> | undefined
}
