import { type AccountFlows, type AccountOptions, account } from './account/account.ts'
import { type Factors, factors } from './account/factors/factors.ts'
import type { Mailer } from './account/mail/mail.ts'
import { mailWorker } from './account/mail/worker.ts'
import { type Passkeys, passkeys, type RelyingPartyOptions } from './account/passkeys/passkeys.ts'
import { passkeySettings } from './account/passkeys/settings.ts'
import type { Audit } from './audit/audit.ts'
import type { Clock } from './kernel/clock.ts'
import { ConfigFault } from './kernel/fault.ts'
import type { Keys } from './kernel/keys.ts'
import type { Random } from './kernel/random.ts'
import type { SessionKeeper } from './session/sessions/sessions.ts'
import { admission } from './shield/limits/admission.ts'
import type { Stores } from './store/port/stores.ts'
import type { Fields } from './vault/fields/fields.ts'

export interface AccountModule extends AccountOptions {
  /** What sends mails. Without one they wait in the store. */
  readonly mailer?: Mailer
  readonly passkeys?: RelyingPartyOptions
}

/** What the accounts are put together from. */
export interface PeopleParts {
  readonly mode: 'development' | 'production'
  readonly origins: readonly string[]
  readonly stores: Stores
  readonly keys: Keys
  /** All earlier root keys, and those whose links and cookies are still good. */
  readonly previousKeys?: readonly Keys[]
  readonly olderKeys?: () => readonly Keys[]
  readonly clock: Clock
  readonly random: Random
  readonly audit: Audit | undefined
  readonly sessions: SessionKeeper | undefined
  readonly fields: Fields
  /** How many passwords are hashed at once. */
  readonly permits: number
}

/** Everything with people in it. */
export interface People {
  readonly flows: AccountFlows
  readonly factors: Factors
  readonly passkeys: Passkeys
  /** Carries out what was put off until now: deletions and recoveries that nobody stopped. */
  sweep(): Promise<unknown>
  /** Ends what works in the background; resolves when it has. */
  stop(): Promise<void>
}

const QUEUE_PER_PERMIT = 64
const QUEUE_SECONDS = 10
const DEVELOPMENT_MAILS = 2000

/**
 * Puts the account flows together, with the worker behind them that sends their mails.
 *
 * @throws {ConfigFault} when accounts lack what they stand on
 */
export async function people(options: AccountModule, parts: PeopleParts): Promise<People> {
  const { audit, sessions, stores, permits } = parts
  const [origin] = parts.origins
  if (origin === undefined) throw new ConfigFault('origin', 'is needed for the links in mails')
  if (audit === undefined) throw new ConfigFault('audit', 'is false, and accounts need it')
  if (sessions === undefined) throw new ConfigFault('session', 'is false, and accounts need it')
  const { mailer, passkeys: forPasskeys, ...given } = options
  const keySettings = passkeySettings(forPasskeys, [origin, ...parts.origins.slice(1)])
  const service = given.service ?? new URL(origin).host
  const mails =
    mailer === undefined
      ? undefined
      : mailWorker({
          ...parts,
          jobs: stores.jobs,
          mailer,
          service,
          gaveUp: (id, why) =>
            audit.record({
              code: 'mail.given_up',
              outcome: 'failure',
              targetId: id,
              detail: { why },
            }),
        })
  const flows = await account(
    {
      // Every client of a developer's machine has one address, and tests have hundreds of people.
      ...(parts.mode === 'development' && { mailsPerAddressHourly: DEVELOPMENT_MAILS }),
      ...given,
      service,
    },
    {
      ...parts,
      origin,
      audit,
      sessions,
      admission: admission({
        permits,
        queue: permits * QUEUE_PER_PERMIT,
        queueSeconds: QUEUE_SECONDS,
      }),
      ...(mails !== undefined && { wakeMail: mails.wake }),
    },
  )
  const second = factors(flows.ground, parts.fields, service)
  mails?.start()
  return {
    flows,
    factors: second,
    passkeys: passkeys(flows.ground, keySettings, service),
    sweep: () => Promise.all([flows.sweepDeleted(), second.recovery.sweep()]),
    async stop() {
      await mails?.stop()
    },
  }
}
