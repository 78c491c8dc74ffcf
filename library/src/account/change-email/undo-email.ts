import { granted, type Outcome } from '../../kernel/outcome.ts'
import { changeAccount } from '../change.ts'
import { DEVICE } from '../devices/devices.ts'
import { TRUSTED_DEVICE } from '../devices/trusted.ts'
import type { Ground, Visit } from '../ground.ts'
import { refuse } from '../refuse.ts'
import { keepResetLink } from '../reset/forgot.ts'
import { keptHash, LINK_PURPOSES } from '../tokens.ts'
import type { UndoLink } from './change-email.ts'
import { refusals } from './confirm-email.ts'
import { clearPlaceholder } from './placeholder.ts'

/**
 * Keeps the account at, or takes it back to, the address that the link was sent to. Somebody else was
 * in the account, so everything that could sign in ends and a reset link goes to that address.
 *
 * @returns `link.invalid` for links that are unknown, spent or expired
 * @throws {StoreFault}
 */
export async function undoEmail(
  ground: Ground,
  visit: Visit,
  input: { readonly token: string },
): Promise<Outcome<void>> {
  const hash = await keptHash(ground, 'undo-email', input.token)
  const link = await ground.stores.oneTimeTokens.peek(hash, ground.clock())
  if (link?.accountId === undefined) {
    return refuse(ground, visit, 'account.refused', refusals.unknownLink)
  }
  const actorId = link.accountId
  const { email }: UndoLink = JSON.parse(link.data)
  await clearPlaceholder(ground, visit, email)
  const changed = await changeAccount(ground, actorId, () => {
    const now = ground.clock()
    return granted({
      change: { email, emailVerifiedAt: now },
      along: {
        redeem: hash,
        now,
        endSessions: 'all',
        endRefreshTokens: true,
        voidTokens: [...LINK_PURPOSES, 'undo-email', 'keep-account'],
        removeCredentials: [DEVICE, TRUSTED_DEVICE],
        events: [
          ground.entry({
            code: 'account.email_changed',
            outcome: 'success',
            actorId,
            targetId: actorId,
            request: visit.request,
            reason: 'undone',
          }),
        ],
      },
    })
  })
  if (!changed.ok) return refuse(ground, visit, 'account.refused', changed.refusal, { actorId })
  await keepResetLink(ground, visit, await ground.stores.accounts.byId(actorId))
  ground.mail.wake()
  return granted(undefined)
}
