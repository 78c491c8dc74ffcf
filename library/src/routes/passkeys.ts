import { refusals as access } from '../access/access.ts'
import { uuid } from '../access/uuid.ts'
import type { Transport } from '../account/login/gate.ts'
import type { PasskeyResponse } from '../account/passkeys/ceremonies.ts'
import type { Passkeys } from '../account/passkeys/passkeys.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import { done, json } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { RoutePolicy } from '../pipeline/route.ts'
import type { Session } from '../session/sessions/sessions.ts'
import { type StandardSchema, validate } from '../shield/content/schema.ts'
import {
  type AccountRoutes,
  answerOf,
  EMAIL,
  enrolling,
  FLOW,
  NO_STORE,
  open,
  own,
  visitOf,
} from './account-parts.ts'
import type { Endpoint } from './endpoint.ts'
import { route } from './posts.ts'
import { optional, shape } from './shape.ts'
import { signedIn, TRANSPORT } from './sign-in.ts'

interface PasskeyBody {
  readonly response: PasskeyResponse
  readonly name: string | undefined
  readonly transport: Transport | undefined
  /** The flow of a sign-in that waits, from clients without cookies. */
  readonly flow: string | undefined
  readonly remember: boolean
}

const ASKER = shape({ email: optional(EMAIL), transport: optional(TRANSPORT) })

/** The browser's `toJSON()` as it is, with `name` beside it; or wrapped as `{ credential, name }`. */
const answer: StandardSchema<PasskeyBody> = {
  '~standard': {
    version: 1,
    vendor: 'bulwark',
    validate(value) {
      const given = record(value)
      const response = record(given?.['credential']) ?? given
      const inner = record(response?.['response'])
      if (typeof response?.['id'] !== 'string' || inner === undefined) {
        return { issues: [{ message: 'must be what credential.toJSON() answers' }] }
      }
      const { name, transport, mfaToken, rememberDevice } = given ?? {}
      if (transport !== undefined && transport !== 'cookie' && transport !== 'token') {
        return { issues: [{ message: 'must be cookie or token', path: ['transport'] }] }
      }
      return {
        value: {
          response: response as PasskeyResponse,
          name: typeof name === 'string' ? name : undefined,
          transport,
          flow: typeof mfaToken === 'string' ? mfaToken : undefined,
          remember: rememberDevice === true,
        },
      }
    },
  },
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** Browsers fetch it without cookies, from the pages of related origins (WebAuthn §5.11). */
const known: RoutePolicy = { access: { public: true }, headers: 'api' }

/** `/auth/passkeys/…`: WebAuthn Level 3, in the JSON shapes that browsers make and take. */
export function passkeyEndpoints(parts: AccountRoutes, passkeys: Passkeys): readonly Endpoint[] {
  const visit = (exchange: Exchange) => visitOf(parts.pipeline, exchange)
  const sessionOf = ({ session }: Exchange): Outcome<Session> =>
    session === undefined ? refused(access.notSignedIn) : granted(session)
  const plain = (body: object) => granted({ status: 200, body, headers: NO_STORE })

  return [
    route.bodyless('POST', '/auth/passkeys/register/options', enrolling, async exchange => {
      const session = sessionOf(exchange)
      if (!session.ok) return session
      const outcome = await passkeys.registerOptions(visit(exchange), session.value)
      return outcome.ok ? plain(outcome.value) : outcome
    }),
    route.posts('/auth/passkeys/register/verify', enrolling, answer, async (exchange, body) => {
      const session = sessionOf(exchange)
      if (!session.ok) return session
      const outcome = await passkeys.register(visit(exchange), session.value, body)
      if (!outcome.ok) return outcome
      const { passkey, cookies } = outcome.value
      return granted({ status: 201, body: passkey, headers: NO_STORE, cookies })
    }),
    route.bodyless('POST', '/auth/passkeys/login/options', open, async (exchange, { body }) => {
      const named = await validate(ASKER, body ?? {})
      if (!named.ok) return named
      const { options, cookies } = await passkeys.loginOptions(visit(exchange), named.value)
      return granted({ status: 200, body: options, headers: NO_STORE, cookies })
    }),
    route.posts('/auth/passkeys/login/verify', open, answer, async (exchange, body) => {
      return signedIn(parts, exchange, await passkeys.login(visit(exchange), body))
    }),
    route.bodyless('POST', '/auth/mfa/passkey/options', open, async (exchange, { body }) => {
      const named = await validate(FLOW, body ?? {})
      if (!named.ok) return named
      const outcome = await passkeys.factorOptions(visit(exchange), named.value.mfaToken)
      return outcome.ok ? plain(outcome.value) : outcome
    }),
    route.posts('/auth/mfa/passkey/verify', open, answer, async (exchange, body) =>
      signedIn(parts, exchange, await passkeys.factor(visit(exchange), body)),
    ),
    route.posts('/auth/passkeys/step-up', enrolling, answer, async (exchange, body) => {
      const session = sessionOf(exchange)
      if (!session.ok) return session
      const outcome = await passkeys.stepUp(visit(exchange), session.value, body)
      return outcome.ok ? granted({ ...done(outcome.value), headers: NO_STORE }) : outcome
    }),
    route.bodyless('GET', '/auth/passkeys/signals', own, async exchange => {
      const signals = await passkeys.signals(exchange.principal?.accountId ?? '')
      return signals === undefined ? refused(access.notSignedIn) : plain(signals)
    }),
    ...(passkeys.relatedOrigins.length === 0
      ? []
      : [
          route.bodyless('GET', '/.well-known/webauthn', known, () =>
            granted(json({ origins: passkeys.relatedOrigins })),
          ),
        ]),
    route.bodyless('GET', '/auth/passkeys', enrolling, async exchange =>
      granted(json(await passkeys.list(exchange.principal?.accountId ?? ''))),
    ),
    route.bodyless('DELETE', '/auth/passkeys/:id', own, async (exchange, { params }) => {
      const session = sessionOf(exchange)
      if (!session.ok) return session
      const id = uuid(params['id'])
      if (!id.ok) return id
      return answerOf(await passkeys.remove(visit(exchange), session.value, id.value), done())
    }),
  ]
}
