import type { Stores } from '../port/stores.ts'
import { memoryAccounts } from './accounts.ts'
import { memoryAuditLog } from './audit-log.ts'
import { memoryCounters } from './counters.ts'
import { memoryCredentials } from './credentials.ts'
import { memoryJobs } from './jobs.ts'
import { memoryOneTimeTokens } from './one-time-tokens.ts'
import { memoryRefreshTokens } from './refresh-tokens.ts'
import { emptyRoom } from './room.ts'
import { memorySessions } from './sessions.ts'

/** Stores in this process's memory, gone when it ends: for tests, trials and single counters. */
export function memoryStores(): Stores {
  const room = emptyRoom()
  return {
    kind: 'memory',
    accounts: memoryAccounts(room),
    credentials: memoryCredentials(room),
    sessions: memorySessions(room),
    refreshTokens: memoryRefreshTokens(room),
    oneTimeTokens: memoryOneTimeTokens(room),
    counters: memoryCounters(room),
    auditLog: memoryAuditLog(room),
    jobs: memoryJobs(room),
    async ping() {},
    async close() {},
  }
}
