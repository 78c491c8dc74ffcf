import type { Audit } from '../audit/audit.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Keys } from '../kernel/keys.ts'
import type { Outcome } from '../kernel/outcome.ts'
import type { Random } from '../kernel/random.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { Session, SessionKeeper } from '../session/sessions/sessions.ts'
import type { Admission } from '../shield/limits/admission.ts'
import type { Account } from '../store/port/accounts.ts'
import type { Stores } from '../store/port/stores.ts'
import type { By, NewAccount } from './admin/admin.ts'
import type { OnDelete } from './delete/sweep.ts'
import type { ListedDevice } from './devices/devices.ts'
import type { AccountExport } from './export/export.ts'
import type { Ground, Visit } from './ground.ts'
import type { Challenge } from './lockout/challenge.ts'
import type { Lockout } from './lockout/lockout.ts'
import type { LockoutOptions } from './lockout/settings.ts'
import type { SignedIn } from './login/gate.ts'
import type { LoginInput } from './login/login.ts'
import type { PasswordOptions, Passwords } from './password/password.ts'
import type { RegisterInput } from './register/register.ts'
import type { FlowOptions } from './settings.ts'

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
  /** All earlier root keys, for what is stored. */
  readonly previousKeys?: readonly Keys[]
  /** Those whose links, codes and cookies are still good. */
  readonly olderKeys?: () => readonly Keys[]
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
  /** What an account must prove after its first factor; what it has, unless told. */
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
  /** A name that is empty is taken away. */
  changeName(
    visit: Visit,
    session: Session,
    input: { readonly name: string },
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
