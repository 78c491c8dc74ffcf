import { isSecond, TRUSTED } from '../../access/assurance.ts'
import { granted, type Outcome } from '../../kernel/outcome.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import type { ProvenFactor } from '../../store/port/sessions.ts'
import { timeboxRefusal } from '../enumeration/timebox.ts'
import { freshEnough } from '../fresh.ts'
import type { Ground, Visit } from '../ground.ts'
import { refuse } from '../refuse.ts'

export const refusals = {
  wrongPassword: { code: 'login.step_up_wrong_password', says: 'login.failed', status: 401 },
  /** The account has a second factor: the password alone proves too little. */
  needsFactor: { code: 'login.step_up_needs_factor', says: 'factor.needed', status: 403 },
  ended: { code: 'session.ended_meanwhile', says: 'access.not_signed_in', status: 401 },
} as const

/**
 * Proves the identity behind a session again by password: the session gets a new id and counts as
 * fresh. Starts no other session.
 *
 * Where the account has a second factor, the password freshens nothing: who stole it and a session must
 * not change the account by it. A session that is fresh by a factor stays as fresh as it was.
 *
 * Guesses are counted for the session: strangers who shut the account do not shut its owner out of
 * this, and who stole a session has few guesses.
 *
 * @returns `Set-Cookie` texts, `login.failed`, or `factor.needed` before the password is looked at
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
    const enrolled = (await ground.secondFactors(session.accountId)).length > 0
    if (enrolled && freshEnough(ground, session) !== undefined) {
      return refuse(ground, visit, 'login.step_up_refused', refusals.needsFactor, who)
    }
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
      const proven = { factor: 'pwd', at: ground.clock() }
      const freshens = enrolled ? session.authenticatedAt : proven.at
      const stepped = await stepUp(ground, visit, session, [proven], freshens)
      await admitted.value.succeeded()
      return stepped
    })
  })
}

/**
 * Counts a session as fresh by factors that were proven just now, under a new id. A second factor takes
 * the place of the browser's trust.
 *
 * @param freshAt when it was last fresh, if these factors do not freshen it
 */
export async function stepUp(
  ground: Ground,
  visit: Visit,
  session: Session,
  proven: readonly [ProvenFactor, ...ProvenFactor[]],
  freshAt: number = proven[0].at,
): Promise<Outcome<readonly string[]>> {
  const gone = new Set(proven.map(({ factor }) => factor))
  if (proven.some(({ factor }) => isSecond(factor))) gone.add(TRUSTED)
  const others = session.factors.filter(({ factor }) => !gone.has(factor))
  const change = { factors: [...others, ...proven], authenticatedAt: freshAt }
  const who = { actorId: session.accountId, targetId: session.id }
  const rotated = await ground.sessions.rotate(session, change, {
    events: [
      ground.entry({
        code: 'login.stepped_up',
        outcome: 'success',
        request: visit.request,
        detail: { factor: proven[0].factor },
        ...who,
      }),
    ],
  })
  if (rotated === undefined) {
    return refuse(ground, visit, 'login.step_up_refused', refusals.ended, who)
  }
  return granted([rotated.cookie])
}
