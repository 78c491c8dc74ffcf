import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import { changeAccount } from '../change.ts'
import { freshEnough } from '../fresh.ts'
import type { Ground, Visit } from '../ground.ts'
import { refuse } from '../refuse.ts'
import { freshToken, keepToken, keptHash, LINK_PURPOSES, linkTo } from '../tokens.ts'
import { utcText } from '../utc.ts'

export const refusals = {
  unknownLink: { code: 'account.unknown_keep_link', says: 'link.invalid', status: 400 },
} as const

/** The job that ends an account when its grace is over. */
export const DELETION_JOB = 'account-deletion'

/**
 * Asks for the end of the account. Its sessions end now, the account when its grace is over; until
 * then a link in the mail, or signing in and calling it off, keeps it.
 *
 * @returns `Set-Cookie` texts, or `access.step_up`
 * @throws {StoreFault}
 */
export async function deleteAccount(
  ground: Ground,
  visit: Visit,
  session: Session,
): Promise<Outcome<readonly string[]>> {
  const actorId = session.accountId
  const stale = freshEnough(ground, session)
  if (stale !== undefined) return refuse(ground, visit, 'account.refused', stale, { actorId })
  const deleteAfter = ground.clock() + ground.settings.graceMs
  const changed = await changeAccount(ground, actorId, () =>
    granted({
      change: { deleteAfter },
      along: {
        endSessions: 'all',
        endRefreshTokens: true,
        voidTokens: LINK_PURPOSES,
        events: [
          ground.entry({
            code: 'account.deletion_requested',
            outcome: 'success',
            actorId,
            targetId: actorId,
            request: visit.request,
          }),
        ],
        jobs: [
          {
            id: ground.random.uuid(),
            kind: DELETION_JOB,
            payload: JSON.stringify({ accountId: actorId }),
            runAt: deleteAfter,
          },
        ],
      },
    }),
  )
  if (!changed.ok) return refuse(ground, visit, 'account.refused', changed.refusal, { actorId })
  await keepKeepLink(ground, actorId, changed.value.email, deleteAfter)
  ground.mail.wake()
  return granted([ground.sessions.cleared])
}

async function keepKeepLink(
  ground: Ground,
  accountId: string,
  to: string,
  deleteAfter: number,
): Promise<void> {
  const { token, hash } = freshToken(ground, 'keep-account')
  const link = linkTo(ground, '/keep-account', token)
  await keepToken(
    ground,
    hash,
    { purpose: 'keep-account', accountId, data: '{}', expiresAt: deleteAfter },
    { only: true },
    {
      jobs: [
        ground.mail.job({
          code: 'account.deletion',
          to,
          values: { at: utcText(deleteAfter), link },
        }),
      ],
    },
  )
}

/** Calls the deletion off by the link of the mail. */
export async function keepByLink(
  ground: Ground,
  visit: Visit,
  input: { readonly token: string },
): Promise<Outcome<void>> {
  const hash = await keptHash(ground, 'keep-account', input.token)
  const link = await ground.stores.oneTimeTokens.peek(hash, ground.clock())
  if (link?.accountId === undefined) return refused(refusals.unknownLink)
  return keepAccount(ground, visit, link.accountId, hash)
}

/** Calls the deletion off for an account that is signed in, or by a link that is redeemed. */
export async function keepAccount(
  ground: Ground,
  visit: Visit,
  accountId: string,
  redeem?: string,
): Promise<Outcome<void>> {
  const changed = await changeAccount(ground, accountId, () =>
    granted({
      change: { deleteAfter: undefined },
      along: {
        ...(redeem !== undefined && { redeem, now: ground.clock() }),
        voidTokens: ['keep-account'],
        events: [
          ground.entry({
            code: 'account.deletion_cancelled',
            outcome: 'success',
            actorId: accountId,
            targetId: accountId,
            request: visit.request,
          }),
        ],
      },
    }),
  )
  return changed.ok ? granted(undefined) : refused(changed.refusal)
}
