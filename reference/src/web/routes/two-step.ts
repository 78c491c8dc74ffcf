import { codesPage, enrolPage, twoStepPage } from '../pages/account.ts'
import { sentence } from '../sentences.ts'
import type { Site } from '../site.ts'
import { own } from './account.ts'

const PATH = '/account/two-step'

/** Setting up the second step: the code proves that the app has the secret before it counts. */
export function twoStepRoutes(site: Site): void {
  const { app, visit, view, page, go, fields, told, back } = site
  const { factors } = app.bulwark
  if (factors === undefined) return
  const mine = own(site, { enrolling: true })

  mine.fresh(PATH, async (request, reply, session) => {
    const [owed, codesLeft] = await Promise.all([
      factors.owed(session.accountId),
      factors.backupCodes.remaining(session.accountId),
    ])
    const state = {
      ...told(request),
      on: owed.includes('totp'),
      hasPasskey: owed.includes('passkey'),
      codesLeft,
    }
    return page(reply, twoStepPage(await view(request, 'Two-step sign-in'), state))
  })
  mine.post(PATH, async (request, reply, session) => {
    const outcome = await factors.setUp(visit(request), session)
    if (!outcome.ok) return back(reply, PATH, outcome.refusal)
    return page(reply, enrolPage(await view(request, 'Two-step sign-in'), outcome.value, {}))
  })
  mine.post(`${PATH}/confirm`, async (request, reply, session) => {
    const { code = '' } = fields(request)
    const outcome = await factors.confirm(visit(request), session, code)
    const about = await view(request, 'Two-step sign-in')
    if (outcome.ok) {
      for (const cookie of outcome.value.cookies) reply.header('set-cookie', cookie)
      return page(reply, codesPage(about, outcome.value.backupCodes))
    }
    const { refusal } = outcome
    if (refusal.says === 'access.step_up') return back(reply, PATH, refusal)
    return page(reply, enrolPage(about, undefined, { problem: sentence(refusal) }), refusal.status)
  })
  mine.post(`${PATH}/codes`, async (request, reply, session) => {
    const outcome = await factors.newBackupCodes(visit(request), session)
    if (!outcome.ok) return back(reply, PATH, outcome.refusal)
    return page(reply, codesPage(await view(request, 'Backup codes'), outcome.value))
  })
  mine.post(`${PATH}/remove`, async (request, reply, session) => {
    const outcome = await factors.remove(visit(request), session)
    if (!outcome.ok) return back(reply, PATH, outcome.refusal)
    return go(reply, '/account?told=two-step-off')
  })
}
