import type { Account } from '../../store/port/accounts.ts'
import type { Ground, Visit } from '../ground.ts'
import { freshToken, keepToken, linkTo } from '../tokens.ts'

/** What a verification link carries: the registration that asked for it, and no other. */
export interface Verification {
  readonly passwordHash: string | undefined
  readonly name: string | undefined
}

/**
 * Keeps a verification link and queues its mail.
 *
 * Decision: the link holds its own registration's password hash, and verifying sets that password. So
 * who registered somebody else's address beforehand gains nothing when the owner registers: the
 * owner's link brings the owner's password.
 * Cost: an owner who follows a link of a registration that was not theirs opens an account with a
 * stranger's password. The mail says so; a reset ends it.
 */
export async function keepVerification(
  ground: Ground,
  visit: Visit,
  account: Account,
  registration: Verification,
): Promise<void> {
  const { token, hash } = freshToken(ground, 'verify-email')
  await keepToken(
    ground,
    hash,
    {
      purpose: 'verify-email',
      accountId: account.id,
      data: JSON.stringify(registration),
      expiresAt: ground.clock() + ground.settings.verifyMs,
    },
    { only: false },
    {
      events: [
        ground.entry({
          code: 'register.requested',
          outcome: 'success',
          targetId: account.id,
          request: visit.request,
        }),
      ],
      jobs: [
        ground.mail.job({
          code: 'register.verify',
          to: account.email,
          values: {
            link: linkTo(ground, '/verify-email', token),
            hours: `${Math.round(ground.settings.verifyMs / 3_600_000)}`,
          },
        }),
      ],
    },
  )
}
