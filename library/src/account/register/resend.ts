import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Account } from '../../store/port/accounts.ts'
import { keepDecoy } from '../decoy.ts'
import { timebox } from '../enumeration/timebox.ts'
import type { Ground, Visit } from '../ground.ts'
import { hourly, mailboxHasRoom } from '../hourly.ts'
import { canonicalEmail } from '../mail/address.ts'
import { keepVerification } from './verification.ts'

/**
 * Sends the verification link once more, if there is an account that still needs it. Everybody gets
 * the same answer.
 *
 * @throws {StoreFault}
 */
export async function resendVerification(
  ground: Ground,
  visit: Visit,
  input: { readonly email: string },
): Promise<Outcome<void>> {
  const often = await hourly(ground, 'resend', visit.request.address)
  if (often !== undefined) return refused(often)
  return timebox(ground.settings.answerMs, ground, async () => {
    const email = canonicalEmail(input.email) ?? ''
    const account = await ground.stores.accounts.byEmail(email)
    await resendTo(
      ground,
      visit,
      account?.emailVerifiedAt === undefined ? account : undefined,
      email,
    )
    return granted(undefined)
  })
}

/** The same for an account at hand; for nobody, a decoy. At most three an hour for one mailbox. */
export async function resendTo(
  ground: Ground,
  visit: Visit,
  account: Account | undefined,
  email: string = account?.email ?? '',
): Promise<void> {
  const room = await mailboxHasRoom(ground, 'verify-email', email)
  if (account === undefined || !room) await keepDecoy(ground, ground.settings.verifyMs)
  else await keepVerification(ground, visit, account, waitingRegistration(account))
  ground.mail.wake()
}

function waitingRegistration(account: Account): {
  passwordHash: string | undefined
  name: string | undefined
} {
  return { passwordHash: account.passwordHash, name: account.name }
}
