import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import type { Account } from '../../store/port/accounts.ts'
import { keepDecoy } from '../decoy.ts'
import { timebox } from '../enumeration/timebox.ts'
import { freshEnough } from '../fresh.ts'
import type { Ground, Visit } from '../ground.ts'
import { hourly } from '../hourly.ts'
import { canonicalEmail } from '../mail/address.ts'
import { refuse } from '../refuse.ts'
import { freshToken, keepToken, linkTo } from '../tokens.ts'

export const refusals = {
  notAnAddress: {
    code: 'account.not_an_address',
    says: 'account.not_an_address',
    status: 422,
    errors: [{ pointer: '/email', detail: 'is no address that mail can be sent to' }],
  },
  sameAddress: {
    code: 'account.same_address',
    says: 'account.same_address',
    status: 422,
    errors: [{ pointer: '/email', detail: 'is the address of this account already' }],
  },
} as const

/** What waits until the new address proves itself; `data` of the token `change-email`. */
export interface WaitingMove {
  readonly email: string
  /** The session that asked; when it ends, so does the move. */
  readonly sessionId: string
}

/** `data` of the token `undo-email`. */
export interface UndoLink {
  readonly email: string
}

/**
 * Asks to move the account to another address. Nothing moves yet: the new address gets a link to prove
 * itself, the old one a notice with a link that stops the move or takes it back for a week.
 *
 * Whether the new address belongs to somebody else is not told; then no link is sent to it.
 *
 * @returns `access.step_up`, what is wrong with the address, or always the same
 * @throws {StoreFault}
 * @see ASVS 6.3.8, 7.5.1; OWASP Authentication cheat sheet, change of address
 */
export async function changeEmail(
  ground: Ground,
  visit: Visit,
  session: Session,
  input: { readonly email: string },
): Promise<Outcome<void>> {
  const actorId = session.accountId
  const stale = freshEnough(ground, session)
  if (stale !== undefined) return refuse(ground, visit, 'account.refused', stale, { actorId })
  const email = canonicalEmail(input.email)
  if (email === undefined) return refused(refusals.notAnAddress)
  const account = await ground.stores.accounts.byId(actorId)
  if (account === undefined || account.email === email) return refused(refusals.sameAddress)
  const often = await hourly(ground, 'change-email', actorId)
  if (often !== undefined) return refused(often)
  return timebox(ground.settings.answerMs, ground, async () => {
    const owner = await ground.stores.accounts.byEmail(email)
    const free = owner === undefined || owner.emailVerifiedAt === undefined
    if (free) await keepMove(ground, account.id, { email, sessionId: session.id })
    else await keepDecoy(ground, ground.settings.verifyMs)
    await keepUndo(ground, visit, account, email)
    ground.mail.wake()
    return granted(undefined)
  })
}

async function keepMove(ground: Ground, accountId: string, move: WaitingMove): Promise<void> {
  const { token, hash } = freshToken(ground, 'change-email')
  await keepToken(
    ground,
    hash,
    {
      purpose: 'change-email',
      accountId,
      data: JSON.stringify(move),
      expiresAt: ground.clock() + ground.settings.verifyMs,
    },
    { only: true },
    {
      jobs: [
        ground.mail.job({
          code: 'email.verify',
          to: move.email,
          values: {
            link: linkTo(ground, '/confirm-email', token),
            hours: `${Math.round(ground.settings.verifyMs / 3_600_000)}`,
          },
        }),
      ],
    },
  )
}

/** Several may be out at once: each takes the account back to where it was when it was sent. */
async function keepUndo(
  ground: Ground,
  visit: Visit,
  account: Account,
  next: string,
): Promise<void> {
  const { token, hash } = freshToken(ground, 'undo-email')
  const data: UndoLink = { email: account.email }
  await keepToken(
    ground,
    hash,
    {
      purpose: 'undo-email',
      accountId: account.id,
      data: JSON.stringify(data),
      expiresAt: ground.clock() + ground.settings.undoMs,
    },
    { only: false },
    {
      events: [
        ground.entry({
          code: 'account.email_change_requested',
          outcome: 'success',
          actorId: account.id,
          targetId: account.id,
          request: visit.request,
        }),
      ],
      jobs: [
        ground.mail.job({
          code: 'email.notice',
          to: account.email,
          values: { address: next, link: linkTo(ground, '/undo-email', token) },
        }),
      ],
    },
  )
}
