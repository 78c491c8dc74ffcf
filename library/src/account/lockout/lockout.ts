import { addressBucket } from '../../http/ip.ts'
import { keyedHash } from '../../kernel/bytes.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Backoff, Rate, Reservation } from '../../store/port/counters.ts'
import type { Admitted, Attempt, Delayed, Lockout, LockoutGround } from './attempt.ts'
import { coarseSeconds } from './coarse.ts'
import { type LockoutOptions, lockoutSettings } from './settings.ts'
import { turnstile } from './turnstile.ts'

export type { Admitted, Attempt, Delayed, Lockout } from './attempt.ts'

export const refusals = {
  /** The account, or a name that nobody has: told as a wrong password. */
  account: { code: 'login.locked', says: 'login.failed', status: 401 },
  /** The client's address: its own doing, so it may know. */
  address: { code: 'lockout.address', says: 'lockout.slow_down', status: 429 },
  challenge: { code: 'lockout.challenge', says: 'lockout.challenge', status: 429 },
} as const

const PREFIX = 'login:'
/** How long addresses are held shorter after failures all over the service were too many. */
const SPRAY_ALARM_MS = 60_000
/** Requests that one process lets wait for one address or account. */
const WAITING_MOST = 500

/**
 * Four counters against guessing: the account as strangers see it, the client's address, each device
 * that signed in before, and all failures together.
 *
 * @throws {ConfigFault} when a number makes no sense
 * @see ASVS 6.1.1, 6.3.1; NIST SP 800-63B-4 §3.2.2; RFC 4226 §7.3
 */
export function lockout(options: LockoutOptions, ground: LockoutGround): Lockout {
  const { counters, clock, challenge } = ground
  const { account, address, calmAddress, device, spray, soft } = lockoutSettings(options)
  const secret = ground.keys.for('counter')
  const sprayHit = { key: `${PREFIX}spray`, rate: spray satisfies Rate }
  // Learned from the shared counter at each failure; who succeeds never asks it.
  let sprayedUntil = 0

  const accountKey = (accountId: string): string => `${PREFIX}account:${accountId}`
  const nameKey = (name: string): string => `${PREFIX}name:${keyedHash(secret, `name\n${name}`)}`
  const addressKey = (client: string): string =>
    `${PREFIX}address:${keyedHash(secret, `address\n${addressBucket(client)}`)}`

  // Decision: a device that signed in before pays from its own budget only, so that strangers who
  // shut the account, or share the owner's address, do not shut the owner out.
  // Cost: a stolen device cookie buys one more budget of guesses; it ends with the device's.
  const subjectOf = ({ device: own, accountId, identifier }: Attempt): Reservation =>
    own === undefined
      ? { key: accountId ? accountKey(accountId) : nameKey(identifier), backoff: account }
      : { key: `${PREFIX}device:${own}`, backoff: device }
  const both = (key: string): readonly string[] => [key, `${key}:soft`]
  const unlock = (accountId: string): Promise<void> =>
    counters.forgive(both(accountKey(accountId)), 'all')
  const addresses = turnstile(calmAddress.free, WAITING_MOST)
  const subjects = turnstile(account.free, WAITING_MOST)

  const reserve = async (attempt: Attempt, pending: Pending): Promise<Outcome<Admitted>> => {
    const now = clock()
    const who = subjectOf(attempt)
    const where: Reservation = {
      key: addressKey(attempt.address),
      backoff: now < sprayedUntil ? address : calmAddress,
    }
    const stranger = attempt.device === undefined
    const wanted = stranger ? [where, who] : [who]
    if (challenge !== undefined && stranger) {
      const solved =
        attempt.answer !== undefined && (await challenge.solved(attempt.answer, attempt.address))
      if (!solved) wanted.push({ key: `${who.key}:soft`, backoff: soft })
    }
    const counted = await counters.reserve(wanted, now)
    const at = counted.findIndex(one => !one.allowed)
    if (at !== -1) {
      const seconds = coarseSeconds((counted[at]?.resetAt ?? now) - now)
      if (wanted[at] === where) {
        return refused({ ...refusals.address, retryAfterSeconds: seconds })
      }
      if (wanted[at] === who) return refused({ ...refusals.account, why: `wait ${seconds} s` })
      return refused({
        ...refusals.challenge,
        retryAfterSeconds: seconds,
        headers: { 'bulwark-challenge': challenge?.ask(attempt.address) ?? '' },
      })
    }
    pending.failing = true
    const failures = counted[wanted.indexOf(who)]?.failures ?? 1
    const settle = async (how: 'all' | 'one'): Promise<void> => {
      pending.failing = false
      // An owner who is in on a known device lifts what strangers brought upon the account.
      const lifted = !stranger && how === 'all' ? both(accountKey(attempt.accountId ?? '')) : []
      await Promise.all([
        counters.forgive([...both(who.key), ...lifted], how),
        stranger && counters.forgive([where.key], 'one'),
      ])
    }
    return granted({
      failuresBefore: failures - 1,
      begins: beginning(failures, who.backoff),
      succeeded: () => settle('all'),
      withdrawn: () => settle('one'),
    })
  }
  const noteFailure = async (): Promise<void> => {
    const now = clock()
    const [counted] = await counters.hit([sprayHit], now)
    if (counted?.allowed === false) sprayedUntil = now + SPRAY_ALARM_MS
  }

  return {
    async during(attempt, check) {
      const who = subjectOf(attempt).key
      const where = attempt.device === undefined ? addressKey(attempt.address) : undefined
      // Always the address first, so that no two attempts ever wait for each other.
      if (where !== undefined && !(await addresses.enter(where))) {
        return check(refused({ ...refusals.address, retryAfterSeconds: 5 }))
      }
      try {
        if (!(await subjects.enter(who))) return await check(refused(refusals.account))
        const pending: Pending = { failing: false }
        try {
          return await check(await reserve(attempt, pending))
        } finally {
          subjects.leave(who)
          if (pending.failing) await noteFailure()
        }
      } finally {
        if (where !== undefined) addresses.leave(where)
      }
    },
    unlock,
    release: (kind, key) =>
      kind === 'account' ? unlock(key) : counters.forgive([`${PREFIX}${kind}:${key}`], 'all'),
    async state(accountId) {
      const [found] = await counters.peek(
        [{ key: accountKey(accountId), backoff: account satisfies Backoff }],
        clock(),
      )
      if (found === undefined) throw new TypeError('a counter answered nothing')
      return found
    },
    async delayed(limit) {
      const rows = await counters.delayed(PREFIX, clock(), limit)
      return rows.flatMap(({ key, failures, resetAt }) => {
        const [, kind, name] = /^login:(account|name|address|device):([^:]+)$/.exec(key) ?? []
        if (kind === undefined || name === undefined) return []
        return [{ kind: kind as Delayed['kind'], key: name, failures, until: resetAt }]
      })
    },
  }
}

/** Whether an admitted attempt still counts as a failure. */
interface Pending {
  failing: boolean
}

function beginning(failures: number, backoff: Backoff): Admitted['begins'] {
  if (failures === backoff.shutAfter) return 'shut'
  return failures === backoff.free ? 'delays' : undefined
}
