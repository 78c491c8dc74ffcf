import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import type { Account } from '../../store/port/accounts.ts'
import { type KnownDevice, knownDevice, touchDevice } from '../devices/devices.ts'
import { timeboxRefusal } from '../enumeration/timebox.ts'
import type { Ground, Visit } from '../ground.ts'
import type { Admitted } from '../lockout/lockout.ts'
import { canonicalEmail } from '../mail/address.ts'
import type { Verdict } from '../password/password.ts'
import { resendTo } from '../register/resend.ts'
import { pass, type SignedIn, type Transport } from './gate.ts'
import { tellOfGuessing, welcomeDevice } from './notices.ts'

export const refusals = {
  unknownAccount: { code: 'login.unknown_account', says: 'login.failed', status: 401 },
  wrongPassword: { code: 'login.wrong_password', says: 'login.failed', status: 401 },
  noPassword: { code: 'login.no_password', says: 'login.failed', status: 401 },
  disabled: { code: 'login.disabled', says: 'login.failed', status: 401 },
  unverified: { code: 'login.unverified', says: 'login.failed', status: 401 },
} as const

export interface LoginInput {
  readonly email: string
  readonly password: string
  readonly transport?: Transport
  /** The answer to a challenge that was asked for (see `lockout/challenge`). */
  readonly challenge?: string
}

/**
 * Signs in by password.
 *
 * Unknown names, wrong passwords, locked, disabled and unverified accounts get one answer at one
 * cost after one time; the log has the reason.
 *
 * @returns `login.failed` for all of them, `lockout.slow_down` for an address with too many failures,
 *   `lockout.challenge`, `limits.busy` when too many passwords wait to be checked
 * @throws {StoreFault}
 * @see ASVS 6.3.1, 6.3.4, 6.3.8
 */
export async function login(
  ground: Ground,
  visit: Visit,
  input: LoginInput,
): Promise<Outcome<SignedIn>> {
  return timeboxRefusal(ground.settings.answerMs, ground, () => tryLogin(ground, visit, input))
}

async function tryLogin(
  ground: Ground,
  visit: Visit,
  input: LoginInput,
): Promise<Outcome<SignedIn>> {
  const email = canonicalEmail(input.email) ?? ''
  const account = await ground.stores.accounts.byEmail(email)
  const device = await knownDevice(ground, account?.id, visit)
  const attempt = {
    accountId: account?.id,
    identifier: email,
    address: visit.request.address,
    device: device?.handle,
    answer: input.challenge,
  }
  return ground.lockout.during(attempt, async admitted => {
    if (!admitted.ok) {
      note(ground, visit, email, account, admitted.refusal)
      return admitted
    }
    return check(ground, visit, input, { email, account, device, admitted: admitted.value })
  })
}

interface Tried {
  readonly email: string
  readonly account: Account | undefined
  readonly device: KnownDevice | undefined
  readonly admitted: Admitted
}

async function check(
  ground: Ground,
  visit: Visit,
  input: LoginInput,
  { email, account, device, admitted }: Tried,
): Promise<Outcome<SignedIn>> {
  const verified = await ground.passwords.verify(input.password, account?.passwordHash)
  if (!verified.ok) {
    await admitted.withdrawn()
    return verified
  }
  const refusal = judge(account, verified.value)
  if (account === undefined || refusal !== undefined) {
    const why = refusal ?? refusals.unknownAccount
    note(ground, visit, email, account, why)
    if (account !== undefined && why === refusals.unverified) await resendTo(ground, visit, account)
    await tellOfGuessing(ground, visit, account, admitted)
    return refused(why)
  }
  const { outdated } = verified.value
  return letIn(ground, visit, input, account, { device, admitted, outdated })
}

/** The first reason why not, the account's state last: only the right password gets that far. */
function judge(account: Account | undefined, verdict: Verdict): Refusal | undefined {
  if (account === undefined) return refusals.unknownAccount
  if (account.passwordHash === undefined) return refusals.noPassword
  if (!verdict.matches) return refusals.wrongPassword
  if (account.disabledAt !== undefined) return refusals.disabled
  return account.emailVerifiedAt === undefined ? refusals.unverified : undefined
}

interface Found {
  readonly device: KnownDevice | undefined
  readonly admitted: Admitted
  readonly outdated: boolean
}

async function letIn(
  ground: Ground,
  visit: Visit,
  input: LoginInput,
  account: Account,
  { device, admitted, outdated }: Found,
): Promise<Outcome<SignedIn>> {
  const now = ground.clock()
  const renewed = outdated ? await ground.passwords.hash(input.password) : undefined
  const passed = await pass(ground, visit, {
    account,
    factors: [{ factor: 'pwd', at: now }],
    transport: input.transport ?? 'cookie',
    ...(renewed?.ok === true && { change: { passwordHash: renewed.value } }),
    event:
      admitted.failuresBefore > 0
        ? {
            code: 'login.succeeded_after_failures',
            outcome: 'success',
            detail: { failures: admitted.failuresBefore },
          }
        : { code: 'login.succeeded', outcome: 'success' },
  })
  if (!passed.ok) {
    note(ground, visit, account.email, account, passed.refusal)
    return passed
  }
  await admitted.succeeded()
  if (passed.value.kind === 'factor') return passed
  if (device !== undefined) {
    await touchDevice(ground, device)
    return passed
  }
  const cookie = await welcomeDevice(ground, visit, account)
  return granted({ ...passed.value, cookies: [...passed.value.cookies, cookie] })
}

function note(
  ground: Ground,
  visit: Visit,
  email: string,
  account: Account | undefined,
  refusal: Refusal,
): void {
  const word = refusal.code.startsWith('lockout.') ? 'lockout' : 'login'
  ground.recordRefusal(refusal, {
    code: `${word}.refused`,
    outcome: 'failure',
    reason: refusal.code,
    targetId: account?.id,
    request: visit.request,
    personal: { name: email },
  })
}
