import type { Accounts } from './accounts.ts';
import type { AuditLog } from './audit-log.ts';
import type { Counters } from './counters.ts';
import type { Credentials } from './credentials.ts';
import type { Jobs } from './jobs.ts';
import type { OneTimeTokens } from './one-time-tokens.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import type { Sessions } from './sessions.ts';
/**
 * All that Bulwark remembers. Every verb is one whole transition that answers who won, and throws
 * `StoreFault` when the store cannot answer; reading and then writing is never a verb.
 */
export interface Stores {
    /** `memory`, `sqlite`, `postgres`, `redis+postgres` … for logs and the doctor. */
    readonly kind: string;
    readonly accounts: Accounts;
    readonly credentials: Credentials;
    readonly sessions: Sessions;
    readonly refreshTokens: RefreshTokens;
    readonly oneTimeTokens: OneTimeTokens;
    readonly counters: Counters;
    readonly auditLog: AuditLog;
    readonly jobs: Jobs;
    /** Resolves when the store answers; rejects with StoreFault. For readiness checks. */
    ping(): Promise<void>;
    /** Waits for what was begun, then lets go of what the store itself opened. */
    close(): Promise<void>;
}
