import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import { clearedCookie, FLOW_COOKIE, readCookie } from '../../session/cookies/cookies.ts'
import type { Account } from '../../store/port/accounts.ts'
import type { OneTimeToken } from '../../store/port/one-time-tokens.ts'
import type { ProvenFactor } from '../../store/port/sessions.ts'
import { trustDevice } from '../devices/trusted.ts'
import type { Ground, Visit } from '../ground.ts'
import { pass, type SignedIn, type WaitingFlow } from '../login/gate.ts'
import { greetDevice } from '../login/notices.ts'
import { refuse } from '../refuse.ts'
import { keptHash } from '../tokens.ts'

export const refusals = {
  unknown: { code: 'login.unknown_flow', says: 'factor.flow_over', status: 401 },
  spent: { code: 'login.flow_spent', says: 'factor.flow_over', status: 401 },
  overtaken: { code: 'login.flow_overtaken', says: 'factor.flow_over', status: 401 },
} as const

/** A sign-in that waits for its second factor, and whose it is. */
export interface Waiting {
  readonly hash: string
  readonly token: OneTimeToken
  readonly account: Account
}

/**
 * The sign-in behind a flow's bearer value, from the cookie unless given. `attempt` spends one of its
 * tries; `peek` only looks.
 *
 * @returns `factor.flow_over`, whatever is wrong with it
 */
export async function waitingFlow(
  ground: Ground,
  visit: Visit,
  given: string | undefined,
  how: 'attempt' | 'peek',
): Promise<Outcome<Waiting>> {
  const flow = given ?? readCookie(visit.cookies, FLOW_COOKIE) ?? ''
  const hash = await keptHash(ground, 'mfa-flow', flow)
  const token = await ground.stores.oneTimeTokens[how](hash, ground.clock())
  if (token?.accountId === undefined) return refused(refusals.unknown)
  const account = await ground.stores.accounts.byId(token.accountId)
  const { passwordChangedAt } = JSON.parse(token.data) as WaitingFlow
  if (account === undefined || account.disabledAt !== undefined) return refused(refusals.overtaken)
  if (account.passwordChangedAt !== passwordChangedAt) return refused(refusals.overtaken)
  return granted({ hash, token, account })
}

/** Ends a sign-in whose second factor was proven just now. Of several who finish one flow, one does. */
export async function finishFlow(
  ground: Ground,
  visit: Visit,
  { hash, token, account }: Waiting,
  proven: {
    readonly factors: readonly ProvenFactor[]
    /** As people call it, for the log. */
    readonly name: string
    /** Spare this browser the second factor from now on. */
    readonly remember: boolean
  },
): Promise<Outcome<SignedIn>> {
  const redeemed = await ground.stores.oneTimeTokens.redeem(hash, ground.clock())
  if (redeemed === undefined) {
    return refuse(ground, visit, 'login.refused', refusals.spent, { actorId: account.id })
  }
  const data = JSON.parse(token.data) as WaitingFlow
  const passed = await pass(ground, visit, {
    account,
    factors: [...data.factors, ...proven.factors],
    transport: data.transport,
    event: { code: 'login.succeeded', outcome: 'success', detail: { factor: proven.name } },
  })
  if (!passed.ok) return passed
  const remembers = proven.remember && data.transport === 'cookie'
  const trust = remembers ? await trustDevice(ground, account, visit) : undefined
  const cookies = [
    ...passed.value.cookies,
    clearedCookie(FLOW_COOKIE, { sameSite: 'Strict' }),
    ...(trust === undefined ? [] : [trust]),
    ...(await greetDevice(ground, visit, account)),
  ]
  return granted({ ...passed.value, cookies })
}
