import type { AuditEvent, AuditRequest } from '../audit/event.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Keys } from '../kernel/keys.ts'
import type { Random } from '../kernel/random.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { SessionKeeper } from '../session/sessions/sessions.ts'
import type { AuditEntry } from '../store/port/audit-log.ts'
import type { Stores } from '../store/port/stores.ts'
import type { Lockout } from './lockout/lockout.ts'
import type { MailQueue } from './mail/queue.ts'
import type { Passwords } from './password/password.ts'
import type { AccountSettings } from './settings.ts'

/** What every account flow stands on. Made once by `account()`. */
export interface Ground {
  readonly stores: Stores
  readonly keys: Keys
  /** Earlier root keys whose links, codes and cookies are still good. */
  readonly olderKeys: () => readonly Keys[]
  /** All earlier root keys: what is stored is checked under whichever it was stored with. */
  readonly previousKeys: readonly Keys[]
  readonly clock: Clock
  readonly random: Random
  /** Resolves after so many milliseconds; passed in, so that a test need not sleep. */
  readonly wait: (milliseconds: number) => Promise<void>
  /** Turns an event into an entry for the log. */
  readonly entry: (event: AuditEvent) => AuditEntry
  /** Records why a flow said no, with what only the flow knows; whoever answers it need not. */
  readonly recordRefusal: (refusal: Refusal, event: AuditEvent) => void
  readonly sessions: SessionKeeper
  readonly passwords: Passwords
  readonly lockout: Lockout
  readonly mail: MailQueue
  readonly settings: AccountSettings
  /** Second factors that the account must prove after the first one. */
  readonly secondFactors: (accountId: string) => Promise<readonly string[]>
}

/** The request that a flow runs for. */
export interface Visit {
  readonly request: AuditRequest
  /** The `cookie` field, in which a flow looks for its own cookies. */
  readonly cookies: string | undefined
}
