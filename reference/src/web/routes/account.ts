import { aalOf } from 'bulwark/assurance'
import type { Outcome } from 'bulwark/outcome'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  accountPage,
  deletePage,
  emailPage,
  NO_MAIL,
  namePage,
  passwordPage,
} from '../pages/account.ts'
import { safeNext, stepUpPage } from '../pages/sign-in.ts'
import { sentence } from '../sentences.ts'
import {
  enrollingForm,
  enrollingPage,
  type Form,
  type Site,
  sensitive,
  sensitiveForm,
} from '../site.ts'

type Session = NonNullable<FastifyRequest['exchange']['session']>
type Handle = (
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
) => Promise<FastifyReply> | FastifyReply

/**
 * Routes for whoever has a session; others are led to the sign-in, and who has yet to set up a second
 * factor to where that is done, which is on `enrolling` routes.
 */
export function own(site: Site, { enrolling = false }: { readonly enrolling?: boolean } = {}) {
  const [page, form] = enrolling ? [enrollingPage, enrollingForm] : [sensitive, sensitiveForm]
  return {
    get(path: string, handle: Handle): void {
      site.app.get(path, page, async (request, reply) => {
        const { session } = request.exchange
        return session === undefined
          ? site.toLogin(request, reply)
          : handle(request, reply, session)
      })
    },
    /** A page of its own for a deed that needs a fresh proof: the proof is asked for first. */
    fresh(path: string, handle: Handle): void {
      this.get(path, (request, reply, session) =>
        site.isFresh(session)
          ? handle(request, reply, session)
          : site.go(reply, `/step-up?next=${encodeURIComponent(path)}`),
      )
    },
    post(path: string, handle: Handle): void {
      site.app.post(path, form, async (request, reply) => {
        const { session } = request.exchange
        return session === undefined ? site.go(reply, '/login') : handle(request, reply, session)
      })
    },
  }
}

export function idOf(request: FastifyRequest, name = 'id'): string {
  return (request.params as Form)[name] ?? ''
}

/** `/account` and what leads away from it; `/step-up`. */
export function accountRoutes(site: Site): void {
  const { app, account, sessions, visit, view, page, go, fields, query, told, back } = site
  const { stores, factors, passkeys, social, oauth } = app.bulwark
  const mine = own(site)
  const iso = (at: number): string => new Date(at).toISOString()

  mine.get('/account', async (request, reply, session) => {
    const user = await stores.accounts.byId(session.accountId)
    if (user === undefined) return site.toLogin(request, reply)
    const [owed, codesLeft, keys, list, devices, identities, apps] = await Promise.all([
      factors?.owed(user.id),
      factors?.backupCodes.remaining(user.id),
      passkeys?.list(user.id),
      sessions.list(user.id),
      account.devices(user.id),
      social && stores.credentials.ofAccount(user.id, 'identity'),
      oauth?.consents.list(user.id),
    ])
    const linked = new Set(
      identities?.map(({ data }) => (JSON.parse(data) as { provider?: string }).provider),
    )
    const text = accountPage(await view(request, 'Account'), {
      ...told(request),
      email: user.email.endsWith(NO_MAIL) ? undefined : user.email,
      fresh: site.isFresh(session),
      apps: apps?.length,
      name: user.name,
      since: iso(user.createdAt),
      twoStep: { on: owed?.includes('totp') === true, codesLeft: codesLeft ?? 0 },
      standing: await factors?.view(session),
      passkeys: keys ?? [],
      links: (social?.providers ?? []).map(({ id, name }) => ({
        id,
        name,
        linked: linked.has(id),
      })),
      sessions: list.map(one => ({
        id: one.id,
        device: one.device,
        address: one.address,
        lastSeenAt: iso(one.lastSeenAt),
        strong: aalOf(one.factors) === 'aal2',
        current: one.idHash === session.idHash,
      })),
      devices: devices.map(({ id, device, lastUsedAt, trustedUntil }) => ({
        id,
        device,
        lastUsedAt: iso(lastUsedAt),
        trustedUntil: trustedUntil === undefined ? undefined : iso(trustedUntil),
      })),
    })
    return page(reply, text)
  })

  const settle = (reply: FastifyReply, outcome: Outcome<unknown>, key: string): FastifyReply =>
    outcome.ok ? go(reply, `/account?told=${key}`) : back(reply, '/account', outcome.refusal)

  mine.post('/account/sessions/:id/end', async (request, reply, session) =>
    settle(reply, await account.revokeSession(visit(request), session, idOf(request)), 'ended'),
  )
  mine.post('/account/sessions/end-others', async (request, reply, session) => {
    await account.logoutOthers(visit(request), session)
    return go(reply, '/account?told=others-ended')
  })
  mine.post('/account/devices/:id/forget', async (request, reply, session) =>
    settle(reply, await account.forgetDevice(visit(request), session, idOf(request)), 'forgotten'),
  )
  mine.post('/account/passkeys/:id/remove', async (request, reply, session) => {
    if (passkeys === undefined) return go(reply, '/account')
    const outcome = await passkeys.remove(visit(request), session, idOf(request))
    return settle(reply, outcome, 'passkey-removed')
  })

  mine.post('/account/recovery/cancel', async (request, reply, session) => {
    if (factors === undefined) return go(reply, '/account')
    const outcome = await factors.recovery.cancel(visit(request), session.accountId)
    return settle(reply, outcome, 'recovery-cancelled')
  })

  mine.fresh('/account/password', async (request, reply) =>
    page(reply, passwordPage(await view(request, 'Change your password'), told(request))),
  )
  mine.post('/account/password', async (request, reply, session) => {
    const { password = '' } = fields(request)
    const outcome = await account.changePassword(visit(request), session, { password })
    if (!outcome.ok) return back(reply, '/account/password', outcome.refusal)
    return go(reply, '/account?told=password', outcome.value)
  })
  mine.get('/account/name', async (request, reply, session) => {
    const user = await stores.accounts.byId(session.accountId)
    const state = { ...told(request), name: user?.name ?? '' }
    return page(reply, namePage(await view(request, 'Change your name'), state))
  })
  mine.post('/account/name', async (request, reply, session) => {
    const { name = '' } = fields(request)
    const outcome = await account.changeName(visit(request), session, { name })
    if (outcome.ok) return go(reply, '/account?told=name')
    const state = { name, problem: sentence(outcome.refusal) }
    const about = await view(request, 'Change your name')
    return page(reply, namePage(about, state), outcome.refusal.status)
  })
  mine.fresh('/account/email', async (request, reply) =>
    page(reply, emailPage(await view(request, 'Change your e-mail'), told(request))),
  )
  mine.post('/account/email', async (request, reply, session) => {
    const { email = '' } = fields(request)
    const outcome = await account.changeEmail(visit(request), session, { email })
    if (!outcome.ok) return back(reply, '/account/email', outcome.refusal)
    return go(reply, '/account?told=email')
  })
  mine.fresh('/account/delete', async (request, reply) =>
    page(reply, deletePage(await view(request, 'Delete your account?'), told(request))),
  )
  mine.post('/account/delete', async (request, reply, session) => {
    const outcome = await account.deleteAccount(visit(request), session)
    if (!outcome.ok) return back(reply, '/account/delete', outcome.refusal)
    return go(reply, '/login?told=leaving', outcome.value)
  })
  const file = {
    config: { access: { public: true }, content: { produces: ['*/*'] }, headers: 'download' },
  } as const
  app.get('/account/export', file, async (request, reply) => {
    const { session } = request.exchange
    if (session === undefined) return site.toLogin(request, reply)
    const outcome = await account.exportAccount(visit(request), session)
    if (!outcome.ok) return back(reply, '/account', outcome.refusal)
    return reply
      .type('application/json; charset=utf-8')
      .header('content-disposition', 'attachment; filename="account.json"')
      .send(JSON.stringify(outcome.value, undefined, 2))
  })

  const proofs = async (accountId: string) => {
    const [user, owed, keys] = await Promise.all([
      stores.accounts.byId(accountId),
      factors?.owed(accountId),
      passkeys?.list(accountId),
    ])
    return {
      // Beside a second factor the password freshens nothing.
      password: user?.passwordHash !== undefined && (owed?.length ?? 0) === 0,
      backupCode: owed?.includes('backup-code') === true,
      totp: owed?.includes('totp') === true,
      passkey: (keys?.length ?? 0) > 0,
    }
  }
  const proving = own(site, { enrolling: true })
  proving.get('/step-up', async (request, reply, session) => {
    const { next } = query(request)
    const about = await view(request, 'Is it still you?')
    const state = { next, ...told(request) }
    return page(reply, stepUpPage(about, await proofs(session.accountId), state))
  })
  proving.post('/step-up', async (request, reply, session) => {
    const { password, code, factor, next } = fields(request)
    const outcome =
      code !== undefined && factors !== undefined
        ? await factors.stepUp(visit(request), session, {
            factor: factor === 'backup-code' ? 'backup-code' : 'totp',
            code,
          })
        : await account.stepUp(visit(request), session, { password: password ?? '' })
    if (outcome.ok) return go(reply, safeNext(next, '/account'), outcome.value)
    const about = await view(request, 'Is it still you?')
    const problem =
      outcome.refusal.says === 'login.failed'
        ? 'That is not your password, or too many wrong ones were typed.'
        : sentence(outcome.refusal)
    const text = stepUpPage(about, await proofs(session.accountId), { next, problem })
    return page(reply, text, outcome.refusal.status)
  })
}
