// A process of a test: joins a race against its siblings, or writes until somebody kills it.
import { writeSync } from 'node:fs'
import { memoryStores } from '../memory/memory.ts'
import type { Stores } from '../port/stores.ts'
import { postgresStores } from '../postgres/postgres.ts'
import { redisStores } from '../redis/redis.ts'
import { sqliteStores } from '../sqlite/sqlite.ts'
import { account, entry, fresh, HOUR, NOW, refreshToken, session, token } from './examples.ts'
import { connect } from './redis-servers.ts'

/** What a child is told, as JSON in its first argument. */
export interface Errand {
  readonly store: StoreAddress
  readonly task: 'race' | 'write'
  /** Names that the siblings share. */
  readonly race?: Race
}

export type StoreAddress =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'redis'; readonly url: string; readonly prefix: string }

export interface Race {
  readonly tokens: readonly string[]
  readonly refresh: readonly string[]
  readonly sessions: readonly string[]
  readonly account: { readonly id: string; readonly email: string }
  readonly key: string
}

/** How often this child won. */
export interface Won {
  readonly redeemed: readonly string[]
  readonly rotated: readonly string[]
  readonly revoked: readonly string[]
  readonly updated: number
  readonly created: number
  readonly allowed: number
  readonly guesses: number
  readonly appended: number
}

export const RATE: { readonly limit: number; readonly windowMs: number } = {
  limit: 37,
  windowMs: HOUR,
}
export const BACKOFF: {
  readonly free: number
  readonly baseMs: number
  readonly capMs: number
  readonly forgetMs: number
} = { free: 7, baseMs: HOUR, capMs: HOUR, forgetMs: 24 * HOUR }

export async function openStore(address: StoreAddress): Promise<Stores> {
  const deadlineMs = 20_000
  if (address.kind === 'sqlite') return sqliteStores({ path: address.path, deadlineMs })
  if (address.kind === 'postgres') {
    const { url: connectionString } = address
    return postgresStores({ connectionString, maxConnections: 5, migrate: 'apply', deadlineMs })
  }
  const client = await connect(address.url)
  const durable = memoryStores()
  return redisStores({ client, durable, prefix: address.prefix, deadlineMs, sweepEveryMs: 0 })
}

async function race(stores: Stores, names: Race): Promise<Won> {
  const each = async <T>(
    list: readonly T[],
    win: (one: T) => Promise<boolean>,
  ): Promise<readonly T[]> => {
    const won = await Promise.all(list.map(win))
    return list.filter((_, index) => won[index])
  }
  const fifty = <T>(call: () => Promise<T>): Promise<readonly T[]> =>
    Promise.all(Array.from({ length: 50 }, call))
  const { id, email } = names.account
  const successor = (): { hash: string; expiresAt: number } => ({
    hash: fresh('refresh'),
    expiresAt: NOW + HOUR,
  })
  const [redeemed, rotated, revoked, updated, created, hits, guesses] = await Promise.all([
    each(names.tokens, async one => (await stores.oneTimeTokens.redeem(one, NOW)) !== undefined),
    each(names.refresh, async one => {
      const rotation = await stores.refreshTokens.rotate(one, undefined, successor(), NOW)
      return rotation.state === 'rotated'
    }),
    each(names.sessions, one => stores.sessions.revoke(one)),
    stores.accounts.update(id, 1, { name: fresh('name') }),
    stores.accounts.create(account({ email })),
    fifty(async () => stores.counters.hit([{ key: names.key, rate: RATE }], NOW)),
    fifty(() => stores.counters.reserve([{ key: names.key, backoff: BACKOFF }], NOW)),
    fifty(() => stores.auditLog.append([entry()])),
  ])
  return {
    redeemed,
    rotated,
    revoked,
    updated: updated === 'done' ? 1 : 0,
    created: created === 'done' ? 1 : 0,
    allowed: hits.filter(([answer]) => answer?.allowed).length,
    guesses: guesses.filter(([answer]) => answer?.allowed).length,
    appended: 50,
  }
}

/** Writes without end, and says what was acknowledged in the same moment. */
async function write(stores: Stores): Promise<never> {
  const say = (word: string): void => {
    writeSync(1, `${word}\n`)
  }
  const forever = async (step: () => Promise<string>): Promise<never> => {
    for (;;) say(await step())
  }
  return Promise.race([
    forever(async () => {
      const made = account()
      await stores.accounts.create(made, { events: [entry({ targetId: made.id })] })
      return `account ${made.id}`
    }),
    forever(async () => {
      const record = session()
      await stores.sessions.create(record)
      return `session ${record.idHash}`
    }),
    forever(async () => {
      const hash = fresh('token')
      await stores.oneTimeTokens.issue(hash, token())
      say(`issued ${hash}`)
      await stores.oneTimeTokens.redeem(hash, NOW)
      return `redeemed ${hash}`
    }),
    forever(async () => {
      const record = refreshToken()
      await stores.refreshTokens.issue(record)
      const hash = fresh('refresh')
      await stores.refreshTokens.rotate(record.hash, undefined, { hash, expiresAt: NOW + 1 }, NOW)
      return `rotated ${hash}`
    }),
    forever(async () => {
      const event = entry()
      await stores.auditLog.append([event])
      return `event ${event.id}`
    }),
  ])
}

const [, , argument] = process.argv
if (import.meta.main && argument !== undefined) {
  const { store, task, race: names }: Errand = JSON.parse(argument)
  const stores = await openStore(store)
  writeSync(1, 'ready\n')
  if (task === 'write') await write(stores)
  process.stdin.once('data', async () => {
    if (names !== undefined) writeSync(1, `${JSON.stringify(await race(stores, names))}\n`)
    process.exit(0)
  })
}
