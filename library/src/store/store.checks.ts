import type { Check } from '../kernel/check.ts'

/** What the doctor knows about where things are kept. */
export interface StoreFacts {
  readonly production: boolean
  /** `stores.kind`: `memory`, `sqlite`, `postgres`, `redis+postgres` … */
  readonly kind: string
  /** Processes of this service on all machines, as far as it is told. */
  readonly nodes: number
  /** The address of the database or of Redis crosses a network without TLS. */
  readonly plainAddresses?: readonly string[]
  /** Redis' answer to `CONFIG GET appendonly`, when it may be asked. */
  readonly redisAppendOnly?: boolean
  /** Redis' answer to `CONFIG GET maxmemory-policy`, when it may be asked. */
  readonly redisEviction?: string
}

export const storeChecks: readonly Check<StoreFacts>[] = [
  {
    id: 'store.memory',
    severity: 'critical',
    what: 'Accounts, sessions and the audit log are kept in memory.',
    why: 'A restart forgets every account, every lock on a guesser, and what he did.',
    fix: 'Give stores: sqliteStores({ path }), or postgresStores({ pool }) for several machines.',
    found: ({ production, kind }) => production && kind.split('+').includes('memory'),
  },
  {
    id: 'store.sqlite-many-nodes',
    severity: 'warning',
    what: 'Several processes share one SQLite file.',
    why: 'They take turns at one lock; on a network file system the locks do not hold at all.',
    fix: 'Use one process, or a few on one machine with a local disk; beyond that postgresStores.',
    found: ({ production, kind, nodes }) =>
      production && kind.split('+').includes('sqlite') && nodes > 4 && `${nodes} processes`,
  },
  {
    id: 'store.plain-connection',
    severity: 'warning',
    what: 'A store is reached over the network without TLS.',
    why: 'Whoever is on the way reads password hashes and addresses, and may answer in its place.',
    fix: 'Write rediss:// or sslmode=verify-full, or keep the store on this machine.',
    found: ({ production, plainAddresses = [] }) =>
      production && plainAddresses.length > 0 && plainAddresses.join(', '),
  },
  {
    id: 'store.redis-eviction',
    severity: 'warning',
    what: 'Redis may evict keys when its memory is full.',
    why: 'Who fills it makes it forget the failures of an account, and guesses on.',
    fix: 'Set maxmemory-policy to noeviction, and watch its memory.',
    found: ({ kind, redisEviction = 'noeviction' }) =>
      kind.startsWith('redis') && redisEviction !== 'noeviction' && redisEviction,
  },
  {
    id: 'store.redis-snapshots',
    severity: 'advice',
    what: 'Redis does not keep an append-only file.',
    why: 'Restarted from an older snapshot, it brings back sessions that were revoked since.',
    fix: 'Set appendonly yes (appendfsync everysec), or save "" to begin empty after a restart.',
    found: ({ kind, redisAppendOnly = true }) => kind.startsWith('redis') && !redisAppendOnly,
  },
]
