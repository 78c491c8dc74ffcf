import { audit } from '../audit/audit.ts'
import { type TestClock, testClock } from '../kernel/clock.ts'
import { deriveKeys, type Keys } from '../kernel/keys.ts'
import { systemRandom } from '../kernel/random.ts'
import { type SessionKeeper, type SessionsOptions, sessions } from '../session/sessions/sessions.ts'
import { admission } from '../shield/limits/admission.ts'
import { memoryStores } from '../store/memory/memory.ts'
import type { Stores } from '../store/port/stores.ts'
import { type AccountFlows, type AccountGround, type AccountOptions, account } from './account.ts'
import type { Visit } from './ground.ts'
import { developmentOutbox, type Outbox } from './mail/mail.ts'
import { type MailWorker, mailWorker } from './mail/worker.ts'
import { FLOOR } from './password/calibrate.ts'

/** A whole house of account flows on one store, with a clock to turn and a mailbox to read. */
export interface House {
  readonly flows: AccountFlows
  readonly stores: Stores
  readonly sessions: SessionKeeper
  readonly clock: TestClock
  readonly keys: Keys
  readonly outbox: Outbox
  readonly mail: MailWorker
  /** Waits that flows asked for. Nothing really waits. */
  readonly waits: number[]
  /** Sends what waits and answers the newest mail to this address. */
  mailTo(address: string): Promise<{ subject: string; text: string; token: string } | undefined>
  /** Registers and verifies. */
  member(email: string, password?: string): Promise<string>
  /** Waits until the log has everything that was recorded. */
  logged(): Promise<void>
  close(): Promise<void>
}

export const ROOT: Buffer = Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + 3))
export const PASSWORD: string = 'purple otter walks home'

let unused = 0
/** A request from an address of its own, unless told. */
export function visit(from: Partial<Visit['request']> = {}, cookies?: string): Visit {
  unused++
  return {
    request: {
      id: `request-${unused}`,
      method: 'POST',
      route: '/auth',
      address: `198.51.${(unused >> 8) & 255}.${unused & 255}`,
      device: 'Firefox on Linux',
      ...from,
    },
    cookies,
  }
}

/** `name=value; …` of `Set-Cookie` texts, as a browser would send them back. */
export function cookieHeader(cookies: readonly string[]): string {
  return cookies.map(text => text.split(';')[0]).join('; ')
}

export async function house(
  options: AccountOptions & { readonly session?: SessionsOptions } = {},
  given: Partial<AccountGround> = {},
): Promise<House> {
  const stores = given.stores ?? memoryStores()
  const clock = testClock()
  const keys = deriveKeys(ROOT)
  const random = systemRandom()
  const log = audit({}, { log: stores.auditLog, keys, clock, random })
  const waits: number[] = []
  const keeper = sessions(options.session ?? {}, { store: stores.sessions, keys, clock, random })
  const outbox = developmentOutbox(clock)
  const mail = mailWorker({
    jobs: stores.jobs,
    keys,
    mailer: outbox,
    clock,
    random,
    service: 'Otter Shop',
  })
  const flows = await account(
    { service: 'Otter Shop', ...options, password: { cost: FLOOR, ...options.password } },
    {
      origin: 'https://shop.example',
      stores,
      keys,
      clock,
      random,
      audit: log,
      sessions: keeper,
      admission: admission({ permits: 2, queue: 500, queueSeconds: 60 }),
      permits: 2,
      async wait(milliseconds) {
        waits.push(milliseconds)
      },
      ...given,
    },
  )
  const made: House = {
    flows,
    stores,
    sessions: keeper,
    clock,
    keys,
    outbox,
    mail,
    waits,
    async mailTo(address) {
      await mail.runOnce()
      const found = outbox.mails().findLast(one => one.to === address)
      return found && { ...found, token: /#token=([\w-]+)/.exec(found.text)?.[1] ?? '' }
    },
    async member(email, password = PASSWORD) {
      await flows.register(visit(), { email, password })
      const token = (await made.mailTo(email))?.token ?? ''
      const verified = await flows.verifyEmail(visit(), { token })
      if (!verified.ok) throw new Error(verified.refusal.code)
      return (await stores.accounts.byEmail(email))?.id ?? ''
    },
    logged: () => log.flush(),
    async close() {
      await log.close()
      await stores.close()
    },
  }
  return made
}
