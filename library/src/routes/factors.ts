import { refusals as access } from '../access/access.ts'
import type { Factors } from '../account/factors/factors.ts'
import type { PendingRecovery } from '../account/factors/recovery.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import { type Answer, done } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { Session } from '../session/sessions/sessions.ts'
import { validate } from '../shield/content/schema.ts'
import {
  type AccountRoutes,
  answerOf,
  enrolling,
  FLOW,
  NO_STORE,
  open,
  own,
  PASSWORD,
  TOKEN,
  visitOf,
} from './account-parts.ts'
import type { Endpoint } from './endpoint.ts'
import { route } from './posts.ts'
import { flag, oneOf, optional, shape, text } from './shape.ts'
import { enrolmentOf, isoTime, signedIn } from './sign-in.ts'

const CODE = text(64)
const FACTOR = oneOf('totp', 'backup-code')

const refusals = {
  noProof: {
    code: 'login.no_proof',
    says: 'content.invalid',
    status: 422,
    errors: [{ pointer: '', detail: 'needs password, or factor and code' }],
  },
} as const

/** `/auth/mfa/…` and `/auth/step-up`: second factors that are typed, and beginning anew without. */
export function factorEndpoints(parts: AccountRoutes, factors: Factors): readonly Endpoint[] {
  const { flows, pipeline } = parts
  const visit = (exchange: Exchange) => visitOf(pipeline, exchange)
  const sessionOf = ({ session }: Exchange): Outcome<Session> =>
    session === undefined ? refused(access.notSignedIn) : granted(session)

  return [
    route.posts(
      '/auth/mfa/verify',
      open,
      shape({
        factor: FACTOR,
        code: CODE,
        mfaToken: optional(TOKEN),
        rememberDevice: optional(flag()),
      }),
      async (exchange, { factor, code, mfaToken: flow, rememberDevice: remember }) => {
        const outcome = await factors.finish(visit(exchange), { factor, code, flow, remember })
        return signedIn(parts, exchange, outcome)
      },
    ),
    route.bodyless('GET', '/auth/mfa', enrolling, async exchange => {
      const { principal } = exchange
      if (principal === undefined) return refused(access.notSignedIn)
      const { enrolment, recovery, ...view } = await factors.view(principal)
      const body = {
        ...view,
        enrolment: enrolment === undefined ? null : enrolmentOf(enrolment),
        recovery: recovery === undefined ? null : recoveryOf(recovery),
      }
      return granted({ status: 200, body, headers: NO_STORE })
    }),
    route.bodyless('POST', '/auth/mfa/setup', enrolling, async exchange => {
      const session = sessionOf(exchange)
      if (!session.ok) return session
      const outcome = await factors.setUp(visit(exchange), session.value)
      if (!outcome.ok) return outcome
      return granted({ status: 200, body: outcome.value, headers: NO_STORE })
    }),
    route.posts(
      '/auth/mfa/verify-setup',
      enrolling,
      shape({ code: CODE }),
      async (exchange, { code }) => {
        const session = sessionOf(exchange)
        if (!session.ok) return session
        const outcome = await factors.confirm(visit(exchange), session.value, code)
        if (!outcome.ok) return outcome
        const { backupCodes, cookies } = outcome.value
        return granted({ status: 200, body: { backupCodes }, headers: NO_STORE, cookies })
      },
    ),
    route.bodyless('POST', '/auth/mfa/backup-codes', own, async exchange => {
      const session = sessionOf(exchange)
      if (!session.ok) return session
      const outcome = await factors.newBackupCodes(visit(exchange), session.value)
      if (!outcome.ok) return outcome
      return granted({ status: 200, body: { backupCodes: outcome.value }, headers: NO_STORE })
    }),
    route.bodyless('DELETE', '/auth/mfa/totp', own, async exchange => {
      const session = sessionOf(exchange)
      if (!session.ok) return session
      return answerOf(await factors.remove(visit(exchange), session.value), done())
    }),
    route.bodyless('POST', '/auth/mfa/recovery', open, async (exchange, { body }) => {
      const named = await validate(FLOW, body ?? {})
      if (!named.ok) return named
      const { mfaToken: flow } = named.value
      const outcome = await factors.recovery.request(visit(exchange), { flow })
      if (!outcome.ok) return outcome
      return granted({ status: 202, body: recoveryOf(outcome.value), headers: NO_STORE })
    }),
    route.posts(
      '/auth/mfa/recovery/complete',
      open,
      shape({ token: TOKEN }),
      async (exchange, body) =>
        answerOf(await factors.recovery.complete(visit(exchange), body), done()),
    ),
    route.posts(
      '/auth/mfa/recovery/cancel',
      open,
      shape({ token: TOKEN }),
      async (exchange, body) =>
        answerOf(await factors.recovery.cancelByLink(visit(exchange), body), done()),
    ),
    route.bodyless('DELETE', '/auth/mfa/recovery', own, async exchange => {
      const session = sessionOf(exchange)
      if (!session.ok) return session
      const { accountId } = session.value
      return answerOf(await factors.recovery.cancel(visit(exchange), accountId), done())
    }),
    route.posts(
      '/auth/step-up',
      enrolling,
      shape({ password: optional(PASSWORD), factor: optional(FACTOR), code: optional(CODE) }),
      async (exchange, { password, factor, code }) => {
        const session = sessionOf(exchange)
        if (!session.ok) return session
        const byCode = factor !== undefined && code !== undefined
        if (!byCode && password === undefined) return refused(refusals.noProof)
        const outcome = byCode
          ? await factors.stepUp(visit(exchange), session.value, { factor, code })
          : await flows.stepUp(visit(exchange), session.value, { password: password ?? '' })
        if (!outcome.ok) return outcome
        return granted({ ...done(outcome.value), headers: NO_STORE } satisfies Answer)
      },
    ),
  ]
}

function recoveryOf({ requestedAt, readyAt }: PendingRecovery): object {
  return { requestedAt: isoTime(requestedAt), readyAt: isoTime(readyAt) }
}
