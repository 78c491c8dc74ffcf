import { refusals as access } from '../access/access.ts'
import { aalOf } from '../access/assurance.ts'
import { type Enrolment, refusals as enrolment } from '../account/factors/enrolment.ts'
import type { SignedIn, Transport } from '../account/login/gate.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import { type Answer, done } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { Tokens } from '../session/refresh/refresh.ts'
import type { Account } from '../store/port/accounts.ts'
import { type AccountRoutes, NO_STORE, open, TOKEN, visitOf } from './account-parts.ts'
import type { Endpoint } from './endpoint.ts'
import { route } from './posts.ts'
import { type Member, oneOf, shape } from './shape.ts'

/** How a client wants to be signed in. */
export const TRANSPORT: Member<Transport> = oneOf('cookie', 'token')

const refusals = {
  off: { code: 'refresh.switched_off', says: 'refresh.switched_off', status: 422 },
  overtaken: { code: 'refresh.overtaken', says: 'login.failed', status: 401 },
} as const

/** What a sign-in came to, as its client is told: user and cookie, tokens, or which factor is owed. */
export async function signedIn(
  parts: AccountRoutes,
  exchange: Exchange,
  outcome: Outcome<SignedIn>,
): Promise<Outcome<Answer>> {
  if (!outcome.ok) return outcome
  const { value } = outcome
  const { cookies } = value
  const answer = (body: object): Outcome<Answer> =>
    granted({ status: 200, body, headers: NO_STORE, cookies })
  if (value.kind === 'factor') {
    const { factors, flow } = value
    const asked = { mfaRequired: true, factors }
    // Who has the flow as a cookie does not get it as a text that a script could read.
    const hasCookie = cookies.some(text => text.includes(flow))
    return answer(hasCookie ? asked : { ...asked, mfaToken: flow })
  }
  // Whoever signs in anew leaves the session they came with (ASVS 7.2.4).
  if (exchange.session !== undefined) await parts.sessions.end(exchange.session)
  const { factors } = value.kind === 'session' ? value.session : value
  const who = { accountId: value.account.id, role: value.account.role, factors }
  const due = await parts.factors.enrolment(who)
  if (value.kind === 'session') {
    return answer({ user: userOf(value.account), ...(due && { enrolment: enrolmentOf(due) }) })
  }
  if (parts.tokens === undefined) return refused(refusals.off)
  // Setting a factor up takes a session; tokens would be good for nothing.
  if (due?.overdue === true) return refused(enrolment.overdue)
  const request = parts.pipeline.auditRequest(exchange)
  const { record, ...pair } = await parts.tokens.start(value.account, { factors, request })
  // Decision: a family begins after the sign-in was judged, so the account is looked at once more. A
  // change that comes later ends the family itself; one that came before is seen here.
  // Cost: one read a sign-in.
  const { id, role, passwordChangedAt } = value.account
  const now = await parts.stores.accounts.byId(id)
  const owes = aalOf(factors) === 'aal1' && (await parts.flows.ground.secondFactors(id)).length > 0
  const same = !owes && now?.role === role && now.passwordChangedAt === passwordChangedAt
  if (now === undefined || now.disabledAt !== undefined || !same) {
    await parts.tokens.families.end(record, request)
    return refused(refusals.overtaken)
  }
  return answer(pair)
}

/** Signs a bearer out: ends its family, or everything of its account. */
export async function endTokens(
  parts: AccountRoutes,
  exchange: Exchange,
  which: 'this' | 'all',
): Promise<Outcome<Answer>> {
  const { principal } = exchange
  if (principal?.familyId === undefined) return refused(access.notSignedIn)
  const { refreshTokens } = parts.stores
  const { ground } = parts.flows
  const entry = ground.entry({
    code: 'refresh.revoked',
    outcome: 'success',
    actorId: principal.accountId,
    targetId: which === 'all' ? principal.accountId : principal.familyId,
    request: visitOf(parts.pipeline, exchange).request,
  })
  if (which === 'this') {
    await refreshTokens.revokeFamily(principal.familyId, { events: [entry] })
  } else {
    await refreshTokens.revokeAll(principal.accountId, undefined, { events: [entry] })
    await parts.sessions.endAll(principal.accountId)
  }
  return granted({ ...done(), headers: NO_STORE })
}

/** `POST /auth/refresh`. */
export function refreshEndpoints(parts: AccountRoutes, tokens: Tokens): readonly Endpoint[] {
  return [
    route.posts('/auth/refresh', open, shape({ refreshToken: TOKEN }), async (exchange, body) => {
      const request = parts.pipeline.auditRequest(exchange)
      const outcome = await tokens.refresh(body.refreshToken, request)
      return outcome.ok ? granted({ status: 200, body: outcome.value, headers: NO_STORE }) : outcome
    }),
  ]
}

/** An account as its owner sees it. */
export function userOf(account: Account): object {
  return {
    id: account.id,
    email: account.email,
    name: account.name ?? null,
    role: account.role,
    emailVerified: account.emailVerifiedAt !== undefined,
    createdAt: isoTime(account.createdAt),
  }
}

/** What is still to be set up, as its person is told. */
export function enrolmentOf({ by, overdue }: Enrolment): object {
  return { by: isoTime(by), overdue }
}

/** ISO 8601 in UTC. */
export function isoTime(at: number): string {
  return new Date(at).toISOString()
}
