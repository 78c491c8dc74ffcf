import type { Outcome } from 'bulwark/outcome'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FirstAdministrator } from '../../setup/setup.ts'
import {
  factorPage,
  loginPage,
  registerPage,
  safeNext,
  setupPage,
  waitingPage,
} from '../pages/sign-in.ts'
import { sentence } from '../sentences.ts'
import { enrollingForm, type Site, sensitive, sensitiveForm } from '../site.ts'

type SignedIn = Extract<Awaited<ReturnType<Site['account']['login']>>, { ok: true }>['value']

/** In, by password and second factor, and out again; registering; the first administrator. */
export function signInRoutes(
  site: Site,
  setUp: (input: FirstAdministrator) => Promise<Outcome<void>>,
): void {
  const { app, account, sessions, visit, view, page, go, fields, query, told } = site
  const { factors, pipeline } = app.bulwark

  /** Who is in leaves the session they came with (ASVS 7.2.4). */
  const enter = async (
    request: FastifyRequest,
    reply: FastifyReply,
    value: SignedIn,
    next: string,
  ): Promise<FastifyReply> => {
    if (value.kind === 'factor') {
      return go(reply, `/login/factor?next=${encodeURIComponent(safeNext(next))}`, value.cookies)
    }
    if (request.exchange.session !== undefined) await sessions.end(request.exchange.session)
    return go(reply, safeNext(next), value.cookies)
  }

  app.get('/login', sensitive, async (request, reply) => {
    if (request.exchange.enrolling) return site.toLogin(request, reply)
    const { next } = query(request)
    return page(reply, loginPage(await view(request, 'Sign in'), { next, ...told(request) }))
  })
  app.post('/login', sensitiveForm, async (request, reply) => {
    const { email = '', password = '', next = '' } = fields(request)
    const outcome = await account.login(visit(request), { email, password })
    if (outcome.ok) return enter(request, reply, outcome.value, next)
    pipeline.note(request.exchange, outcome.refusal)
    const problem = sentence(outcome.refusal)
    const about = await view(request, 'Sign in')
    return page(reply, loginPage(about, { email, next, problem }), outcome.refusal.status)
  })

  const trustDays = account.ground.settings.factors.trustMs / 86_400_000
  app.get('/login/factor', sensitive, async (request, reply) => {
    const { next } = query(request)
    const asked = await factors?.asked(visit(request))
    const state = { next, asked, trustDays, ...told(request) }
    return page(reply, factorPage(await view(request, 'One more step'), state))
  })
  app.post('/login/lost', sensitiveForm, async (request, reply) => {
    if (factors === undefined) return go(reply, '/login')
    const outcome = await factors.recovery.request(visit(request), { flow: undefined })
    if (!outcome.ok) return go(reply, `/login?problem=${encodeURIComponent(outcome.refusal.says)}`)
    const readyAt = new Date(outcome.value.readyAt).toUTCString()
    return page(reply, waitingPage(await view(request, 'Now wait'), readyAt), 202)
  })
  app.post('/login/factor', sensitiveForm, async (request, reply) => {
    const { factor, code = '', next = '', remember } = fields(request)
    if (factors === undefined) return go(reply, '/login')
    const outcome = await factors.finish(visit(request), {
      factor: factor === 'backup-code' ? 'backup-code' : 'totp',
      code,
      remember: remember === 'yes',
    })
    if (outcome.ok) return enter(request, reply, outcome.value, next)
    const { refusal } = outcome
    if (refusal.says === 'factor.flow_over') return go(reply, '/login?problem=factor.flow_over')
    const problem = sentence(refusal)
    const about = await view(request, 'One more step')
    const asked = await factors.asked(visit(request))
    return page(reply, factorPage(about, { next, problem, asked, trustDays }), refusal.status)
  })

  app.get('/register', sensitive, async (request, reply) =>
    page(reply, registerPage(await view(request, 'Register'), {})),
  )
  app.post('/register', sensitiveForm, async (request, reply) => {
    const { email = '', password = '', name = '' } = fields(request)
    const outcome = await account.register(visit(request), {
      email,
      password,
      ...(name.trim() !== '' && { name: name.trim() }),
    })
    const about = await view(request, 'Register')
    if (outcome.ok) return page(reply, registerPage(about, { sent: true }), 202)
    const problem = sentence(outcome.refusal)
    return page(reply, registerPage(about, { email, name, problem }), outcome.refusal.status)
  })

  app.get('/setup', sensitive, async (request, reply) =>
    page(reply, setupPage(await view(request, 'First administrator'), {})),
  )
  app.post('/setup', sensitiveForm, async (request, reply) => {
    const { token = '', email = '', password = '' } = fields(request)
    const outcome = await setUp({ token: tokenIn(token), email, password })
    if (outcome.ok) return go(reply, '/login?told=ready')
    const about = await view(request, 'First administrator')
    const problem = sentence(outcome.refusal)
    return page(reply, setupPage(about, { email, problem }), outcome.refusal.status)
  })

  app.post('/logout', enrollingForm, async (request, reply) => {
    const { session } = request.exchange
    if (session === undefined) return go(reply, '/')
    return go(reply, '/', await account.logout(visit(request), session))
  })
  app.post('/logout-all', enrollingForm, async (request, reply) => {
    const { session } = request.exchange
    if (session === undefined) return go(reply, '/')
    return go(reply, '/', await account.logoutAll(visit(request), session))
  })
}

/** The token alone, or out of a whole link that somebody pasted. */
export function tokenIn(typed: string): string {
  const text = typed.trim()
  return /#token=([\w-]+)$/.exec(text)?.[1] ?? text
}
