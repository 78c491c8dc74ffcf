import { refusals } from '../../access/access.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import type { Ground, Visit } from '../ground.ts'

/** Ends this session. Answers the `Set-Cookie` texts that make the browser forget it. */
export async function logout(
  ground: Ground,
  visit: Visit,
  session: Session,
): Promise<readonly string[]> {
  await ground.sessions.end(session, {
    events: [
      ground.entry({
        code: 'session.ended',
        outcome: 'success',
        actorId: session.accountId,
        targetId: session.id,
        request: visit.request,
      }),
    ],
  })
  return [ground.sessions.cleared]
}

/** Ends all sessions of the account and its refresh token families. */
export async function logoutAll(
  ground: Ground,
  visit: Visit,
  session: Session,
): Promise<readonly string[]> {
  await endSessions(ground, visit, session, undefined)
  await ground.stores.refreshTokens.revokeAll(session.accountId)
  return [ground.sessions.cleared]
}

/** Ends all sessions but this one; answers how many. */
export async function logoutOthers(
  ground: Ground,
  visit: Visit,
  session: Session,
): Promise<number> {
  await ground.stores.refreshTokens.revokeAll(session.accountId)
  return endSessions(ground, visit, session, session)
}

function endSessions(
  ground: Ground,
  visit: Visit,
  session: Session,
  except: Session | undefined,
): Promise<number> {
  return ground.sessions.endAll(session.accountId, except, {
    events: [
      ground.entry({
        code: 'session.revoked_all',
        outcome: 'success',
        actorId: session.accountId,
        targetId: session.accountId,
        request: visit.request,
        detail: { others: except !== undefined },
      }),
    ],
  })
}

/**
 * Ends one session of the account by its listed id.
 *
 * @returns `access.not_found` for what is absent and what is somebody else's alike
 */
export async function revokeSession(
  ground: Ground,
  visit: Visit,
  session: Session,
  id: string,
): Promise<Outcome<void>> {
  const ended = await ground.sessions.endById(session.accountId, id, {
    events: [
      ground.entry({
        code: 'session.revoked',
        outcome: 'success',
        actorId: session.accountId,
        targetId: id,
        request: visit.request,
      }),
    ],
  })
  return ended ? granted(undefined) : refused(refusals.notFound)
}
