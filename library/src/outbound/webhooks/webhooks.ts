import type { AuditEvent } from '../../audit/event.ts'
import type { Clock } from '../../kernel/clock.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Random } from '../../kernel/random.ts'
import type { Job, Jobs, NewJob } from '../../store/port/jobs.ts'
import { judgeUrl, type OutboundPolicy, safeFetch } from '../outbound.ts'
import type { WebhookEndpoint, WebhookRegistry } from './registry.ts'
import { signWebhook, webhookSecret } from './signature.ts'

export type { WebhookDelivery, WebhookEndpoint, WebhookRegistry } from './registry.ts'

export const refusals = {
  absent: { code: 'webhook.absent', says: 'access.not_found', status: 404 },
  tooMany: { code: 'webhook.too_many', says: 'webhook.too_many', status: 422 },
  event: { code: 'webhook.unknown_event', says: 'webhook.unknown_event', status: 422 },
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
  stop(): Promise<void>
}

export const WEBHOOK_JOB = 'webhook'

interface Waiting {
  readonly endpointId: string
  readonly messageId: string
  readonly event: string
  readonly body: string
}

const LEASE_MS = 60_000
const BATCH = 16
const DAY_MS = 86_400_000
/** Pauses after each failure; about three days in all. */
const PAUSES_MS = [
  5_000,
  60_000,
  300_000,
  1_800_000,
  7_200_000,
  18_000_000,
  36_000_000,
  72_000_000,
  DAY_MS,
]
const DISABLE_AFTER = 5
const GONE = 410

/**
 * @see Standard Webhooks; ASVS 1.3.6, 15.3.2
 */
export function webhooks(options: WebhooksOptions): Webhooks {
  const { registry, jobs, policy, clock, random, sealed } = options
  const known = new Set(options.events)
  const most = options.mostPerOwner ?? 20
  let timer: NodeJS.Timeout | undefined
  let working: Promise<number> | undefined

  const own = async (owner: string, id: string): Promise<WebhookEndpoint | undefined> => {
    const endpoint = await registry.find(id)
    return endpoint?.owner === owner ? endpoint : undefined
  }

  const secretsOf = (endpoint: WebhookEndpoint): readonly string[] => {
    const good =
      clock() < (endpoint.previousUntil ?? 0) ? endpoint.secrets : endpoint.secrets.slice(0, 1)
    return good.flatMap(text => {
      const opened = sealed.open(endpoint.id, text)
      return opened.ok ? [opened.value] : []
    })
  }

  const job = (waiting: Waiting): NewJob => ({
    id: random.uuid(),
    kind: WEBHOOK_JOB,
    payload: JSON.stringify(waiting),
    runAt: clock(),
  })

  const jobsFor = async (
    owner: string,
    event: string,
    data: object,
  ): Promise<readonly NewJob[]> => {
    const endpoints = (await registry.ofOwner(owner)).filter(
      one =>
        one.disabledAt === undefined && (one.events.length === 0 || one.events.includes(event)),
    )
    const body = JSON.stringify({ type: event, timestamp: new Date(clock()).toISOString(), data })
    return endpoints.map(({ id }) =>
      job({ endpointId: id, messageId: `msg_${random.token().slice(0, 27)}`, event, body }),
    )
  }

  const send = (url: string, headers: Record<string, string>, body: string) =>
    safeFetch(url, {
      policy,
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json', 'user-agent': 'bulwark-webhooks', ...headers },
      body,
    })

  /** One attempt; answers when to try again, or nothing when it is over. */
  const attempt = async (claimed: Job, waiting: Waiting): Promise<number | undefined> => {
    const endpoint = await registry.find(waiting.endpointId)
    if (endpoint === undefined || endpoint.disabledAt !== undefined) return undefined
    const began = clock()
    const headers = signWebhook(secretsOf(endpoint), waiting.messageId, began, waiting.body)
    const outcome = await send(endpoint.url, { ...headers }, waiting.body)
    const status = outcome.ok ? outcome.value.status : undefined
    if (outcome.ok) await outcome.value.body?.cancel()
    const delivered = status !== undefined && status >= 200 && status < 300
    const pause = PAUSES_MS[claimed.attempts - 1]
    const over = status === GONE || pause === undefined
    await registry.log({
      id: random.uuid(),
      ...waiting,
      attempt: claimed.attempts,
      at: began,
      durationMs: clock() - began,
      status,
      outcome: delivered ? 'delivered' : over ? 'given-up' : outcome.ok ? 'failed' : 'refused',
    })
    if (delivered) {
      if (endpoint.failures > 0) await registry.change(endpoint.id, { failures: 0 })
      return undefined
    }
    if (!over)
      return clock() + Math.round(pause * (0.8 + (random.bytes(1).readUInt8() / 255) * 0.4))
    await giveUp(endpoint, status)
    return undefined
  }

  const giveUp = async (endpoint: WebhookEndpoint, status: number | undefined): Promise<void> => {
    const failures = endpoint.failures + 1
    const disable = status === GONE || failures >= DISABLE_AFTER
    await registry.change(endpoint.id, { failures, ...(disable && { disabledAt: clock() }) })
    options.record({
      code: 'webhook.exhausted',
      outcome: 'failure',
      actorId: endpoint.owner,
      targetId: endpoint.id,
      detail: { status: status ?? 0, disabled: disable },
    })
  }

  const work = async (claimed: Job): Promise<void> => {
    const again = await attempt(claimed, JSON.parse(claimed.payload) as Waiting)
    if (again === undefined) await jobs.finish(claimed.id, claimed.lease)
    else await jobs.postpone(claimed.id, claimed.lease, again)
  }

  const round = async (): Promise<number> => {
    let ended = 0
    for (;;) {
      const claimed = await jobs.claim(WEBHOOK_JOB, clock(), LEASE_MS, random.uuid(), BATCH)
      const results = await Promise.allSettled(claimed.map(work))
      ended += results.filter(({ status }) => status === 'fulfilled').length
      // What failed keeps its lease and is claimed again when that ends.
      if (claimed.length < BATCH) return ended
    }
  }

  const run = (): Promise<number> => {
    working ??= round().finally(() => {
      working = undefined
    })
    return working
  }

  return {
    async add(owner, { url, events }) {
      if (events.some(event => !known.has(event))) return refused(refusals.event)
      const inward = judgeUrl(url, policy)
      if (inward !== undefined) return refused(inward)
      if ((await registry.ofOwner(owner)).length >= most) return refused(refusals.tooMany)
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
      await registry.add(endpoint)
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
      const endpoint = await own(owner, id)
      if (endpoint === undefined) return refused(refusals.absent)
      const secret = webhookSecret(random)
      const secrets = [sealed.seal(id, secret), ...endpoint.secrets.slice(0, 1)]
      await registry.change(id, { secrets, previousUntil: clock() + DAY_MS })
      return granted(secret)
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
      const outcome = await send(url, {}, body)
      if (!outcome.ok) return outcome
      await outcome.value.body?.cancel()
      return granted({ statusCode: outcome.value.status, durationMs: clock() - began })
    },
    jobsFor,
    async publish(owner, event, data) {
      const made = await jobsFor(owner, event, data)
      if (made.length > 0) await jobs.enqueue(made)
    },
    deliveries: (owner, id) => registry.deliveries(owner, id, 100),
    async replay(owner, deliveryId) {
      const before = await registry.delivery(owner, deliveryId)
      if (before === undefined) return refused(refusals.absent)
      const { endpointId, messageId, event, body } = before
      await jobs.enqueue([job({ endpointId, messageId, event, body })])
      return granted(undefined)
    },
    runOnce: run,
    start() {
      timer ??= setInterval(() => void run().catch(() => 0), 1000).unref()
    },
    async stop() {
      clearInterval(timer)
      timer = undefined
      await working?.catch(() => 0)
    },
  }
}
