/** Somewhere an account wants to be told. */
export interface WebhookEndpoint {
  /** UUID. */
  readonly id: string
  readonly owner: string
  readonly url: string
  /** Names of events; empty for all. */
  readonly events: readonly string[]
  /** Sealed. Today's first; the one before it signs along until `previousUntil`. */
  readonly secrets: readonly string[]
  readonly previousUntil: number | undefined
  readonly createdAt: number
  /** Deliveries given up in a row. */
  readonly failures: number
  /** Set when it failed too often, or its receiver said 410. */
  readonly disabledAt: number | undefined
}

/** One attempt at a delivery, as the owner may see it: no bodies of answers, no addresses. */
export interface WebhookDelivery {
  readonly id: string
  readonly endpointId: string
  /** The same for every attempt of one message; receivers see it as `webhook-id`. */
  readonly messageId: string
  readonly event: string
  /** The payload that was sent, so that it can be sent again. */
  readonly body: string
  readonly attempt: number
  readonly at: number
  readonly durationMs: number
  /** HTTP status; `undefined` when there was no answer. */
  readonly status: number | undefined
  readonly outcome: 'delivered' | 'failed' | 'refused' | 'given-up'
}

export type EndpointChange = Partial<Pick<WebhookEndpoint, 'failures' | 'disabledAt'>>

/** Where endpoints and the log of deliveries are kept. Owner in every query. */
export interface WebhookRegistry {
  /** False, and nothing added, when its owner has `most` already, however many add at once. */
  add(endpoint: WebhookEndpoint, most: number): Promise<boolean>
  ofOwner(owner: string): Promise<readonly WebhookEndpoint[]>
  find(id: string): Promise<WebhookEndpoint | undefined>
  change(id: string, change: EndpointChange): Promise<void>
  /** Puts `secrets` in the place of exactly `before`. False when somebody else was first. */
  rotate(
    id: string,
    before: readonly string[],
    secrets: readonly string[],
    previousUntil: number,
  ): Promise<boolean>
  /** Counts a delivery given up, in one statement; from `disableAfter` on, answers true and disables. */
  gaveUp(id: string, disableAfter: number, now: number): Promise<boolean>
  /** False when there was nothing of theirs to remove. */
  remove(owner: string, id: string): Promise<boolean>
  log(delivery: WebhookDelivery): Promise<void>
  /** Newest first. */
  deliveries(owner: string, endpointId: string, limit: number): Promise<readonly WebhookDelivery[]>
  /** One that belongs to an endpoint of theirs. */
  delivery(owner: string, id: string): Promise<WebhookDelivery | undefined>
}
