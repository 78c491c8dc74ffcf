import type { AccountFlows } from '../account/account.ts'
import type { Factors } from '../account/factors/factors.ts'
import type { Visit } from '../account/ground.ts'
import { granted, type Outcome } from '../kernel/outcome.ts'
import type { Answer } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { RoutePolicy } from '../pipeline/route.ts'
import type { Tokens } from '../session/refresh/refresh.ts'
import type { SessionKeeper } from '../session/sessions/sessions.ts'
import type { StandardSchema } from '../shield/content/schema.ts'
import type { Stores } from '../store/port/stores.ts'
import { type Member, optional, type Shaped, shape, text } from './shape.ts'

/** What the routes of accounts stand on. */
export interface AccountRoutes {
  readonly flows: AccountFlows
  readonly stores: Stores
  readonly sessions: SessionKeeper
  readonly pipeline: Pipeline
  /** For clients that take tokens instead of a cookie; absent when `refresh` is false. */
  readonly tokens: Tokens | undefined
  /** What a sign-out adds to its answer. */
  readonly signOut: readonly string[]
  readonly factors: Factors
}

export const EMAIL: Member<string> = text(254)
export const PASSWORD: Member<string> = text(1024)
/** A link's token; people also paste the whole link. */
export const TOKEN: Member<string> = text(512)

/** A sign-in that waits for its second factor, from clients without cookies. */
export const FLOW: StandardSchema<
  Shaped<{ readonly mfaToken: ReturnType<typeof optional<string>> }>
> = shape({ mfaToken: optional(TOKEN) })

export const open: RoutePolicy = { access: { public: true }, headers: 'api' }
export const own: RoutePolicy = { access: { signedIn: true }, headers: 'api' }
/** For whoever is signed in, also while a second factor is still to be set up. */
export const enrolling: RoutePolicy = {
  access: { signedIn: true, enrolling: true },
  headers: 'api',
}
export const NO_STORE = ['cache-control', 'no-store'] as const

/** Always the same, whoever asked for whatever address. */
export const ACCEPTED: Answer = { status: 202, body: { status: 'accepted' }, headers: NO_STORE }

/** The request that a flow runs for. */
export function visitOf(pipeline: Pipeline, exchange: Exchange): Visit {
  return {
    request: pipeline.auditRequest(exchange),
    cookies: exchange.incoming.header('cookie'),
  }
}

export function answerOf(outcome: Outcome<unknown>, answer: Answer): Outcome<Answer> {
  return outcome.ok ? granted(answer) : outcome
}
