import { type Clock, systemClock } from '../../kernel/clock.ts'
import { ConfigFault, StoreFault } from '../../kernel/fault.ts'
import { cachedStores } from '../cached.ts'
import { fallbackCounters } from '../fallback.ts'
import { whole } from '../options.ts'
import type { Along } from '../port/along.ts'
import type { Stores } from '../port/stores.ts'
import { redisCounters } from './counters.ts'
import { endingSessions } from './endings.ts'
import { sessionKeys } from './session-keys.ts'
import { redisSessions } from './sessions.ts'
import { type RedisClient, redisWire } from './wire.ts'

export type { RedisClient } from './wire.ts'

export interface RedisOptions {
  /** Your connected client of the package `redis` 6: `createClient()` or `createCluster()`. */
  readonly client: RedisClient
  /** Where everything lives that must not be lost: `postgresStores(…)` or `sqliteStores(…)`. */
  readonly durable: Stores
  /** `redis` (default) keeps sessions in Redis; `durable` leaves them there, for counters only. */
  readonly sessions?: 'redis' | 'durable'
  /**
   * What limits do while Redis is out of reach: `stricter` (default) counts in this process, at a
   * quarter of each limit; `fail` answers StoreFault, so nobody signs in.
   */
  readonly outage?: 'stricter' | 'fail'
  /**
   * How long this process believes a session that it found, so as not to ask again; 0 (default) for
   * never. Another node's revocation is seen after this long, at most 1,000.
   */
  readonly cacheMs?: number
  /** Begins every key. */
  readonly prefix?: string
  /** How long a command may take before it fails with StoreFault; 1 second unless told. */
  readonly deadlineMs?: number
  /** Commands that may wait at once, before more fail without being sent. */
  readonly maxPending?: number
  readonly clock?: Clock
  /** How often endings left undone by a crash are looked for; 0 for never (call `sweep`). */
  readonly sweepEveryMs?: number
}

export interface RedisStores extends Stores {
  /** Carries out endings of sessions that a crash or an outage left undone; answers how many. */
  sweep(): Promise<number>
}

/**
 * Sessions and counters in Redis 7 or Valkey 8, one server or a cluster; the rest in `durable`.
 * Closing closes the durable stores too; the client stays yours.
 *
 * Decision: one-time tokens stay durable although they are short-lived. A replica that takes over
 * may lack the last writes, and a token redeemed twice is worth more to a thief than the
 * millisecond is to a visitor. Cost: a write to the database for each flow that begins.
 *
 * @throws {ConfigFault} when the prefix holds a brace, which would change what keys share, or
 * `cacheMs` is above a second
 */
export function redisStores(options: RedisOptions): RedisStores {
  const { client, durable, prefix = 'bulwark', clock = systemClock } = options
  const deadlineMs = whole('redis.deadlineMs', options.deadlineMs ?? 1_000)
  const maxPending = whole('redis.maxPending', options.maxPending ?? 5_000)
  const sweepEveryMs = whole('redis.sweepEveryMs', options.sweepEveryMs ?? 1_000, 0)
  const cacheMs = whole('redis.cacheMs', options.cacheMs ?? 0, 0)
  if (cacheMs > 1_000)
    throw new ConfigFault('redis.cacheMs', 'is above a second; write 1000 or less')
  if (/[{}]/.test(prefix)) throw new ConfigFault('redis.prefix', 'holds a brace; write it without')
  const wire = redisWire(client, { deadlineMs, maxPending })
  const keys = sessionKeys(prefix)
  const sessions = redisSessions(wire, keys, along => writeAlong(durable, along))
  const endings = endingSessions(wire, keys, sessions, durable, clock)
  const here = options.sessions !== 'durable'
  const stopSweeping = here ? every(sweepEveryMs, endings.sweep) : () => {}
  const counters = redisCounters(wire, prefix)
  const stores: Stores = {
    ...durable,
    kind: `redis+${durable.kind}`,
    accounts: here ? endings.accounts : durable.accounts,
    sessions: here ? sessions : durable.sessions,
    counters: options.outage === 'fail' ? counters : fallbackCounters(counters),
    async ping() {
      await Promise.all([durable.ping(), wire.send('ping', ['EXISTS', `${prefix}:{c}:delayed`])])
    },
    async close() {
      stopSweeping()
      await durable.close()
    },
  }
  const cached = cacheMs > 0 ? cachedStores(stores, { forMs: cacheMs, clock }) : stores
  return { ...cached, sweep: here ? endings.sweep : async () => 0 }
}

async function writeAlong(durable: Stores, along: Along | undefined): Promise<void> {
  const { events = [], jobs = [] } = along ?? {}
  if (jobs.length > 0) await durable.jobs.enqueue(jobs)
  if (events.length > 0) await durable.auditLog.append(events, 'durable')
}

/** Does the work again and again, one at a time; what fails is tried again the next time. */
function every(ms: number, work: () => Promise<unknown>): () => void {
  if (ms <= 0) return () => {}
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    work()
      .catch((error: unknown) => {
        if (!(error instanceof StoreFault)) throw error
      })
      .finally(() => {
        busy = false
      })
  }, ms)
  timer.unref()
  return () => clearInterval(timer)
}
