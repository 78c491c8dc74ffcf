import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import type { Account, AccountChange, AccountTransition } from '../store/port/accounts.ts'
import type { Ground } from './ground.ts'

export const refusals = {
  gone: { code: 'account.gone', says: 'access.not_found', status: 404 },
  /** Changed by others again and again while we tried. */
  contended: { code: 'account.contended', says: 'limits.busy', status: 503, retryAfterSeconds: 1 },
  spentLink: { code: 'account.spent_link', says: 'link.invalid', status: 400 },
  taken: { code: 'account.address_taken', says: 'link.invalid', status: 400 },
} as const

/** A change of an account and all that goes with it. */
export interface Plan {
  readonly change: AccountChange
  readonly along: AccountTransition
}

const TRIES = 8

/**
 * Carries out a plan made from the account as it is. When somebody else was first, the account is
 * read again and the plan made anew: nothing is ever decided on what was true before.
 *
 * @returns the account as it was before, what `plan` refuses, or why it did not come to it
 */
export async function changeAccount(
  ground: Ground,
  id: string,
  plan: (account: Account) => Outcome<Plan> | Promise<Outcome<Plan>>,
): Promise<Outcome<Account>> {
  const { accounts } = ground.stores
  for (let tried = 0; tried < TRIES; tried++) {
    const account = await accounts.byId(id)
    if (account === undefined) return refused(refusals.gone)
    const planned = await plan(account)
    if (!planned.ok) return planned
    const { change, along } = planned.value
    const answer = await accounts.update(id, account.version, change, along)
    if (answer === 'done') return granted(account)
    if (answer === 'spent') return refused(refusals.spentLink)
    if (answer === 'taken') return refused(refusals.taken)
  }
  return refused(refusals.contended)
}
