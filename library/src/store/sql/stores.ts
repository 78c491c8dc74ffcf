import type { Counters } from '../port/counters.ts'
import type { Stores } from '../port/stores.ts'
import { sqlAccounts } from './accounts.ts'
import { sqlAuditLog } from './audit-log.ts'
import { sqlCredentials } from './credentials.ts'
import type { SqlEngine } from './engine.ts'
import { sqlJobs } from './jobs.ts'
import { sqlOneTimeTokens } from './one-time-tokens.ts'
import { sqlRefreshTokens } from './refresh-tokens.ts'
import { sqlSessions } from './sessions.ts'

/** All ports on one database. Counters come from the dialect, which knows how to lock them best. */
export function sqlStores(kind: string, engine: SqlEngine, counters: Counters): Stores {
  return {
    kind,
    accounts: sqlAccounts(engine),
    credentials: sqlCredentials(engine),
    sessions: sqlSessions(engine),
    refreshTokens: sqlRefreshTokens(engine),
    oneTimeTokens: sqlOneTimeTokens(engine),
    counters,
    auditLog: sqlAuditLog(engine),
    jobs: sqlJobs(engine),
    ping: () => engine.ping(),
    close: () => engine.close(),
  }
}
