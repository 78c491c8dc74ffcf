import { refusals as access } from '../access/access.ts'
import type { Factors } from '../account/factors/factors.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import { type Answer, done } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { Session } from '../session/sessions/sessions.ts'
import {
  type AccountRoutes,
  answerOf,
  NO_STORE,
  open,
  own,
  PASSWORD,
  TOKEN,
  visitOf,
} from './account-parts.ts'
import type { Endpoint } from './endpoint.ts'
import { route } from './posts.ts'
import { oneOf, optional, shape, text } from './shape.ts'
import { signedIn } from './sign-in.ts'

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

/** `/auth/mfa/…` and `/auth/step-up`: second factors that are typed. */
export function factorEndpoints(parts: AccountRoutes, factors: Factors): readonly Endpoint[] {
  const { flows, pipeline } = parts
  const visit = (exchange: Exchange) => visitOf(pipeline, exchange)
  const sessionOf = ({ session }: Exchange): Outcome<Session> =>
    session === undefined ? refused(access.notSignedIn) : granted(session)

  return [
    route.posts(
      '/auth/mfa/verify',
      open,
      shape({ factor: FACTOR, code: CODE, mfaToken: optional(TOKEN) }),
      async (exchange, { factor, code, mfaToken }) => {
        const outcome = await factors.finish(visit(exchange), { factor, code, flow: mfaToken })
        return signedIn(parts, exchange, outcome)
      },
    ),
    route.bodyless('POST', '/auth/mfa/setup', own, async exchange => {
      const session = sessionOf(exchange)
      if (!session.ok) return session
      const outcome = await factors.setUp(visit(exchange), session.value)
      if (!outcome.ok) return outcome
      return granted({ status: 200, body: outcome.value, headers: NO_STORE })
    }),
    route.posts(
      '/auth/mfa/verify-setup',
      own,
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
    route.posts(
      '/auth/step-up',
      own,
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
