import { granted, type Outcome } from '../../kernel/outcome.ts'
import type { AccountChange } from '../../store/port/accounts.ts'
import type { Ground, Visit } from '../ground.ts'
import { refuse } from '../refuse.ts'
import { keptHash } from '../tokens.ts'
import type { Verification } from './verification.ts'

export const refusals = {
  unknownLink: { code: 'register.unknown_link', says: 'link.invalid', status: 400 },
  spentLink: { code: 'register.spent_link', says: 'link.invalid', status: 400 },
} as const

const TRIES = 5

/**
 * Redeems a verification link: the address is the owner's, the password is the one that was registered
 * with this very link, and all other links of the account are void. Nobody is signed in by it.
 *
 * @returns `link.invalid` for links that are unknown, spent or expired
 * @throws {StoreFault}
 */
export async function verifyEmail(
  ground: Ground,
  visit: Visit,
  input: { readonly token: string },
): Promise<Outcome<void>> {
  const { accounts, oneTimeTokens } = ground.stores
  const hash = await keptHash(ground, 'verify-email', input.token)
  for (let tried = 0; tried < TRIES; tried++) {
    const now = ground.clock()
    const token = await oneTimeTokens.peek(hash, now)
    const account = token?.accountId && (await accounts.byId(token.accountId))
    if (!token || !account) return refuse(ground, visit, 'register.refused', refusals.unknownLink)
    const answer = await accounts.update(
      account.id,
      account.version,
      verified(JSON.parse(token.data), account.emailVerifiedAt, now),
      {
        redeem: hash,
        now,
        endSessions: 'all',
        endRefreshTokens: true,
        voidTokens: ['verify-email', 'reset'],
        events: [
          ground.entry({
            code: 'register.verified',
            outcome: 'success',
            actorId: account.id,
            targetId: account.id,
            request: visit.request,
          }),
        ],
      },
    )
    if (answer === 'done') return granted(undefined)
    if (answer === 'spent') break
  }
  return refuse(ground, visit, 'register.refused', refusals.spentLink)
}

function verified(
  registration: Verification,
  verifiedAt: number | undefined,
  now: number,
): AccountChange {
  // An address that is verified already keeps its password, whatever an older link says.
  if (verifiedAt !== undefined) return {}
  const { passwordHash, name } = registration
  return {
    emailVerifiedAt: now,
    ...(passwordHash !== undefined && { passwordHash, passwordChangedAt: now }),
    ...(name !== undefined && { name }),
  }
}
