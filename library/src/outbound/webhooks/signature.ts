import { createHmac } from 'node:crypto'
import { sameText } from '../../kernel/bytes.ts'
import type { Random } from '../../kernel/random.ts'

/** The three header fields of the Standard Webhooks scheme. */
export interface WebhookHeaders {
  readonly 'webhook-id': string
  /** Seconds since the epoch. */
  readonly 'webhook-timestamp': string
  /** `v1,BASE64` once for each secret that is good now, with spaces between. */
  readonly 'webhook-signature': string
}

const PREFIX = 'whsec_'
const SECRET_BYTES = 32
const TOLERANCE_SECONDS = 300

/** A fresh secret as receivers' libraries take it: `whsec_` and base64 of 256 bits. */
export function webhookSecret(random: Random): string {
  return PREFIX + random.bytes(SECRET_BYTES).toString('base64')
}

/**
 * Signs one message with every secret that is good now, so that a receiver can change over.
 *
 * @param at milliseconds since the epoch
 * @see Standard Webhooks, "Signature scheme"
 */
export function signWebhook(
  secrets: readonly string[],
  id: string,
  at: number,
  body: string,
): WebhookHeaders {
  const timestamp = String(Math.floor(at / 1000))
  const signatures = secrets.map(secret => `v1,${mac(secret, id, timestamp, body)}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}

/** For receivers: whether a message is from who knows the secret, and of now. Read the raw body. */
export function verifyWebhook(
  secrets: readonly string[],
  header: (name: string) => string | undefined,
  body: string,
  now: number,
  toleranceSeconds: number = TOLERANCE_SECONDS,
): boolean {
  const id = header('webhook-id')
  const timestamp = header('webhook-timestamp') ?? ''
  const given = header('webhook-signature')
  if (id === undefined || given === undefined || !/^\d{1,12}$/.test(timestamp)) return false
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds) return false
  const wanted = secrets.map(secret => `v1,${mac(secret, id, timestamp, body)}`)
  return given.split(' ').some(one => wanted.some(other => sameText(one, other)))
}

function mac(secret: string, id: string, timestamp: string, body: string): string {
  const key = Buffer.from(
    secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret,
    'base64',
  )
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
}
