import { refusals as access } from '../access/access.ts'
import { uuid } from '../access/uuid.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import { type Answer, done, json } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { Session } from '../session/sessions/sessions.ts'
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
import type { Endpoint, Input } from './endpoint.ts'
import { route } from './posts.ts'
import { optional, shape, text } from './shape.ts'

const NAME = text(200, 0)
/** Both names for the password to come are taken; which one was sent is the client's taste. */
const NEW_PASSWORD = shape({
  password: optional(PASSWORD),
  newPassword: optional(PASSWORD),
  currentPassword: optional(PASSWORD),
})

const refusals = {
  noPassword: {
    code: 'password.missing',
    says: 'content.invalid',
    status: 422,
    errors: [{ pointer: '/password', detail: 'is missing' }],
  },
} as const

/** Everything about an account after it is there: reset, changes, proof, leaving. */
export function accountChangeEndpoints(parts: AccountRoutes): readonly Endpoint[] {
  const { flows, pipeline } = parts
  const visit = (exchange: Exchange) => visitOf(pipeline, exchange)

  /** A route for whoever has a session, and only by it: a bearer token changes no account. */
  const withSession =
    (handle: (exchange: Exchange, session: Session, input: Input) => Promise<Outcome<Answer>>) =>
    (exchange: Exchange, input: Input): Promise<Outcome<Answer>> | Outcome<Answer> =>
      exchange.session === undefined
        ? refused(access.notSignedIn)
        : handle(exchange, exchange.session, input)

  /** A link's token against a flow that redeems it. */
  const byLink = (
    path: string,
    flow: (
      at: ReturnType<typeof visit>,
      input: { readonly token: string },
    ) => Promise<Outcome<void>>,
  ): Endpoint =>
    route.posts(path, open, shape({ token: TOKEN }), async (exchange, body) =>
      answerOf(await flow(visit(exchange), body), done()),
    )

  return [
    route.posts('/auth/forgot-password', open, shape({ email: EMAIL }), async (exchange, body) =>
      answerOf(await flows.forgotPassword(visit(exchange), body), ACCEPTED),
    ),
    route.posts(
      '/auth/reset-password',
      open,
      shape({ token: TOKEN, password: PASSWORD }),
      async (exchange, body) => answerOf(await flows.resetPassword(visit(exchange), body), done()),
    ),
    byLink('/auth/confirm-email', flows.confirmEmail),
    byLink('/auth/undo-email', flows.undoEmail),
    byLink('/auth/keep-account', flows.keepByLink),
    byLink('/auth/unlock', flows.unlockByLink),
    route.posts('/auth/change-password', own, NEW_PASSWORD, async (exchange, body) => {
      const password = body.newPassword ?? body.password
      if (password === undefined) return refused(refusals.noPassword)
      if (exchange.session === undefined) return refused(access.notSignedIn)
      let session = exchange.session
      if (body.currentPassword !== undefined) {
        const proof = { password: body.currentPassword }
        const stepped = await flows.stepUp(visit(exchange), session, proof)
        if (!stepped.ok) return stepped
        session = (await parts.sessions.load(cookieField(stepped.value))) ?? session
      }
      return cookies(await flows.changePassword(visit(exchange), session, { password }))
    }),
    route.posts('/auth/change-email', own, shape({ email: EMAIL }), (exchange, body) =>
      withSession(async (_exchange, session) =>
        answerOf(await flows.changeEmail(visit(exchange), session, body), ACCEPTED),
      )(exchange, { params: {}, body, query: undefined }),
    ),
    route.posts('/auth/change-name', own, shape({ name: NAME }), (exchange, body) =>
      withSession(async (_exchange, session) =>
        answerOf(await flows.changeName(visit(exchange), session, body), done()),
      )(exchange, { params: {}, body, query: undefined }),
    ),
    route.bodyless(
      'DELETE',
      '/auth/account',
      own,
      withSession(async (exchange, session) => {
        const outcome = await flows.deleteAccount(visit(exchange), session)
        if (!outcome.ok) return outcome
        const headers = [...parts.signOut, ...NO_STORE]
        return granted({ ...ACCEPTED, cookies: outcome.value, headers })
      }),
    ),
    route.bodyless(
      'GET',
      '/auth/export',
      own,
      withSession(async (exchange, session) => {
        const outcome = await flows.exportAccount(visit(exchange), session)
        if (!outcome.ok) return outcome
        const headers = [...NO_STORE, 'content-disposition', 'attachment; filename="account.json"']
        return granted({ status: 200, body: outcome.value, headers })
      }),
    ),
    route.bodyless(
      'POST',
      '/auth/logout-others',
      own,
      withSession(async (exchange, session) =>
        granted(json({ ended: await flows.logoutOthers(visit(exchange), session) })),
      ),
    ),
    route.bodyless(
      'GET',
      '/auth/devices',
      own,
      withSession(async (_exchange, session) =>
        granted(json(await flows.devices(session.accountId))),
      ),
    ),
    route.bodyless(
      'DELETE',
      '/auth/devices/:id',
      own,
      withSession(async (exchange, session, { params }) => {
        const id = uuid(params['id'])
        if (!id.ok) return id
        return answerOf(await flows.forgetDevice(visit(exchange), session, id.value), done())
      }),
    ),
  ]
}

function cookies(outcome: Outcome<readonly string[]>): Outcome<Answer> {
  return outcome.ok ? granted({ ...done(outcome.value), headers: NO_STORE }) : outcome
}

/** What the browser would send back after these `Set-Cookie` texts. */
function cookieField(setCookies: readonly string[]): string {
  return setCookies.map(text => text.split(';', 1)[0]).join('; ')
}
