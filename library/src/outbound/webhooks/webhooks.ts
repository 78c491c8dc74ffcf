import type { AuditEvent } from '../../audit/event.ts'
import type { Clock } from '../../kernel/clock.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Random } from '../../kernel/random.ts'
import type { Jobs, NewJob } from '../../store/port/jobs.ts'
import { judgeUrl, type OutboundPolicy } from '../outbound.ts'
import { courier } from './courier.ts'
import { deliverer, type Message, send } from './delivery.ts'
import type { WebhookEndpoint, WebhookRegistry } from './registry.ts'
import { webhookSecret } from './signature.ts'

export type { WebhookDelivery, WebhookEndpoint, WebhookRegistry } from './registry.ts'

export const refusals = {
  absent: { code: 'webhook.absent', says: 'access.not_found', status: 404 },
  tooMany: { code: 'webhook.too_many', says: 'webhook.too_many', status: 422 },
  event: { code: 'webhook.unknown_event', says: 'webhook.unknown_event', status: 422 },
  busy: { code: 'webhook.busy', says: 'limits.busy', status: 503, retryAfterSeconds: 1 },
} as const

export interface WebhooksOptions {
  /** Events that can be asked for. */
  readonly events: readonly string[]
  /** The guard of every delivery; no redirects, https only in production. */
  readonly policy: OutboundPolicy
  readonly registry: WebhookRegistry
  readonly jobs: Jobs
  /** Seals secrets for their row; `vault/fields` does. */
  readonly sealed: {
    seal(rowId: string, text: string): string
    open(rowId: string, sealed: string): Outcome<string>
  }
  readonly clock: Clock
  readonly random: Random
  readonly record: (event: AuditEvent) => void
  /** Endpoints of one owner; 20 unless told. */
  readonly mostPerOwner?: number
}

/** What a receiver answered, as far as its owner may know. */
export interface WebhookTest {
  readonly statusCode: number
  readonly durationMs: number
}

/** Tells accounts' own services what happened: signed, at least once, never inward. */
export interface Webhooks {
  /** Registers; the secret is shown once, here. */
  add(
    owner: string,
    input: { readonly url: string; readonly events: readonly string[] },
  ): Promise<Outcome<{ readonly endpoint: WebhookEndpoint; readonly secret: string }>>
  list(owner: string): Promise<readonly WebhookEndpoint[]>
  remove(owner: string, id: string): Promise<Outcome<void>>
  /** A new secret; the old one signs along for a day. */
  rotate(owner: string, id: string): Promise<Outcome<string>>
  /** Switches an endpoint on again that failed too often. */
  enable(owner: string, id: string): Promise<Outcome<void>>
  /** One request now, to see whether somebody is there. */
  test(url: string): Promise<Outcome<WebhookTest>>
  /** Jobs that tell all of an owner's endpoints: for the transaction of what happened. */
  jobsFor(owner: string, event: string, data: object): Promise<readonly NewJob[]>
  /** The same, queued at once. */
  publish(owner: string, event: string, data: object): Promise<void>
  deliveries(owner: string, id: string): ReturnType<WebhookRegistry['deliveries']>
  /** Sends a message again, as it was, under its own id. */
  replay(owner: string, deliveryId: string): Promise<Outcome<void>>
  /** Sends what is due; answers how many jobs it ended. */
  runOnce(): Promise<number>
  /** Looks every second. */
  start(): void
  /** Takes nothing more, and gives what is under way five seconds. */
  stop(): Promise<void>
}

const DAY_MS = 86_400_000
/** Two that rotate at once both get a secret that signs, one after the other. */
const ROTATE_TRIES = 5

/**
 * Deliveries to addresses that account owners choose: each event at least once to each endpoint that
 * asked for it, also when the process is killed, and always through the guard of `policy`.
 *
 * @see Standard Webhooks; ASVS 1.3.6, 15.3.2
 */
export function webhooks(options: WebhooksOptions): Webhooks {
  const { registry, jobs, policy, clock, random, sealed } = options
  const known = new Set(options.events)
  const most = options.mostPerOwner ?? 20
  const post = courier({ jobs, clock, random, deliver: deliverer(options) })

  const own = async (owner: string, id: string): Promise<WebhookEndpoint | undefined> => {
    const endpoint = await registry.find(id)
    return endpoint?.owner === owner ? endpoint : undefined
  }

  const messagesFor = async (
    owner: string,
    event: string,
    data: object,
  ): Promise<readonly Message[]> => {
    const endpoints = (await registry.ofOwner(owner)).filter(
      one =>
        one.disabledAt === undefined && (one.events.length === 0 || one.events.includes(event)),
    )
    const body = JSON.stringify({ type: event, timestamp: new Date(clock()).toISOString(), data })
    return endpoints.map(({ id }) => ({
      endpointId: id,
      messageId: `msg_${random.token().slice(0, 27)}`,
      event,
      body,
      attempt: 1,
    }))
  }

  return {
    async add(owner, { url, events }) {
      if (events.some(event => !known.has(event))) return refused(refusals.event)
      const inward = judgeUrl(url, policy)
      if (inward !== undefined) return refused(inward)
      const id = random.uuid()
      const secret = webhookSecret(random)
      const endpoint: WebhookEndpoint = {
        id,
        owner,
        url,
        events,
        secrets: [sealed.seal(id, secret)],
        previousUntil: undefined,
        createdAt: clock(),
        failures: 0,
        disabledAt: undefined,
      }
      if (!(await registry.add(endpoint, most))) return refused(refusals.tooMany)
      options.record({ code: 'webhook.added', outcome: 'success', actorId: owner, targetId: id })
      return granted({ endpoint, secret })
    },
    list: owner => registry.ofOwner(owner),
    async remove(owner, id) {
      if (!(await registry.remove(owner, id))) return refused(refusals.absent)
      options.record({ code: 'webhook.removed', outcome: 'success', actorId: owner, targetId: id })
      return granted(undefined)
    },
    async rotate(owner, id) {
      const secret = webhookSecret(random)
      const fresh = sealed.seal(id, secret)
      for (let tries = 0; tries < ROTATE_TRIES; tries++) {
        const endpoint = await own(owner, id)
        if (endpoint === undefined) return refused(refusals.absent)
        const before = endpoint.secrets
        const secrets = [fresh, ...before.slice(0, 1)]
        if (await registry.rotate(id, before, secrets, clock() + DAY_MS)) return granted(secret)
      }
      return refused(refusals.busy)
    },
    async enable(owner, id) {
      if ((await own(owner, id)) === undefined) return refused(refusals.absent)
      await registry.change(id, { failures: 0, disabledAt: undefined })
      return granted(undefined)
    },
    async test(url) {
      const began = clock()
      const body = JSON.stringify({
        type: 'webhook.test',
        timestamp: new Date(began).toISOString(),
      })
      const outcome = await send(policy, url, body, {})
      if (!outcome.ok) return outcome
      await outcome.value.body?.cancel()
      return granted({ statusCode: outcome.value.status, durationMs: clock() - began })
    },
    async jobsFor(owner, event, data) {
      return (await messagesFor(owner, event, data)).map(message => post.jobOf(message))
    },
    async publish(owner, event, data) {
      const messages = await messagesFor(owner, event, data)
      if (messages.length > 0) await post.enqueue(messages)
    },
    deliveries: (owner, id) => registry.deliveries(owner, id, 100),
    async replay(owner, deliveryId) {
      const before = await registry.delivery(owner, deliveryId)
      if (before === undefined) return refused(refusals.absent)
      const { endpointId, messageId, event, body } = before
      await post.enqueue([{ endpointId, messageId, event, body, attempt: 1 }])
      return granted(undefined)
    },
    runOnce: () => post.runOnce(),
    start: () => post.start(),
    stop: () => post.stop(),
  }
}
