import { refusals as access } from '../access/access.ts'
import { aalOf } from '../access/assurance.ts'
import { uuid } from '../access/uuid.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import { type Answer, done, json } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { SessionRecord } from '../store/port/sessions.ts'
import {
  ACCEPTED,
  type AccountRoutes,
  answerOf,
  EMAIL,
  enrolling,
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
import { endTokens, enrolmentOf, isoTime, signedIn, TRANSPORT, userOf } from './sign-in.ts'

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
      shape({
        email: EMAIL,
        password: PASSWORD,
        challenge: optional(text(256)),
        transport: optional(TRANSPORT),
      }),
      async (exchange, body) => signedIn(parts, exchange, await flows.login(visit(exchange), body)),
    ),
    route.bodyless('POST', '/auth/logout', enrolling, async exchange => {
      const { session } = exchange
      if (session === undefined) return endTokens(parts, exchange, 'this')
      return signedOut(await flows.logout(visit(exchange), session))
    }),
    route.bodyless('POST', '/auth/logout-all', enrolling, async exchange => {
      const { session } = exchange
      if (session === undefined) return endTokens(parts, exchange, 'all')
      return signedOut(await flows.logoutAll(visit(exchange), session))
    }),
    route.bodyless('GET', '/auth/me', enrolling, async exchange => {
      const account = await stores.accounts.byId(exchange.principal?.accountId ?? '')
      const { principal } = exchange
      if (account === undefined || principal === undefined) return refused(access.notSignedIn)
      const due = await parts.factors.enrolment(principal)
      const session = { ...proofOf(exchange), ...(due && { enrolment: enrolmentOf(due) }) }
      return granted(json({ user: userOf(account), session }))
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

/** A session as its owner sees it. */
function sessionOf(session: SessionRecord, current: SessionRecord | undefined): object {
  return {
    id: session.id,
    device: session.device,
    address: session.address,
    createdAt: isoTime(session.createdAt),
    lastUsedAt: isoTime(session.lastSeenAt),
    amr: session.factors.map(({ factor }) => factor),
    aal: aalOf(session.factors),
    current: session.idHash === current?.idHash,
  }
}

function proofOf({ session, principal }: Exchange): object | null {
  if (session === undefined) {
    if (principal === undefined) return null
    return {
      id: principal.familyId ?? null,
      amr: principal.factors.map(({ factor }) => factor),
      aal: aalOf(principal.factors),
      authenticatedAt: isoTime(principal.authenticatedAt),
    }
  }
  return {
    id: session.id,
    amr: session.factors.map(({ factor }) => factor),
    aal: aalOf(session.factors),
    factors: session.factors.map(({ factor, at }) => ({ factor, at: isoTime(at) })),
    authenticatedAt: isoTime(session.authenticatedAt),
    createdAt: isoTime(session.createdAt),
    expiresAt: isoTime(session.expiresAt),
  }
}
