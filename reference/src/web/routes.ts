import type { Outcome } from 'bulwark/outcome'
import type { Uploads } from 'bulwark/uploads'
import type { Webhooks } from 'bulwark/webhooks'
import type { FastifyInstance } from 'fastify'
import type { Orders } from '../orders/orders.ts'
import type { FirstAdministrator } from '../setup/setup.ts'
import { designPage } from './pages/design.ts'
import { homePage } from './pages/home.ts'
import { accountRoutes } from './routes/account.ts'
import { consentRoutes } from './routes/consent.ts'
import { consoleRoutes } from './routes/console.ts'
import { grantRoutes } from './routes/grants.ts'
import { linkRoutes } from './routes/links.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { filePages, orderPages, webhookPages } from './routes/things.ts'
import { twoStepRoutes } from './routes/two-step.ts'
import { open, site } from './site.ts'

export interface PageParts {
  readonly orders: Orders
  readonly files: Uploads
  readonly webhooks: Webhooks
  readonly setUp: (input: FirstAdministrator) => Promise<Outcome<void>>
}

/** Pages: forms that work without script, the same flows as the JSON routes behind them. */
export function pageRoutes(app: FastifyInstance, parts: PageParts): void {
  const pages = site(app)
  if (pages === undefined) return
  app.get('/', open, async (request, reply) =>
    pages.page(reply, homePage(await pages.view(request, 'Welcome'))),
  )
  if (app.bulwark.mode === 'development') {
    app.get('/design', open, async (request, reply) =>
      pages.page(reply, designPage(await pages.view(request, 'The design'))),
    )
  }
  signInRoutes(pages, parts.setUp)
  linkRoutes(pages)
  accountRoutes(pages)
  twoStepRoutes(pages)
  orderPages(pages, parts.orders)
  filePages(pages, parts.files, parts.webhooks)
  webhookPages(pages, parts.webhooks)
  consoleRoutes(pages)
  consentRoutes(pages)
  grantRoutes(pages)
}
