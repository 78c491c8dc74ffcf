import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Account } from '../../store/port/accounts.ts'
import { keepDecoy } from '../decoy.ts'
import { timebox } from '../enumeration/timebox.ts'
import type { Ground, Visit } from '../ground.ts'
import { hourly, mailboxHasRoom } from '../hourly.ts'
import { canonicalEmail } from '../mail/address.ts'
import { freshToken, keepToken, linkTo } from '../tokens.ts'

/** What a reset link knows: the password that it may replace, by the moment it was set. */
export interface ResetLink {
  readonly passwordChangedAt: number | undefined
}

/**
 * Sends a reset link, if there is an account to reset. Everybody gets the same answer after the same
 * time. A new link voids the one before; more than three an hour go to no mailbox.
 *
 * @returns `throttle.limited` for a client address that asks for too many
 * @throws {StoreFault}
 * @see ASVS 6.3.8, 6.4.3; OWASP Forgot Password cheat sheet
 */
export async function forgotPassword(
  ground: Ground,
  visit: Visit,
  input: { readonly email: string },
): Promise<Outcome<void>> {
  const often = await hourly(ground, 'reset', visit.request.address)
  if (often !== undefined) return refused(often)
  return timebox(ground.settings.answerMs, ground, async () => {
    const email = canonicalEmail(input.email) ?? ''
    const account = await ground.stores.accounts.byEmail(email)
    const room = await mailboxHasRoom(ground, 'reset', email)
    // Decision: an account that is disabled gets no link, so that no reset walks around an administrator.
    // Cost: its owner waits for a mail that does not come; the administrator knows why.
    const usable = account !== undefined && account.disabledAt === undefined && room
    await keepResetLink(ground, visit, usable ? account : undefined)
    ground.mail.wake()
    return granted(undefined)
  })
}

/** Keeps a reset link and queues its mail; for nobody, a decoy. */
export async function keepResetLink(
  ground: Ground,
  visit: Visit,
  account: Account | undefined,
): Promise<void> {
  const { resetMs } = ground.settings
  const events = [
    ground.entry({
      code: 'reset.requested',
      outcome: account === undefined ? 'failure' : 'success',
      targetId: account?.id,
      request: visit.request,
    }),
  ]
  if (account === undefined) return keepDecoy(ground, resetMs, { events })
  const { token, hash } = freshToken(ground, 'reset')
  const data: ResetLink = { passwordChangedAt: account.passwordChangedAt }
  await keepToken(
    ground,
    hash,
    {
      purpose: 'reset',
      accountId: account.id,
      data: JSON.stringify(data),
      expiresAt: ground.clock() + resetMs,
    },
    { only: true },
    {
      events,
      jobs: [
        ground.mail.job({
          code: 'reset.link',
          to: account.email,
          values: {
            link: linkTo(ground, '/reset-password', token),
            minutes: `${Math.round(resetMs / 60_000)}`,
          },
        }),
      ],
    },
  )
}
