import type { Outcome } from 'bulwark/outcome'
import {
  forgotPage,
  LINK_PAGES,
  type LinkPage,
  linkPage,
  resendPage,
  resetPage,
} from '../pages/links.ts'
import { sentence } from '../sentences.ts'
import { type Site, sensitive, sensitiveForm } from '../site.ts'
import { tokenIn } from './sign-in.ts'

type Visit = ReturnType<Site['visit']>

/** Everything that a mail leads to. A GET spends no link: mail scanners follow them. */
export function linkRoutes(site: Site): void {
  const { app, account, visit, view, page, go, fields, told } = site

  const byLink = (
    about: LinkPage,
    flow: (at: Visit, input: { readonly token: string }) => Promise<Outcome<void>>,
  ): void => {
    app.get(about.path, sensitive, async (request, reply) =>
      page(reply, linkPage(await view(request, about.heading), about, told(request))),
    )
    app.post(about.path, sensitiveForm, async (request, reply) => {
      const { token = '' } = fields(request)
      const outcome = await flow(visit(request), { token: tokenIn(token) })
      if (outcome.ok) {
        const out = request.principal === undefined || about.endsSessions === true
        const there = out ? '/login' : '/account'
        return go(reply, `${there}?told=${about.told}`)
      }
      const problem = sentence(outcome.refusal)
      const text = linkPage(await view(request, about.heading), about, { problem })
      return page(reply, text, outcome.refusal.status)
    })
  }
  byLink(LINK_PAGES.verify, account.verifyEmail)
  byLink(LINK_PAGES.confirmEmail, account.confirmEmail)
  byLink(LINK_PAGES.undoEmail, account.undoEmail)
  byLink(LINK_PAGES.keepAccount, account.keepByLink)
  byLink(LINK_PAGES.unlock, account.unlockByLink)
  const { factors } = app.bulwark
  if (factors !== undefined) {
    byLink(LINK_PAGES.recover, factors.recovery.complete)
    byLink(LINK_PAGES.cancelRecovery, factors.recovery.cancelByLink)
  }

  app.get('/forgot-password', sensitive, async (request, reply) =>
    page(reply, forgotPage(await view(request, 'Forgot your password?'), {})),
  )
  app.post('/forgot-password', sensitiveForm, async (request, reply) => {
    const { email = '' } = fields(request)
    const outcome = await account.forgotPassword(visit(request), { email })
    const about = await view(request, 'Forgot your password?')
    if (outcome.ok) return page(reply, forgotPage(about, { sent: true }), 202)
    const problem = sentence(outcome.refusal)
    return page(reply, forgotPage(about, { email, problem }), outcome.refusal.status)
  })

  app.get('/reset-password', sensitive, async (request, reply) =>
    page(reply, resetPage(await view(request, 'Set a new password'), {})),
  )
  app.post('/reset-password', sensitiveForm, async (request, reply) => {
    const { token = '', password = '' } = fields(request)
    const outcome = await account.resetPassword(visit(request), {
      token: tokenIn(token),
      password,
    })
    if (outcome.ok) return go(reply, '/login?told=reset')
    const about = await view(request, 'Set a new password')
    const problem = sentence(outcome.refusal)
    return page(reply, resetPage(about, { problem }), outcome.refusal.status)
  })

  app.get('/resend-verification', sensitive, async (request, reply) =>
    page(reply, resendPage(await view(request, 'No mail yet?'), told(request))),
  )
  app.post('/resend-verification', sensitiveForm, async (request, reply) => {
    const { email = '' } = fields(request)
    const outcome = await account.resendVerification(visit(request), { email })
    if (outcome.ok) return go(reply, '/resend-verification?told=resent')
    const about = await view(request, 'No mail yet?')
    const problem = sentence(outcome.refusal)
    return page(reply, resendPage(about, { email, problem }), outcome.refusal.status)
  })
}
