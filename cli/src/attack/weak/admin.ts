import { type Call, json, nothing, type Routes, refuse } from './call.ts'
import type { State } from './state.ts'

/** What only admins may see: the users and the audit log. */
export function adminRoutes(state: State): Routes {
  const weak = (flaw: string) => state.weak(flaw)
  const isAdmin = (call: Call) => call.user?.role === 'admin'
  const users = (call: Call) =>
    isAdmin(call) || weak('idor.vertical')
      ? json(
          200,
          [...state.users.values()].map(({ id, email, role }) => ({ id, email, role })),
        )
      : refuse(call.user === undefined ? 401 : 403, 'access.refused')
  const open = () =>
    json(
      200,
      [...state.users.values()].map(({ id, email, role }) => ({ id, email, role })),
    )
  return {
    'GET /admin/users': users,
    ...(weak('idor.path-forms') ? { 'GET /admin/users/': open } : {}),
    'GET /admin/audit': call => {
      if (!isAdmin(call) && !weak('audit.access')) {
        if (!weak('audit.denied-events')) state.log('access.denied', call)
        return refuse(call.user === undefined ? 401 : 403, 'access.refused')
      }
      const entries = state.audit.slice(-300)
      return weak('audit.injection')
        ? { status: 200, text: entries.map(entry => Object.values(entry).join(' ')).join('\n') }
        : json(200, entries)
    },
    'POST /admin/users/:id/disable': call => {
      if (!isAdmin(call)) return refuse(403, 'access.refused')
      const user = [...state.users.values()].find(({ id }) => id === call.params['id'])
      if (user === undefined) return refuse(404, 'absent')
      user.extra['disabled'] = true
      if (!weak('session.disabled-user')) state.endSessions(user)
      return nothing()
    },
  }
}
