import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Account } from '../../store/port/accounts.ts'
import { changeAccount, type Plan } from '../change.ts'
import { DEVICE } from '../devices/devices.ts'
import { TRUSTED_DEVICE } from '../devices/trusted.ts'
import type { Ground, Visit } from '../ground.ts'
import { canonicalEmail } from '../mail/address.ts'
import { LINK_PURPOSES } from '../tokens.ts'

export const refusals = {
  notAnAddress: {
    code: 'account.made_with_no_address',
    says: 'account.not_an_address',
    status: 422,
    errors: [{ pointer: '/email', detail: 'is no address that mail can be sent to' }],
  },
  taken: { code: 'account.made_twice', says: 'account.taken', status: 409 },
} as const

/** Who does it: an administrator, or nobody for the command line and the set-up. */
export interface By {
  readonly visit: Visit
  readonly actorId: string | undefined
}

/** Disables an account: nobody signs in to it any more, and whoever is signed in no longer is. */
export function disable(ground: Ground, by: By, accountId: string): Promise<Outcome<void>> {
  return administer(ground, accountId, () => ({
    change: { disabledAt: ground.clock() },
    along: {
      endSessions: 'all',
      endRefreshTokens: true,
      voidTokens: LINK_PURPOSES,
      events: [entry(ground, by, 'account.disabled', accountId)],
    },
  }))
}

/** Lets a disabled account sign in again. */
export function enable(ground: Ground, by: By, accountId: string): Promise<Outcome<void>> {
  return administer(ground, accountId, () => ({
    change: { disabledAt: undefined },
    along: { events: [entry(ground, by, 'account.enabled', accountId)] },
  }))
}

/** Gives an account another role. Its sessions end: each bears the role that it began with. */
export function setRole(
  ground: Ground,
  by: By,
  accountId: string,
  role: string,
): Promise<Outcome<void>> {
  return administer(ground, accountId, account => ({
    change: { role },
    along: {
      endSessions: 'all',
      endRefreshTokens: true,
      events: [
        entry(ground, by, 'account.role_changed', accountId, { from: account.role, to: role }),
      ],
    },
  }))
}

/** Ends everything that is signed in to an account and forgets its devices. */
export function revokeEverything(
  ground: Ground,
  by: By,
  accountId: string,
): Promise<Outcome<void>> {
  return administer(ground, accountId, () => ({
    change: {},
    along: {
      endSessions: 'all',
      endRefreshTokens: true,
      voidTokens: LINK_PURPOSES,
      removeCredentials: [DEVICE, TRUSTED_DEVICE],
      events: [entry(ground, by, 'session.revoked_all', accountId)],
    },
  }))
}

export interface NewAccount {
  /** UUID; a fresh one unless told. An existing users table may bring its own. */
  readonly id?: string
  readonly email: string
  readonly password?: string
  /** A hash from elsewhere, in a format that `password` reads; replaced at the first sign-in. */
  readonly passwordHash?: string
  readonly name?: string
  readonly role?: string
  /** Whether the address counts as verified; false unless told. */
  readonly verified?: boolean
}

/**
 * Makes an account without a registration: set-up, seeds, imports. The password is judged as any.
 *
 * @returns the account, `account.taken`, or what is wrong with address or password
 */
export async function createAccount(
  ground: Ground,
  by: By,
  input: NewAccount,
): Promise<Outcome<Account>> {
  const email = canonicalEmail(input.email)
  if (email === undefined) return refused(refusals.notAnAddress)
  let passwordHash = input.passwordHash
  if (input.password !== undefined) {
    const weak = await ground.passwords.judge(input.password, [email, input.name])
    if (weak !== undefined) return refused(weak)
    const hashed = await ground.passwords.hash(input.password)
    if (!hashed.ok) return hashed
    passwordHash = hashed.value
  }
  const now = ground.clock()
  const account: Account = {
    id: input.id ?? ground.random.uuid(),
    version: 1,
    email,
    emailVerifiedAt: input.verified === true ? now : undefined,
    name: input.name,
    passwordHash,
    passwordChangedAt: passwordHash === undefined ? undefined : now,
    role: input.role ?? ground.settings.role,
    disabledAt: undefined,
    deleteAfter: undefined,
    createdAt: now,
  }
  const events = [entry(ground, by, 'account.created', account.id, { role: account.role })]
  const answer = await ground.stores.accounts.create(account, { events })
  return answer === 'done' ? granted(account) : refused(refusals.taken)
}

type AdminCode =
  | 'account.created'
  | 'account.disabled'
  | 'account.enabled'
  | 'account.role_changed'
  | 'session.revoked_all'

function entry(
  ground: Ground,
  { visit, actorId }: By,
  code: AdminCode,
  targetId: string,
  detail?: Readonly<Record<string, string>>,
): ReturnType<Ground['entry']> {
  return ground.entry({
    code,
    outcome: 'success',
    actorId,
    targetId,
    request: visit.request,
    ...(detail && { detail }),
  })
}

async function administer(
  ground: Ground,
  accountId: string,
  plan: (account: Account) => Plan,
): Promise<Outcome<void>> {
  const changed = await changeAccount(ground, accountId, account => granted(plan(account)))
  return changed.ok ? granted(undefined) : refused(changed.refusal)
}
