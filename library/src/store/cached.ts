import { type Clock, systemClock } from '../kernel/clock.ts'
import { after } from '../kernel/soon.ts'
import type { SessionRecord, Sessions } from './port/sessions.ts'
import type { Stores } from './port/stores.ts'

export interface CachedOptions {
  /** How long a session that was found is believed; what other nodes revoke is seen after it. */
  readonly forMs?: number
  /** Sessions kept at most; the oldest go first. */
  readonly most?: number
  readonly clock?: Clock
}

interface Kept {
  readonly record: SessionRecord
  readonly until: number
}

/**
 * Remembers found sessions in this process for at most `forMs` (1 second unless told). What this
 * process changes is seen at once, what others revoke after `forMs`. Absence is never remembered.
 */
export function cachedStores(stores: Stores, options: CachedOptions = {}): Stores {
  const { forMs = 1_000, most = 10_000, clock = systemClock } = options
  const kept = new Map<string, Kept>()
  // A find that is under way while something is forgotten must not bring it back.
  let forgotten = 0

  const forget = (idHash: string): void => {
    forgotten += 1
    kept.delete(idHash)
  }
  const forgetOwner = (accountId: string): void => {
    forgotten += 1
    for (const [idHash, { record }] of kept) if (record.accountId === accountId) kept.delete(idHash)
  }
  const then = <T>(work: Promise<T>, clean: () => void): Promise<T> => work.finally(clean)

  const { sessions, accounts } = stores
  const cached: Sessions = {
    ...sessions,
    find(idHash) {
      const known = kept.get(idHash)
      const now = clock()
      if (known !== undefined && now < known.until && known.until - now <= forMs) {
        return known.record
      }
      const before = forgotten
      return after(sessions.find(idHash), record => {
        if (record === undefined || before !== forgotten) return record
        kept.delete(idHash)
        kept.set(idHash, { record, until: now + forMs })
        if (kept.size > most) kept.delete(kept.keys().next().value ?? '')
        return record
      })
    },
    touch: (idHash, seen, idle) => then(sessions.touch(idHash, seen, idle), () => forget(idHash)),
    replace: (old, record, along) => then(sessions.replace(old, record, along), () => forget(old)),
    revoke: (idHash, along) => then(sessions.revoke(idHash, along), () => forget(idHash)),
    revokeById: (accountId, id, along) =>
      then(sessions.revokeById(accountId, id, along), () => forgetOwner(accountId)),
    revokeAll: (accountId, except, along) =>
      then(sessions.revokeAll(accountId, except, along), () => forgetOwner(accountId)),
  }
  return {
    ...stores,
    sessions: cached,
    accounts: {
      ...accounts,
      update: (id, version, change, along) =>
        then(accounts.update(id, version, change, along), () => forgetOwner(id)),
      remove: (id, version, along) =>
        then(accounts.remove(id, version, along), () => forgetOwner(id)),
    },
  }
}
