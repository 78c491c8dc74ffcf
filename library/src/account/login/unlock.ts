import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Ground, Visit } from '../ground.ts'
import { keptHash } from '../tokens.ts'

export const refusals = {
  unknownLink: { code: 'lockout.unknown_link', says: 'link.invalid', status: 400 },
} as const

/** Redeems the link of the mail about guessing: the account's failures are forgotten. */
export async function unlockByLink(
  ground: Ground,
  visit: Visit,
  input: { readonly token: string },
): Promise<Outcome<void>> {
  const hash = await keptHash(ground, 'unlock', input.token)
  const token = await ground.stores.oneTimeTokens.redeem(hash, ground.clock())
  if (token?.accountId === undefined) return refused(refusals.unknownLink)
  await unlock(ground, visit, token.accountId, token.accountId)
  return granted(undefined)
}

/** Forgets the failures of an account, at the wish of its owner or of an administrator. */
export async function unlock(
  ground: Ground,
  visit: Visit,
  accountId: string,
  actorId: string | undefined,
): Promise<void> {
  await ground.lockout.unlock(accountId)
  const event = ground.entry({
    code: 'lockout.unlocked',
    outcome: 'success',
    actorId,
    targetId: accountId,
    request: visit.request,
  })
  await ground.stores.auditLog.append([event])
}
