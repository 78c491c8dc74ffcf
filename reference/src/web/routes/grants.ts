import { type GrantRow, grantsPage } from '../pages/grants.ts'
import type { Site } from '../site.ts'
import { idOf, own } from './account.ts'

const PATH = '/account/apps'

/** `/account/apps`: which apps act for somebody, and taking it back. */
export function grantRoutes(site: Site): void {
  const { app, page, go, view, visit, told } = site
  const { oauth } = app.bulwark
  if (oauth === undefined) return
  const mine = own(site)

  const listed = async (accountId: string): Promise<readonly GrantRow[]> => {
    const grants = await oauth.consents.list(accountId)
    return Promise.all(
      grants.map(async ({ clientId, scope, since, alive }) => {
        const client = await oauth.clients.find(clientId)
        return {
          clientId,
          name: client?.name ?? clientId,
          selfRegistered: client?.selfRegistered ?? false,
          may: scope.flatMap(word => oauth.settings.scopes[word] ?? []),
          since,
          alive,
        }
      }),
    )
  }

  mine.get(PATH, async (request, reply, session) => {
    const about = await view(request, 'Apps that act for you')
    return page(reply, grantsPage(about, await listed(session.accountId), told(request)))
  })
  mine.post(`${PATH}/:id/revoke`, async (request, reply, session) => {
    const gone = await oauth.consents.revoke(
      session.accountId,
      idOf(request),
      visit(request).request,
    )
    return go(reply, gone ? `${PATH}?told=app-revoked` : `${PATH}?problem=access.not_found`)
  })
}
