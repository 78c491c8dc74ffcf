import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import { changeAccount } from '../change.ts'
import { DEVICE } from '../devices/devices.ts'
import { TRUSTED_DEVICE } from '../devices/trusted.ts'
import type { Ground, Visit } from '../ground.ts'
import { refuse } from '../refuse.ts'
import { keptHash, LINK_PURPOSES } from '../tokens.ts'
import { utcText } from '../utc.ts'
import type { ResetLink } from './forgot.ts'

export const refusals = {
  unknownLink: { code: 'reset.unknown_link', says: 'link.invalid', status: 400 },
  /** The password has changed since the link was sent. */
  staleLink: { code: 'reset.stale_link', says: 'link.invalid', status: 400 },
  disabled: { code: 'reset.disabled', says: 'link.invalid', status: 400 },
} as const

/**
 * Sets a new password by a reset link and, in the same transaction, ends all sessions and refresh
 * families, forgets all devices, voids all links and queues the notice. Nobody is signed in by it, and
 * no second factor is touched: the next sign-in asks for it.
 *
 * @returns what is wrong with the password (the link survives that), or `link.invalid`
 * @throws {StoreFault}
 * @see ASVS 2.3.3, 6.4.3, 7.4.3; NIST SP 800-63B-4 §4.2
 */
export async function resetPassword(
  ground: Ground,
  visit: Visit,
  input: { readonly token: string; readonly password: string },
): Promise<Outcome<void>> {
  const hash = await keptHash(ground, 'reset', input.token)
  const link = await ground.stores.oneTimeTokens.peek(hash, ground.clock())
  const owner = link?.accountId && (await ground.stores.accounts.byId(link.accountId))
  if (!link || !owner) return refuse(ground, visit, 'reset.refused', refusals.unknownLink)
  const weak = await ground.passwords.judge(input.password, [owner.email, owner.name])
  if (weak !== undefined) return refused(weak)
  const hashed = await ground.passwords.hash(input.password)
  if (!hashed.ok) return hashed
  const known: ResetLink = JSON.parse(link.data)

  const changed = await changeAccount(ground, owner.id, account => {
    if (account.disabledAt !== undefined) return refused(refusals.disabled)
    if (account.passwordChangedAt !== known.passwordChangedAt) return refused(refusals.staleLink)
    const now = ground.clock()
    return granted({
      change: {
        passwordHash: hashed.value,
        passwordChangedAt: now,
        // Who opens the link reads the mailbox: that verifies the address as well.
        ...(account.emailVerifiedAt === undefined && { emailVerifiedAt: now }),
      },
      along: {
        redeem: hash,
        now,
        endSessions: 'all',
        endRefreshTokens: true,
        voidTokens: LINK_PURPOSES,
        removeCredentials: [DEVICE, TRUSTED_DEVICE],
        events: [
          ground.entry({
            code: 'reset.completed',
            outcome: 'success',
            actorId: account.id,
            targetId: account.id,
            request: visit.request,
          }),
        ],
        jobs: [
          ground.mail.job({
            code: 'password.changed',
            to: account.email,
            values: { at: utcText(now), link: `${ground.settings.origin}/forgot-password` },
          }),
        ],
      },
    })
  })
  if (!changed.ok) {
    return refuse(ground, visit, 'reset.refused', changed.refusal, { targetId: owner.id })
  }
  ground.mail.wake()
  await ground.lockout.unlock(owner.id)
  return granted(undefined)
}
