import { refusals as access } from '../access/access.ts'
import { uuid } from '../access/uuid.ts'
import type { AccountFlows } from '../account/account.ts'
import type { Visit } from '../account/ground.ts'
import type { SignedIn } from '../account/login/gate.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import { type Answer, done, json } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { RoutePolicy } from '../pipeline/route.ts'
import type { SessionKeeper } from '../session/sessions/sessions.ts'
import type { Account } from '../store/port/accounts.ts'
import type { SessionRecord } from '../store/port/sessions.ts'
import type { Stores } from '../store/port/stores.ts'
import type { Endpoint, Input } from './endpoint.ts'
import { optional, shape, text } from './shape.ts'

export interface AccountRoutes {
  readonly flows: AccountFlows
  readonly stores: Stores
  readonly sessions: SessionKeeper
  readonly pipeline: Pipeline
  /** What a sign-out adds to its answer. */
  readonly signOut: readonly string[]
}

const EMAIL = text(254)
const PASSWORD = text(1024)
const TOKEN = text(128)

const open: RoutePolicy = { access: { public: true }, headers: 'api' }
const own: RoutePolicy = { access: { signedIn: true }, headers: 'api' }
const NO_STORE = ['cache-control', 'no-store'] as const

/** Always the same, whoever asked for whatever address. */
const ACCEPTED: Answer = { status: 202, body: { status: 'accepted' }, headers: NO_STORE }

/** The request that a flow runs for. */
export function visitOf(pipeline: Pipeline, exchange: Exchange): Visit {
  return {
    request: pipeline.auditRequest(exchange),
    cookies: exchange.incoming.header('cookie'),
  }
}

/** An account as its owner sees it. */
export function userOf(account: Account): object {
  return {
    id: account.id,
    email: account.email,
    name: account.name ?? null,
    role: account.role,
    emailVerified: account.emailVerifiedAt !== undefined,
    createdAt: new Date(account.createdAt).toISOString(),
  }
}

/** A session as its owner sees it. */
export function sessionOf(session: SessionRecord, current: SessionRecord | undefined): object {
  return {
    id: session.id,
    device: session.device,
    address: session.address,
    createdAt: new Date(session.createdAt).toISOString(),
    lastUsedAt: new Date(session.lastSeenAt).toISOString(),
    current: session.idHash === current?.idHash,
  }
}

/** `/auth/…`: accounts and sessions as JSON. */
export function accountEndpoints(parts: AccountRoutes): readonly Endpoint[] {
  const { flows, stores, sessions, pipeline } = parts
  const visit = (exchange: Exchange): Visit => visitOf(pipeline, exchange)

  /** A route that takes a body of one shape. */
  const posts = <Schema extends ReturnType<typeof shape>>(
    path: string,
    policy: RoutePolicy,
    schema: Schema,
    handle: (exchange: Exchange, body: OutputOf<Schema>, input: Input) => Promise<Outcome<Answer>>,
  ): Endpoint => ({
    method: 'POST',
    path,
    policy: { ...policy, content: { ...policy.content, body: schema } },
    handle: (exchange, input) => handle(exchange, input.body as OutputOf<Schema>, input),
  })
  const bodyless = (
    method: Endpoint['method'],
    path: string,
    policy: RoutePolicy,
    handle: (exchange: Exchange, input: Input) => Promise<Outcome<Answer>>,
  ): Endpoint => ({ method, path, policy, handle })

  const signedOut = (cookies: readonly string[]): Outcome<Answer> =>
    granted({ ...done(cookies), headers: [...parts.signOut, ...NO_STORE] })

  return [
    posts(
      '/auth/register',
      open,
      shape({ email: EMAIL, password: PASSWORD, name: optional(text(200)) }),
      async (exchange, body) => answerOf(await flows.register(visit(exchange), body), ACCEPTED),
    ),
    posts('/auth/verify-email', open, shape({ token: TOKEN }), async (exchange, body) =>
      answerOf(await flows.verifyEmail(visit(exchange), body), done()),
    ),
    posts('/auth/resend-verification', open, shape({ email: EMAIL }), async (exchange, body) =>
      answerOf(await flows.resendVerification(visit(exchange), body), ACCEPTED),
    ),
    posts(
      '/auth/login',
      open,
      shape({ email: EMAIL, password: PASSWORD }),
      async (exchange, body) => {
        const outcome = await flows.login(visit(exchange), body)
        if (!outcome.ok) return outcome
        await replaceSession(sessions, exchange)
        return granted(signedIn(outcome.value))
      },
    ),
    bodyless('POST', '/auth/logout', own, async exchange => {
      const { session } = exchange
      if (session === undefined) return refused(access.notSignedIn)
      return signedOut(await flows.logout(visit(exchange), session))
    }),
    bodyless('POST', '/auth/logout-all', own, async exchange => {
      const { session } = exchange
      if (session === undefined) return refused(access.notSignedIn)
      return signedOut(await flows.logoutAll(visit(exchange), session))
    }),
    bodyless('GET', '/auth/me', own, async exchange => {
      const account = await stores.accounts.byId(exchange.principal?.accountId ?? '')
      if (account === undefined) return refused(access.notSignedIn)
      return granted(json({ user: userOf(account), session: proofOf(exchange) }))
    }),
    bodyless('GET', '/auth/sessions', own, async exchange => {
      const list = await sessions.list(exchange.principal?.accountId ?? '')
      return granted(json(list.map(session => sessionOf(session, exchange.session))))
    }),
    bodyless('DELETE', '/auth/sessions/:id', own, async (exchange, { params }) => {
      const id = uuid(params['id'])
      if (!id.ok) return id
      const { session } = exchange
      if (session === undefined) return refused(access.notSignedIn)
      return answerOf(await flows.revokeSession(visit(exchange), session, id.value), done())
    }),
  ]
}

type OutputOf<Schema> = Schema extends {
  readonly '~standard': { validate: (value: unknown) => infer R }
}
  ? Extract<Awaited<R>, { readonly value: unknown }>['value']
  : never

/** Whoever signs in anew leaves the session they came with (ASVS 7.2.4). */
export async function replaceSession(sessions: SessionKeeper, exchange: Exchange): Promise<void> {
  if (exchange.session !== undefined) await sessions.end(exchange.session)
}

function answerOf(outcome: Outcome<unknown>, answer: Answer): Outcome<Answer> {
  return outcome.ok ? granted(answer) : outcome
}

/** A sign-in's answer: the user, or which factor is still owed. */
export function signedIn(value: SignedIn): Answer {
  const { cookies } = value
  if (value.kind === 'factor') {
    return {
      status: 200,
      body: { mfaRequired: true, factors: value.factors },
      headers: NO_STORE,
      cookies,
    }
  }
  return { status: 200, body: { user: userOf(value.account) }, headers: NO_STORE, cookies }
}

function proofOf({ session, principal }: Exchange): object | null {
  if (session === undefined) return null
  return {
    id: session.id,
    amr: session.factors.map(({ factor }) => factor),
    factors: session.factors.map(({ factor, at }) => ({ factor, at: new Date(at).toISOString() })),
    authenticatedAt: new Date(principal?.authenticatedAt ?? session.authenticatedAt).toISOString(),
    createdAt: new Date(session.createdAt).toISOString(),
    expiresAt: new Date(session.expiresAt).toISOString(),
  }
}
