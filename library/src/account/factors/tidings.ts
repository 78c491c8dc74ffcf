import { granted } from '../../kernel/outcome.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import type { Account, AccountTransition } from '../../store/port/accounts.ts'
import type { NewJob } from '../../store/port/jobs.ts'
import { changeAccount } from '../change.ts'
import type { Ground } from '../ground.ts'
import type { WaitingMail } from '../mail/queue.ts'
import { utcText } from '../utc.ts'
import { factorState, isEnrolled } from './state.ts'

type Told<Mail> = Mail extends WaitingMail ? Omit<Mail, 'to'> : never

/** An account that came by a provider has an address that no mail reaches. */
const NOWHERE = /@social\.invalid$/

/**
 * The mails that tell of a change, one for every address, to be written together with the change
 * itself: no factor comes or goes silently.
 *
 * @see ASVS 6.3.7; NIST SP 800-63B-4 §4.6
 */
export async function tidings(
  ground: Ground,
  account: Pick<Account, 'id' | 'email'>,
  mail: Told<WaitingMail>,
): Promise<readonly NewJob[]> {
  const more = await ground.settings.factors.notifyAlso(account.id)
  const addresses = [...new Set([account.email, ...more])].filter(to => !NOWHERE.test(to))
  return addresses.map(to => ground.mail.job({ ...mail, to } as WaitingMail))
}

/** What a mail about one factor says. */
export function aboutFactor(
  ground: Ground,
  what: string,
): { readonly what: string; readonly at: string; readonly link: string } {
  return { what, at: utcText(ground.clock()), link: `${ground.settings.origin}/account` }
}

/** Whether an app or a key was there before this one came. */
export async function hadFactor(ground: Ground, accountId: string): Promise<boolean> {
  return isEnrolled(await factorState(ground.stores.credentials, accountId))
}

/**
 * What ends together with a change of factors: other sessions, refresh families, sign-ins that wait.
 * With the policy `keep` they stay, but not over the first factor: a session that knew only the
 * password must not outlive the day on which the password stopped being enough.
 */
export function ending(
  ground: Ground,
  session: Session,
  { first }: { readonly first: boolean },
): Pick<AccountTransition, 'endSessions' | 'endRefreshTokens' | 'voidTokens'> {
  const voidTokens = ['mfa-flow']
  if (!first && ground.settings.factors.otherSessions === 'keep') return { voidTokens }
  const endSessions = { exceptIdHash: session.idHash }
  return { endSessions, endRefreshTokens: true, voidTokens }
}

/**
 * Ends them after a factor came. It changes the account's version as well, so that a sign-in which was
 * judged before the factor was there is judged again (see the gate).
 */
export async function endOthers(
  ground: Ground,
  session: Session,
  how: { readonly first: boolean },
): Promise<void> {
  await changeAccount(ground, session.accountId, () =>
    granted({ change: {}, along: ending(ground, session, how) }),
  )
}
