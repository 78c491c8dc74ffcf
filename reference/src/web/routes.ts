import type { Outcome } from 'bulwark/outcome'
import type { Refusal } from 'bulwark/refusal'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Orders } from '../orders/orders.ts'
import type { FirstAdministrator } from '../setup/setup.ts'
import type { View } from './layout.ts'
import { accountPage } from './pages/account.ts'
import { homePage } from './pages/home.ts'
import { ordersPage } from './pages/orders.ts'
import { loginPage, registerPage, safeNext, setupPage, verifyPage } from './pages/sign-in.ts'

export interface PageParts {
  readonly orders: Orders
  readonly setUp: (input: FirstAdministrator) => Promise<Outcome<void>>
}

type Form = Readonly<Record<string, string>>

const open = { config: { access: { public: true }, content: { produces: ['text/html'] } } } as const
const form = {
  config: {
    access: { public: true },
    csrf: { always: true },
    content: { consumes: ['application/x-www-form-urlencoded'], produces: ['text/html'] },
  },
} as const
const sensitive = { config: { ...open.config, headers: 'sensitive-page' } } as const
const sensitiveForm = { config: { ...form.config, headers: 'sensitive-page' } } as const

/** What people read instead of a code. */
const SENTENCES: Readonly<Record<string, string>> = {
  'login.failed':
    'That address and password do not go together, or the account cannot sign in now.',
  'lockout.slow_down': 'Too many attempts from your network. Wait a little.',
  'throttle.too_many': 'Too many attempts. Wait a little.',
  'link.invalid': 'This link has been used or is too old. Ask for a new one.',
  'register.not_an_address': 'That is not an address that mail can be sent to.',
  'password.too_short': 'The password is too short: at least 15 characters.',
  'password.common': 'This password is on lists that attackers use. Choose another.',
}

function sentence(refusal: Refusal): string {
  return (
    SENTENCES[refusal.says] ??
    refusal.errors?.map(({ detail }) => `It ${detail}.`).join(' ') ??
    'That did not work. Try again.'
  )
}

/** Pages: forms that work without script, the same flows as the JSON routes behind them. */
export function pageRoutes(app: FastifyInstance, parts: PageParts): void {
  const { account, pipeline, stores, sessions } = app.bulwark
  if (account === undefined || sessions === undefined) return

  const visit = (request: FastifyRequest) => ({
    request: pipeline.auditRequest(request.exchange),
    cookies: request.headers.cookie,
  })
  const viewOf = async (request: FastifyRequest, title: string): Promise<View> => {
    const { principal, exchange } = request
    const user = principal && (await stores.accounts.byId(principal.accountId))
    return {
      title,
      path: exchange.incoming.path,
      nonce: exchange.nonce,
      csrfToken: pipeline.csrfToken(exchange),
      user: user && { email: user.email, role: user.role },
    }
  }
  const page = (reply: FastifyReply, text: string, status = 200): FastifyReply =>
    reply.code(status).type('text/html; charset=utf-8').send(text)
  const go = (reply: FastifyReply, path: string, cookies: readonly string[] = []): FastifyReply => {
    for (const cookie of cookies) reply.header('set-cookie', cookie)
    return reply.code(303).header('location', path).send()
  }
  const fields = (request: FastifyRequest): Form => (request.body ?? {}) as Form
  const toLogin = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    go(reply, `/login?next=${encodeURIComponent(request.exchange.incoming.path)}`)
  const query = (request: FastifyRequest): Form => request.query as Form

  app.get('/', open, async (request, reply) =>
    page(reply, homePage(await viewOf(request, 'Welcome'))),
  )

  app.get('/login', sensitive, async (request, reply) => {
    const { next, verified, ready } = query(request)
    const notice =
      verified !== undefined
        ? 'Your address is confirmed. You can sign in now.'
        : ready !== undefined
          ? 'The administrator’s account is ready. Sign in.'
          : undefined
    return page(
      reply,
      loginPage(await viewOf(request, 'Sign in'), { ...(next !== undefined && { next }), notice }),
    )
  })
  app.post('/login', sensitiveForm, async (request, reply) => {
    const { email = '', password = '', next = '' } = fields(request)
    const outcome = await account.login(visit(request), { email, password })
    if (outcome.ok) {
      if (request.exchange.session !== undefined) await sessions.end(request.exchange.session)
      return go(reply, safeNext(next), outcome.value.cookies)
    }
    pipeline.note(request.exchange, outcome.refusal)
    const view = await viewOf(request, 'Sign in')
    const problem = sentence(outcome.refusal)
    return page(reply, loginPage(view, { email, next, problem }), outcome.refusal.status)
  })

  app.get('/register', sensitive, async (request, reply) =>
    page(reply, registerPage(await viewOf(request, 'Register'), {})),
  )
  app.post('/register', sensitiveForm, async (request, reply) => {
    const { email = '', password = '', name = '' } = fields(request)
    const outcome = await account.register(visit(request), { email, password, name })
    const view = await viewOf(request, 'Register')
    if (outcome.ok) return page(reply, registerPage(view, { sent: true }), 202)
    const problem = sentence(outcome.refusal)
    return page(reply, registerPage(view, { email, name, problem }), outcome.refusal.status)
  })

  app.get('/verify-email', sensitive, async (request, reply) =>
    page(reply, verifyPage(await viewOf(request, 'Confirm your address'), {})),
  )
  app.post('/verify-email', sensitiveForm, async (request, reply) => {
    const { token = '' } = fields(request)
    const outcome = await account.verifyEmail(visit(request), { token: token.trim() })
    if (outcome.ok) return go(reply, '/login?verified=1')
    const view = await viewOf(request, 'Confirm your address')
    return page(
      reply,
      verifyPage(view, { problem: sentence(outcome.refusal) }),
      outcome.refusal.status,
    )
  })

  app.get('/setup', sensitive, async (request, reply) =>
    page(reply, setupPage(await viewOf(request, 'First administrator'), {})),
  )
  app.post('/setup', sensitiveForm, async (request, reply) => {
    const { token = '', email = '', password = '' } = fields(request)
    const outcome = await parts.setUp({ token: token.trim(), email, password })
    if (outcome.ok) return go(reply, '/login?ready=1')
    const view = await viewOf(request, 'First administrator')
    const problem = sentence(outcome.refusal)
    return page(reply, setupPage(view, { email, problem }), outcome.refusal.status)
  })

  app.post('/logout', form, async (request, reply) => {
    const { session } = request.exchange
    if (session === undefined) return go(reply, '/')
    return go(reply, '/', await account.logout(visit(request), session))
  })
  app.post('/logout-all', form, async (request, reply) => {
    const { session } = request.exchange
    if (session === undefined) return go(reply, '/')
    return go(reply, '/', await account.logoutAll(visit(request), session))
  })

  app.get('/account', sensitive, async (request, reply) => {
    const { principal, exchange } = request
    const user = principal && (await stores.accounts.byId(principal.accountId))
    if (user === undefined) return toLogin(request, reply)
    const rows = (await sessions.list(user.id)).map(session => ({
      id: session.id,
      device: session.device,
      address: session.address,
      lastSeenAt: new Date(session.lastSeenAt).toISOString(),
      current: session.idHash === exchange.session?.idHash,
    }))
    const about = {
      email: user.email,
      name: user.name,
      since: new Date(user.createdAt).toISOString(),
    }
    const notice = query(request)['ended'] === undefined ? undefined : 'That device is signed out.'
    return page(reply, accountPage(await viewOf(request, 'Account'), about, rows, { notice }))
  })
  app.post('/account/sessions/:id/end', form, async (request, reply) => {
    const { session } = request.exchange
    if (session === undefined) return toLogin(request, reply)
    const { id = '' } = request.params as Form
    await account.revokeSession(visit(request), session, id)
    return go(reply, '/account?ended=1')
  })

  app.get('/orders', sensitive, async (request, reply) => {
    if (request.principal === undefined) return toLogin(request, reply)
    const own = await parts.orders.of(request.principal).list()
    const { ordered, cancelled } = query(request)
    const notice =
      ordered !== undefined ? 'Ordered.' : cancelled !== undefined ? 'Cancelled.' : undefined
    return page(reply, ordersPage(await viewOf(request, 'Orders'), own, { notice }))
  })
  app.post('/orders', form, async (request, reply) => {
    if (request.principal === undefined) return toLogin(request, reply)
    const { item = '', quantity = '' } = fields(request)
    const own = parts.orders.of(request.principal)
    const count = /^\d{1,4}$/.test(quantity) ? Number(quantity) : 0
    if (item.trim() === '' || item.length > 200 || count < 1 || count > 1000) {
      const problem = 'Say what you would like, and how many: 1 to 1,000.'
      return page(
        reply,
        ordersPage(await viewOf(request, 'Orders'), await own.list(), { problem }),
        422,
      )
    }
    await own.add({ item: item.trim(), quantity: count })
    return go(reply, '/orders?ordered=1')
  })
  app.post('/orders/:id/remove', form, async (request, reply) => {
    if (request.principal === undefined) return toLogin(request, reply)
    const { id = '' } = request.params as Form
    await parts.orders.of(request.principal).remove(id)
    return go(reply, '/orders?cancelled=1')
  })
}
