import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import { changeAccount } from '../change.ts'
import { DEVICE, rememberDevice } from '../devices/devices.ts'
import { TRUSTED_DEVICE } from '../devices/trusted.ts'
import { freshEnough } from '../fresh.ts'
import type { Ground, Visit } from '../ground.ts'
import { refuse } from '../refuse.ts'
import { LINK_PURPOSES } from '../tokens.ts'
import { utcText } from '../utc.ts'

/**
 * Sets a new password for a session that proved itself just now. In the same transaction the session
 * gets a new id and everything else that could sign in as this account ends: other sessions, refresh
 * families, links, remembered devices.
 *
 * @returns `Set-Cookie` texts, or `access.step_up`, or what is wrong with the password
 * @throws {StoreFault}
 * @see ASVS 6.2.3, 7.2.4, 7.4.3, 7.5.1
 */
export async function changePassword(
  ground: Ground,
  visit: Visit,
  session: Session,
  input: { readonly password: string },
): Promise<Outcome<readonly string[]>> {
  const actorId = session.accountId
  const stale = freshEnough(ground, session)
  if (stale !== undefined) return refuse(ground, visit, 'password.refused', stale, { actorId })
  const owner = await ground.stores.accounts.byId(actorId)
  const weak = await ground.passwords.judge(input.password, [owner?.email, owner?.name])
  if (weak !== undefined) return refused(weak)
  const hashed = await ground.passwords.hash(input.password)
  if (!hashed.ok) return hashed

  const renewed = ground.sessions.renew(session)
  const changed = await changeAccount(ground, actorId, account => {
    const now = ground.clock()
    return granted({
      change: { passwordHash: hashed.value, passwordChangedAt: now },
      along: {
        endSessions: 'all',
        startSession: renewed.record,
        endRefreshTokens: true,
        voidTokens: LINK_PURPOSES,
        removeCredentials: [DEVICE, TRUSTED_DEVICE],
        events: [
          ground.entry({
            code: 'password.changed',
            outcome: 'success',
            actorId,
            targetId: actorId,
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
  if (!changed.ok) return refuse(ground, visit, 'password.refused', changed.refusal, { actorId })
  ground.mail.wake()
  const device = await rememberDevice(ground, actorId, visit, {})
  return granted([renewed.cookie, device])
}
