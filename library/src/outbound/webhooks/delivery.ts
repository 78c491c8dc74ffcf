import type { AuditEvent } from '../../audit/event.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Outcome } from '../../kernel/outcome.ts'
import type { Random } from '../../kernel/random.ts'
import { type OutboundPolicy, safeFetch } from '../outbound.ts'
import type { WebhookEndpoint, WebhookRegistry } from './registry.ts'
import { signWebhook } from './signature.ts'

/** What waits in the queue: one event for one endpoint. */
export interface Message {
  readonly endpointId: string
  readonly messageId: string
  readonly event: string
  readonly body: string
  /** From 1. */
  readonly attempt: number
}

/** How an attempt ended. */
export interface Attempted {
  /** When to try again; nothing when it is over. */
  readonly again: number | undefined
  /** Whether there was an answer, of whatever status. */
  readonly wasAnswered: boolean
}

export interface DeliveryParts {
  readonly policy: OutboundPolicy
  readonly registry: WebhookRegistry
  readonly sealed: { open(rowId: string, sealed: string): Outcome<string> }
  readonly clock: Clock
  readonly random: Random
  readonly record: (event: AuditEvent) => void
}

/** Pauses after each failure, give or take a fifth; about three days in all. */
const PAUSES_MS = [
  5_000, 60_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 72_000_000, 86_400_000,
]
const JITTER = 0.2
/** Messages given up in a row. */
const DISABLE_AFTER = 5
const GONE = 410

/** One request of ours: signed or not, never redirected. */
export function send(
  policy: OutboundPolicy,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Outcome<Response>> {
  return safeFetch(url, {
    policy,
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', 'user-agent': 'bulwark-webhooks', ...headers },
    body,
    ...(signal !== undefined && { signal }),
  })
}

/** Makes attempts: signs, sends, writes the log, and says whether to try again. */
export function deliverer(
  parts: DeliveryParts,
): (message: Message, signal: AbortSignal) => Promise<Attempted> {
  const { policy, registry, sealed, clock, random } = parts

  const secretsOf = (endpoint: WebhookEndpoint): readonly string[] => {
    const good =
      clock() < (endpoint.previousUntil ?? 0) ? endpoint.secrets : endpoint.secrets.slice(0, 1)
    return good.flatMap(text => {
      const opened = sealed.open(endpoint.id, text)
      return opened.ok ? [opened.value] : []
    })
  }

  const log = (message: Message, began: number, status: number | undefined, outcome: LogOutcome) =>
    registry.log({
      ...message,
      id: random.uuid(),
      at: began,
      durationMs: clock() - began,
      status,
      outcome,
    })

  const giveUp = async (endpoint: WebhookEndpoint, status: number | undefined): Promise<void> => {
    const disableAfter = status === GONE ? 1 : DISABLE_AFTER
    const disabled = await registry.gaveUp(endpoint.id, disableAfter, clock())
    parts.record({
      code: 'webhook.exhausted',
      outcome: 'failure',
      actorId: endpoint.owner,
      targetId: endpoint.id,
      detail: { status: status ?? 0, disabled },
    })
  }

  return async (message, signal) => {
    const endpoint = await registry.find(message.endpointId)
    const began = clock()
    if (endpoint === undefined) return { again: undefined, wasAnswered: true }
    if (endpoint.disabledAt !== undefined) {
      await log(message, began, undefined, 'given-up')
      return { again: undefined, wasAnswered: true }
    }
    const { messageId, body, attempt } = message
    const signed = signWebhook(secretsOf(endpoint), messageId, began, body)
    const outcome = await send(policy, endpoint.url, body, { ...signed }, signal)
    const status = outcome.ok ? outcome.value.status : undefined
    if (outcome.ok) await outcome.value.body?.cancel()
    const wasAnswered = status !== undefined
    if (status !== undefined && status >= 200 && status < 300) {
      await log(message, began, status, 'delivered')
      if (endpoint.failures > 0) await registry.change(endpoint.id, { failures: 0 })
      return { again: undefined, wasAnswered }
    }
    const pause = PAUSES_MS[attempt - 1]
    if (pause === undefined || status === GONE) {
      await log(message, began, status, 'given-up')
      await giveUp(endpoint, status)
      return { again: undefined, wasAnswered }
    }
    await log(message, began, status, outcome.ok ? 'failed' : 'refused')
    const share = 1 - JITTER + (random.bytes(1).readUInt8() / 255) * 2 * JITTER
    return { again: clock() + Math.round(pause * share), wasAnswered }
  }
}

type LogOutcome = Parameters<WebhookRegistry['log']>[0]['outcome']
