import { granted, type Outcome } from '../../kernel/outcome.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import type { ProvenFactor } from '../../store/port/sessions.ts'
import { timeboxRefusal } from '../enumeration/timebox.ts'
import type { Ground, Visit } from '../ground.ts'
import { refuse } from '../refuse.ts'

export const refusals = {
  wrongPassword: { code: 'login.step_up_wrong_password', says: 'login.failed', status: 401 },
  ended: { code: 'session.ended_meanwhile', says: 'access.not_signed_in', status: 401 },
} as const

/**
 * Proves the identity behind a session again by password: the session gets a new id and counts as
 * fresh. Starts no other session.
 *
 * Guesses are counted for the session: strangers who shut the account do not shut its owner out of
 * this, and who stole a session has few guesses.
 *
 * @returns `Set-Cookie` texts, or `login.failed`
 * @throws {StoreFault}
 * @see ASVS 7.2.4, 7.5.1
 */
export function stepUpByPassword(
  ground: Ground,
  visit: Visit,
  session: Session,
  input: { readonly password: string },
): Promise<Outcome<readonly string[]>> {
  return timeboxRefusal(ground.settings.answerMs, ground, async () => {
    const who = { actorId: session.accountId, targetId: session.id }
    const attempt = {
      accountId: session.accountId,
      identifier: '',
      address: visit.request.address,
      device: `session-${session.id}`,
    }
    return ground.lockout.during(attempt, async admitted => {
      if (!admitted.ok) {
        return refuse(ground, visit, 'login.step_up_refused', admitted.refusal, who)
      }
      const account = await ground.stores.accounts.byId(session.accountId)
      const verified = await ground.passwords.verify(input.password, account?.passwordHash)
      if (!verified.ok) {
        await admitted.value.withdrawn()
        return verified
      }
      if (!verified.value.matches) {
        return refuse(ground, visit, 'login.step_up_refused', refusals.wrongPassword, who)
      }
      const stepped = await stepUp(ground, visit, session, { factor: 'pwd', at: ground.clock() })
      await admitted.value.succeeded()
      return stepped
    })
  })
}

/** Counts a session as fresh by a factor that was proven just now, under a new id. */
export async function stepUp(
  ground: Ground,
  visit: Visit,
  session: Session,
  proven: ProvenFactor,
): Promise<Outcome<readonly string[]>> {
  const others = session.factors.filter(one => one.factor !== proven.factor)
  const change = { factors: [...others, proven], authenticatedAt: proven.at }
  const who = { actorId: session.accountId, targetId: session.id }
  const rotated = await ground.sessions.rotate(session, change, {
    events: [
      ground.entry({
        code: 'login.stepped_up',
        outcome: 'success',
        request: visit.request,
        detail: { factor: proven.factor },
        ...who,
      }),
    ],
  })
  if (rotated === undefined) {
    return refuse(ground, visit, 'login.step_up_refused', refusals.ended, who)
  }
  return granted([rotated.cookie])
}
