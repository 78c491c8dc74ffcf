import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import { changeAccount } from '../change.ts'
import type { Ground, Visit } from '../ground.ts'
import { refuse } from '../refuse.ts'
import { keptHash, LINK_PURPOSES } from '../tokens.ts'
import { utcText } from '../utc.ts'
import type { WaitingMove } from './change-email.ts'
import { clearPlaceholder } from './placeholder.ts'

export const refusals = {
  unknownLink: { code: 'account.unknown_link', says: 'link.invalid', status: 400 },
  /** The session that asked for the move has ended. */
  orphanedLink: { code: 'account.orphaned_link', says: 'link.invalid', status: 400 },
} as const

/**
 * Moves the account to the address whose owner opened the link, if the session that asked is still
 * alive. All other sessions, refresh families and links end; the old address is told.
 *
 * @returns `link.invalid` for links that are unknown, spent, expired or orphaned
 * @throws {StoreFault}
 */
export async function confirmEmail(
  ground: Ground,
  visit: Visit,
  input: { readonly token: string },
): Promise<Outcome<void>> {
  const hash = await keptHash(ground, 'change-email', input.token)
  const link = await ground.stores.oneTimeTokens.peek(hash, ground.clock())
  if (link?.accountId === undefined) {
    return refuse(ground, visit, 'account.refused', refusals.unknownLink)
  }
  const actorId = link.accountId
  const { email, sessionId }: WaitingMove = JSON.parse(link.data)
  const alive = await ground.sessions.list(actorId)
  const asking = alive.find(session => session.id === sessionId)
  if (asking === undefined) {
    return refuse(ground, visit, 'account.refused', refusals.orphanedLink, { actorId })
  }
  await clearPlaceholder(ground, visit, email)
  const changed = await changeAccount(ground, actorId, account => {
    if (account.disabledAt !== undefined) return refused(refusals.orphanedLink)
    const now = ground.clock()
    return granted({
      change: { email, emailVerifiedAt: now },
      along: {
        redeem: hash,
        now,
        endSessions: { exceptIdHash: asking.idHash },
        endRefreshTokens: true,
        voidTokens: LINK_PURPOSES,
        events: [
          ground.entry({
            code: 'account.email_changed',
            outcome: 'success',
            actorId,
            targetId: actorId,
            request: visit.request,
          }),
        ],
        jobs: [
          ground.mail.job({
            code: 'email.changed',
            to: account.email,
            values: { at: utcText(now) },
          }),
        ],
      },
    })
  })
  if (!changed.ok) return refuse(ground, visit, 'account.refused', changed.refusal, { actorId })
  ground.mail.wake()
  return granted(undefined)
}
