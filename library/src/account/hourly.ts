import { addressBucket } from '../http/ip.ts'
import { keyedHash } from '../kernel/bytes.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { Ground } from './ground.ts'
import { coarseSeconds } from './lockout/coarse.ts'

export const refusals = {
  tooOften: { code: 'account.too_often', says: 'throttle.limited', status: 429 },
} as const

const HOUR_MS = 3_600_000

/** How often an hour one mailbox is written to by what anybody can start. */
const PER_MAILBOX = 3

/**
 * Counts a request that makes us write a mail, for the client's address.
 *
 * @returns `account.too_often` with a coarse wait
 */
export async function hourly(
  ground: Ground,
  flow: string,
  address: string,
): Promise<Refusal | undefined> {
  const key = hashedKey(ground, `${flow}\naddress\n${addressBucket(address)}`)
  const now = ground.clock()
  const rate = { limit: ground.settings.mailsPerAddressHourly, windowMs: HOUR_MS }
  const [counted] = await ground.stores.counters.hit([{ key: `mail:${key}`, rate }], now)
  if (counted?.allowed !== false) return undefined
  return { ...refusals.tooOften, retryAfterSeconds: coarseSeconds(counted.resetAt - now) }
}

/**
 * Whether one more mail may go to a mailbox. The answer decides what is queued, never what is
 * answered: a client must not learn that somebody else asked.
 */
export async function mailboxHasRoom(
  ground: Ground,
  flow: string,
  email: string,
): Promise<boolean> {
  const key = hashedKey(ground, `${flow}\nmailbox\n${email}`)
  const rate = { limit: PER_MAILBOX, windowMs: HOUR_MS }
  const [counted] = await ground.stores.counters.hit([{ key: `mail:${key}`, rate }], ground.clock())
  return counted?.allowed !== false
}

function hashedKey(ground: Ground, text: string): string {
  return keyedHash(ground.keys.for('counter'), text)
}
