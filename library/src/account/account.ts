import { setTimeout } from 'node:timers/promises'
import type { Audit } from '../audit/audit.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Keys } from '../kernel/keys.ts'
import type { Outcome } from '../kernel/outcome.ts'
import type { Random } from '../kernel/random.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { Session, SessionKeeper } from '../session/sessions/sessions.ts'
import type { Admission } from '../shield/limits/admission.ts'
import { memoryStores } from '../store/memory/memory.ts'
import type { Account } from '../store/port/accounts.ts'
import type { Stores } from '../store/port/stores.ts'
import {
  type By,
  createAccount,
  disable,
  enable,
  type NewAccount,
  revokeEverything,
  setRole,
} from './admin/admin.ts'
import { changeEmail } from './change-email/change-email.ts'
import { confirmEmail } from './change-email/confirm-email.ts'
import { undoEmail } from './change-email/undo-email.ts'
import { changePassword } from './change-password/change-password.ts'
import { deleteAccount, keepAccount, keepByLink } from './delete/delete.ts'
import { type OnDelete, sweepDeleted } from './delete/sweep.ts'
import { forgetDevice, type ListedDevice, listDevices } from './devices/devices.ts'
import { type AccountExport, exportAccount } from './export/export.ts'
import type { Ground, Visit } from './ground.ts'
import { type Challenge, proofOfWork } from './lockout/challenge.ts'
import { withLocalCounters } from './lockout/local.ts'
import { type Lockout, lockout } from './lockout/lockout.ts'
import type { LockoutOptions } from './lockout/settings.ts'
import type { SignedIn } from './login/gate.ts'
import { type LoginInput, login } from './login/login.ts'
import { logout, logoutAll, logoutOthers, revokeSession } from './login/logout.ts'
import { unlock, unlockByLink } from './login/unlock.ts'
import { mailQueue } from './mail/queue.ts'
import { type PasswordOptions, type Passwords, passwords } from './password/password.ts'
import { type RegisterInput, register } from './register/register.ts'
import { resendVerification } from './register/resend.ts'
import { verifyEmail } from './register/verify-email.ts'
import { forgotPassword } from './reset/forgot.ts'
import { resetPassword } from './reset/reset.ts'
import { accountSettings, type FlowOptions } from './settings.ts'
import { stepUpByPassword } from './step-up/step-up.ts'

export interface AccountOptions extends FlowOptions {
  readonly password?: PasswordOptions
  readonly lockout?: LockoutOptions
  /** Asked of unknown devices before delays grow; off unless told. A captcha fits as well. */
  readonly challenge?: 'proof-of-work' | Challenge
}

/** What the flows are given by whoever puts the library together. */
export interface AccountGround {
  /** Public origin for links in mails. */
  readonly origin: string
  readonly stores: Stores
  readonly keys: Keys
  readonly previousKeys?: readonly Keys[]
  readonly clock: Clock
  readonly random: Random
  readonly audit: Pick<Audit, 'entry' | 'record' | 'erase'>
  readonly sessions: SessionKeeper
  /** Shared by everything that hashes passwords. */
  readonly admission: Admission
  /** How many hashes `admission` runs at once. */
  readonly permits: number
  /** Told when a mail may wait; `mailWorker.wake`. */
  readonly wakeMail?: () => void
  /** Resolves after so many milliseconds; the system's timer unless told. */
  readonly wait?: (milliseconds: number) => Promise<void>
  readonly secondFactors?: (accountId: string) => Promise<readonly string[]>
  /** Removes the application's own rows of an account whose grace is over. */
  readonly onDelete?: OnDelete
}

/** All flows with people in them, bound to their ground. */
export interface AccountFlows {
  readonly ground: Ground
  readonly passwords: Passwords
  readonly lockout: Lockout
  /** Whether a flow has recorded this very refusal, so that nobody records it twice. */
  isRecorded(refusal: Refusal): boolean
  register(visit: Visit, input: RegisterInput): Promise<Outcome<void>>
  resendVerification(visit: Visit, input: { readonly email: string }): Promise<Outcome<void>>
  verifyEmail(visit: Visit, input: { readonly token: string }): Promise<Outcome<void>>
  login(visit: Visit, input: LoginInput): Promise<Outcome<SignedIn>>
  /** Answers `Set-Cookie` texts. */
  logout(visit: Visit, session: Session): Promise<readonly string[]>
  logoutAll(visit: Visit, session: Session): Promise<readonly string[]>
  logoutOthers(visit: Visit, session: Session): Promise<number>
  revokeSession(visit: Visit, session: Session, id: string): Promise<Outcome<void>>
  unlockByLink(visit: Visit, input: { readonly token: string }): Promise<Outcome<void>>
  unlock(visit: Visit, accountId: string, actorId: string | undefined): Promise<void>
  forgotPassword(visit: Visit, input: { readonly email: string }): Promise<Outcome<void>>
  resetPassword(
    visit: Visit,
    input: { readonly token: string; readonly password: string },
  ): Promise<Outcome<void>>
  /** Answers `Set-Cookie` texts. */
  changePassword(
    visit: Visit,
    session: Session,
    input: { readonly password: string },
  ): Promise<Outcome<readonly string[]>>
  /** Answers `Set-Cookie` texts. */
  stepUp(
    visit: Visit,
    session: Session,
    input: { readonly password: string },
  ): Promise<Outcome<readonly string[]>>
  changeEmail(
    visit: Visit,
    session: Session,
    input: { readonly email: string },
  ): Promise<Outcome<void>>
  confirmEmail(visit: Visit, input: { readonly token: string }): Promise<Outcome<void>>
  undoEmail(visit: Visit, input: { readonly token: string }): Promise<Outcome<void>>
  /** Answers `Set-Cookie` texts. */
  deleteAccount(visit: Visit, session: Session): Promise<Outcome<readonly string[]>>
  keepAccount(visit: Visit, session: Session): Promise<Outcome<void>>
  keepByLink(visit: Visit, input: { readonly token: string }): Promise<Outcome<void>>
  exportAccount(visit: Visit, session: Session): Promise<Outcome<AccountExport>>
  devices(accountId: string): Promise<readonly ListedDevice[]>
  forgetDevice(visit: Visit, session: Session, id: string): Promise<Outcome<void>>
  createAccount(by: By, input: NewAccount): Promise<Outcome<Account>>
  disable(by: By, accountId: string): Promise<Outcome<void>>
  enable(by: By, accountId: string): Promise<Outcome<void>>
  setRole(by: By, accountId: string, role: string): Promise<Outcome<void>>
  revokeEverything(by: By, accountId: string): Promise<Outcome<void>>
  /** Ends the accounts whose grace is over; call it every few minutes. Answers how many. */
  sweepDeleted(): Promise<number>
}

/** Between two events about counters that are out of reach. */
const FAULT_PAUSE_MS = 60_000

/**
 * Makes the account flows: judges options, measures the machine, and binds all to one ground.
 *
 * @throws {ConfigFault} when an option makes no sense
 */
export async function account(
  options: AccountOptions,
  given: AccountGround,
): Promise<AccountFlows> {
  const { stores, keys, clock, random, audit } = given
  const settings = accountSettings(given.origin, options)
  const recorded = new WeakSet<Refusal>()
  let toldAt = Number.NEGATIVE_INFINITY
  const counters = withLocalCounters(stores.counters, memoryStores().counters, fault => {
    if (clock() - toldAt < FAULT_PAUSE_MS) return
    toldAt = clock()
    const detail = { verb: fault.verb }
    audit.record({ code: 'system.faulted', outcome: 'failure', reason: 'lockout.local', detail })
  })
  const ground: Ground = {
    stores,
    keys,
    clock,
    random,
    settings,
    sessions: given.sessions,
    wait: given.wait ?? (milliseconds => setTimeout(milliseconds)),
    entry: audit.entry,
    recordRefusal(refusal, event) {
      recorded.add(refusal)
      audit.record(event)
    },
    passwords: await passwords(
      {
        ...options.password,
        contextWords: [settings.service, ...(options.password?.contextWords ?? [])],
      },
      given,
    ),
    lockout: lockout(options.lockout ?? {}, {
      counters,
      keys,
      clock,
      challenge:
        options.challenge === 'proof-of-work'
          ? proofOfWork({}, { counters, keys, clock, random })
          : options.challenge,
    }),
    mail: mailQueue(keys, clock, random, given.wakeMail),
    secondFactors: given.secondFactors ?? (async () => []),
  }
  return {
    ground,
    passwords: ground.passwords,
    lockout: ground.lockout,
    isRecorded: refusal => recorded.has(refusal),
    register: (visit, input) => register(ground, visit, input),
    resendVerification: (visit, input) => resendVerification(ground, visit, input),
    verifyEmail: (visit, input) => verifyEmail(ground, visit, input),
    login: (visit, input) => login(ground, visit, input),
    logout: (visit, session) => logout(ground, visit, session),
    logoutAll: (visit, session) => logoutAll(ground, visit, session),
    logoutOthers: (visit, session) => logoutOthers(ground, visit, session),
    revokeSession: (visit, session, id) => revokeSession(ground, visit, session, id),
    unlockByLink: (visit, input) => unlockByLink(ground, visit, input),
    unlock: (visit, accountId, actorId) => unlock(ground, visit, accountId, actorId),
    forgotPassword: (visit, input) => forgotPassword(ground, visit, input),
    resetPassword: (visit, input) => resetPassword(ground, visit, input),
    changePassword: (visit, session, input) => changePassword(ground, visit, session, input),
    stepUp: (visit, session, input) => stepUpByPassword(ground, visit, session, input),
    changeEmail: (visit, session, input) => changeEmail(ground, visit, session, input),
    confirmEmail: (visit, input) => confirmEmail(ground, visit, input),
    undoEmail: (visit, input) => undoEmail(ground, visit, input),
    deleteAccount: (visit, session) => deleteAccount(ground, visit, session),
    keepAccount: (visit, session) => keepAccount(ground, visit, session.accountId),
    keepByLink: (visit, input) => keepByLink(ground, visit, input),
    exportAccount: (visit, session) => exportAccount(ground, visit, session),
    devices: accountId => listDevices(ground, accountId),
    forgetDevice: (visit, session, id) => forgetDevice(ground, visit, session, id),
    createAccount: (by, input) => createAccount(ground, by, input),
    disable: (by, accountId) => disable(ground, by, accountId),
    enable: (by, accountId) => enable(ground, by, accountId),
    setRole: (by, accountId, role) => setRole(ground, by, accountId, role),
    revokeEverything: (by, accountId) => revokeEverything(ground, by, accountId),
    sweepDeleted: () => sweepDeleted(ground, id => audit.erase(id), given.onDelete),
  }
}
