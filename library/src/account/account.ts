import { setTimeout } from 'node:timers/promises'
import type { Refusal } from '../kernel/refusal.ts'
import { memoryStores } from '../store/memory/memory.ts'
import { createAccount, disable, enable, revokeEverything, setRole } from './admin/admin.ts'
import { changeEmail } from './change-email/change-email.ts'
import { confirmEmail } from './change-email/confirm-email.ts'
import { undoEmail } from './change-email/undo-email.ts'
import { changeName } from './change-name/change-name.ts'
import { changePassword } from './change-password/change-password.ts'
import { deleteAccount, keepAccount, keepByLink } from './delete/delete.ts'
import { sweepDeleted } from './delete/sweep.ts'
import { forgetDevice, listDevices } from './devices/devices.ts'
import { exportAccount } from './export/export.ts'
import { factorState, owedFactors } from './factors/state.ts'
import type { AccountFlows, AccountGround, AccountOptions } from './flows.ts'
import type { Ground } from './ground.ts'
import { proofOfWork } from './lockout/challenge.ts'
import { withLocalCounters } from './lockout/local.ts'
import { lockout } from './lockout/lockout.ts'
import { login } from './login/login.ts'
import { logout, logoutAll, logoutOthers, revokeSession } from './login/logout.ts'
import { unlock, unlockByLink } from './login/unlock.ts'
import { mailQueue } from './mail/queue.ts'
import { passwords } from './password/password.ts'
import { register } from './register/register.ts'
import { resendVerification } from './register/resend.ts'
import { verifyEmail } from './register/verify-email.ts'
import { forgotPassword } from './reset/forgot.ts'
import { resetPassword } from './reset/reset.ts'
import { accountSettings } from './settings.ts'
import { stepUpByPassword } from './step-up/step-up.ts'

export type { AccountFlows, AccountGround, AccountOptions } from './flows.ts'

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
    olderKeys: given.olderKeys ?? (() => []),
    previousKeys: given.previousKeys ?? [],
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
    secondFactors:
      given.secondFactors ??
      (async accountId => owedFactors(await factorState(stores.credentials, accountId))),
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
    changeName: (visit, session, input) => changeName(ground, visit, session, input),
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
