import { refusals as access } from '../access/access.ts'
import { uuid } from '../access/uuid.ts'
import type { SignedIn } from '../account/login/gate.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import { type Answer, done, json } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { SessionKeeper } from '../session/sessions/sessions.ts'
import type { Account } from '../store/port/accounts.ts'
import type { SessionRecord } from '../store/port/sessions.ts'
import {
  ACCEPTED,
  type AccountRoutes,
  answerOf,
  EMAIL,
  NO_STORE,
  open,
  own,
  PASSWORD,
  TOKEN,
  visitOf,
} from './account-parts.ts'
import type { Endpoint } from './endpoint.ts'
import { route } from './posts.ts'
import { optional, shape, text } from './shape.ts'

/** `/auth/…`: registration, sign-in and sessions as JSON. */
export function accountEndpoints(parts: AccountRoutes): readonly Endpoint[] {
  const { flows, stores, sessions, pipeline } = parts
  const visit = (exchange: Exchange) => visitOf(pipeline, exchange)
  const signedOut = (cookies: readonly string[]): Outcome<Answer> =>
    granted({ ...done(cookies), headers: [...parts.signOut, ...NO_STORE] })

  return [
    route.posts(
      '/auth/register',
      open,
      shape({ email: EMAIL, password: PASSWORD, name: optional(text(200)) }),
      async (exchange, body) => answerOf(await flows.register(visit(exchange), body), ACCEPTED),
    ),
    route.posts('/auth/verify-email', open, shape({ token: TOKEN }), async (exchange, body) =>
      answerOf(await flows.verifyEmail(visit(exchange), body), done()),
    ),
    route.posts(
      '/auth/resend-verification',
      open,
      shape({ email: EMAIL }),
      async (exchange, body) =>
        answerOf(await flows.resendVerification(visit(exchange), body), ACCEPTED),
    ),
    route.posts(
      '/auth/login',
      open,
      shape({ email: EMAIL, password: PASSWORD }),
      async (exchange, body) => {
        const outcome = await flows.login(visit(exchange), body)
        if (!outcome.ok) return outcome
        await leaveSession(sessions, exchange)
        return granted(signedIn(outcome.value))
      },
    ),
    route.bodyless('POST', '/auth/logout', own, async exchange => {
      const { session } = exchange
      if (session === undefined) return refused(access.notSignedIn)
      return signedOut(await flows.logout(visit(exchange), session))
    }),
    route.bodyless('POST', '/auth/logout-all', own, async exchange => {
      const { session } = exchange
      if (session === undefined) return refused(access.notSignedIn)
      return signedOut(await flows.logoutAll(visit(exchange), session))
    }),
    route.bodyless('GET', '/auth/me', own, async exchange => {
      const account = await stores.accounts.byId(exchange.principal?.accountId ?? '')
      if (account === undefined) return refused(access.notSignedIn)
      return granted(json({ user: userOf(account), session: proofOf(exchange) }))
    }),
    route.bodyless('GET', '/auth/sessions', own, async exchange => {
      const list = await sessions.list(exchange.principal?.accountId ?? '')
      return granted(json(list.map(session => sessionOf(session, exchange.session))))
    }),
    route.bodyless('DELETE', '/auth/sessions/:id', own, async (exchange, { params }) => {
      const id = uuid(params['id'])
      if (!id.ok) return id
      const { session } = exchange
      if (session === undefined) return refused(access.notSignedIn)
      return answerOf(await flows.revokeSession(visit(exchange), session, id.value), done())
    }),
  ]
}

/** Whoever signs in anew leaves the session they came with (ASVS 7.2.4). */
export async function leaveSession(sessions: SessionKeeper, exchange: Exchange): Promise<void> {
  if (exchange.session !== undefined) await sessions.end(exchange.session)
}

/** A sign-in's answer: the user, or which factor is still owed. */
export function signedIn(value: SignedIn): Answer {
  const body =
    value.kind === 'factor'
      ? { mfaRequired: true, factors: value.factors }
      : { user: userOf(value.account) }
  return { status: 200, body, headers: NO_STORE, cookies: value.cookies }
}

/** An account as its owner sees it. */
function userOf(account: Account): object {
  return {
    id: account.id,
    email: account.email,
    name: account.name ?? null,
    role: account.role,
    emailVerified: account.emailVerifiedAt !== undefined,
    createdAt: isoTime(account.createdAt),
  }
}

/** A session as its owner sees it. */
function sessionOf(session: SessionRecord, current: SessionRecord | undefined): object {
  return {
    id: session.id,
    device: session.device,
    address: session.address,
    createdAt: isoTime(session.createdAt),
    lastUsedAt: isoTime(session.lastSeenAt),
    current: session.idHash === current?.idHash,
  }
}

function proofOf({ session }: Exchange): object | null {
  if (session === undefined) return null
  return {
    id: session.id,
    amr: session.factors.map(({ factor }) => factor),
    factors: session.factors.map(({ factor, at }) => ({ factor, at: isoTime(at) })),
    authenticatedAt: isoTime(session.authenticatedAt),
    createdAt: isoTime(session.createdAt),
    expiresAt: isoTime(session.expiresAt),
  }
}

function isoTime(at: number): string {
  return new Date(at).toISOString()
}
