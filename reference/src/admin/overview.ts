import { refuse } from 'bulwark/refuse'
import type { FastifyInstance } from 'fastify'
import { series } from './series.ts'
import { admin } from './shared.ts'

const noLog = { code: 'admin.no_log', says: 'access.not_found', status: 404 } as const

/** `/admin/overview`: how the day went. `/admin/csp-reports`: what browsers complained about. */
export function overviewRoutes(app: FastifyInstance): void {
  const { stores, audit, clock, reports } = app.bulwark
  const day = audit && series(audit, clock)

  app.get('/admin/overview', { config: admin }, async () => {
    if (day === undefined) return refuse(noLog)
    const [accounts, admins, sessions, waiting, { byCode, events, ...today }] = await Promise.all([
      stores.accounts.count(),
      stores.accounts.count({ role: 'admin' }),
      stores.sessions.count(clock()),
      app.bulwark.account?.lockout.delayed(200),
      day.read(),
    ])
    return {
      accounts,
      admins,
      sessions,
      lockedOut: waiting?.length ?? 0,
      lastDay: { events, byCode },
      ...today,
      audit: audit?.health(),
      store: stores.kind,
    }
  })

  app.get('/admin/csp-reports', { config: admin }, async () =>
    reports.groups().map(({ firstAt, lastAt, ...group }) => ({
      ...group,
      firstAt: new Date(firstAt).toISOString(),
      lastAt: new Date(lastAt).toISOString(),
    })),
  )
}
