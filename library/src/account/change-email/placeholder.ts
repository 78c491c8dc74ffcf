import type { Ground, Visit } from '../ground.ts'

/**
 * Takes an unverified registration out of the way of somebody who proved that the address is theirs:
 * otherwise whoever registers it first could keep them from it.
 */
export async function clearPlaceholder(ground: Ground, visit: Visit, email: string): Promise<void> {
  const squatter = await ground.stores.accounts.byEmail(email)
  if (squatter === undefined || squatter.emailVerifiedAt !== undefined) return
  await ground.stores.accounts.remove(squatter.id, squatter.version, {
    events: [
      ground.entry({
        code: 'account.deleted',
        outcome: 'success',
        targetId: squatter.id,
        request: visit.request,
        reason: 'unverified',
      }),
    ],
  })
}
