import type { Bulwark, RoutePolicy } from 'bulwark'
import { owesSecond } from 'bulwark/assurance'
import type { Refusal } from 'bulwark/refusal'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { View } from './layout.ts'
import { noticeFor, sentenceFor } from './sentences.ts'

export type Form = Readonly<Record<string, string>>

/** Policies of pages and of the forms on them. */
export const open = {
  config: { access: { public: true }, content: { produces: ['text/html'] } },
} as const
export const form = {
  config: {
    access: { public: true },
    csrf: { always: true },
    content: { consumes: ['application/x-www-form-urlencoded'], produces: ['text/html'] },
  },
} as const
type Config = { readonly config: RoutePolicy }

export const sensitive: Config = { config: { ...open.config, headers: 'sensitive-page' } }
export const sensitiveForm: Config = { config: { ...form.config, headers: 'sensitive-page' } }

/** Also for a session that is only good for setting up a second factor. */
const enrolling = { public: true, enrolling: true } as const
export const enrollingPage: Config = { config: { ...sensitive.config, access: enrolling } }
export const enrollingForm: Config = { config: { ...sensitiveForm.config, access: enrolling } }

type Present<Name extends keyof Bulwark> = NonNullable<Bulwark[Name]>

type Session = NonNullable<FastifyRequest['exchange']['session']>

/** What a page's route works with: who reads, how to answer. */
export interface Site {
  readonly app: FastifyInstance
  readonly account: Present<'account'>
  readonly sessions: Present<'sessions'>
  /** The request that a flow runs for. */
  visit(request: FastifyRequest): {
    readonly request: ReturnType<Bulwark['pipeline']['auditRequest']>
    readonly cookies: string | undefined
  }
  view(request: FastifyRequest, title: string): Promise<View>
  /** What the address of the page tells: the last deed, or why it was refused. */
  told(request: FastifyRequest): {
    readonly notice: string | undefined
    readonly problem: string | undefined
  }
  page(reply: FastifyReply, text: string, status?: number): FastifyReply
  go(reply: FastifyReply, path: string, cookies?: readonly string[]): FastifyReply
  fields(request: FastifyRequest): Form
  query(request: FastifyRequest): Form
  toLogin(request: FastifyRequest, reply: FastifyReply): FastifyReply
  /** Back to a page that says why not; by way of the step-up where that is what is missing. */
  back(reply: FastifyReply, path: string, refusal: Refusal): FastifyReply
  /** Whether the session may change its account without another proof. */
  isFresh(session: Session): boolean
}

/** Undefined where accounts are off: then there are no pages. */
export function site(app: FastifyInstance): Site | undefined {
  const { account, pipeline, stores, sessions, clock } = app.bulwark
  if (account === undefined || sessions === undefined) return undefined
  const query = (request: FastifyRequest): Form => request.query as Form
  const go = (reply: FastifyReply, path: string, cookies: readonly string[] = []): FastifyReply => {
    for (const cookie of cookies) reply.header('set-cookie', cookie)
    return reply.code(303).header('location', path).send()
  }
  return {
    app,
    account,
    sessions,
    visit: request => ({
      request: pipeline.auditRequest(request.exchange),
      cookies: request.headers.cookie,
    }),
    async view(request, title) {
      const { principal, exchange } = request
      const user = principal && (await stores.accounts.byId(principal.accountId))
      return {
        title,
        path: exchange.incoming.path,
        nonce: exchange.nonce,
        csrfToken: pipeline.csrfToken(exchange),
        user: user && { email: user.email, role: user.role },
        providers: app.bulwark.social?.providers ?? [],
      }
    },
    told(request) {
      const { told, problem } = query(request)
      return { notice: noticeFor(told), problem: sentenceFor(problem) }
    },
    page: (reply, text, status = 200) =>
      reply.code(status).type('text/html; charset=utf-8').send(text),
    go,
    fields: request => (request.body ?? {}) as Form,
    query,
    toLogin: (request, reply) =>
      request.exchange.enrolling
        ? go(reply, '/account/two-step?problem=factor.enrolment_required')
        : go(reply, `/login?next=${encodeURIComponent(request.exchange.incoming.path)}`),
    back(reply, path, refusal) {
      if (refusal.says === 'access.step_up') {
        return go(reply, `/step-up?next=${encodeURIComponent(path)}`)
      }
      return go(reply, `${path}?problem=${encodeURIComponent(refusal.says)}`)
    },
    isFresh: session =>
      !owesSecond(session.factors) &&
      clock() - session.authenticatedAt <= account.ground.settings.stepUpMs,
  }
}
