import { html } from '../html.ts'
import { page as document } from '../layout.ts'
import type { Site } from '../site.ts'
import { own } from './account.ts'

const STEP_UP_MS = 900_000

/** `/console`: the shell for administrators; everything it does goes over `/admin`. */
export function consoleRoutes(site: Site): void {
  const { app, view, page, go } = site
  own(site).get('/console', async (request, reply, session) => {
    if (session.role !== 'admin') return go(reply, '/account')
    if (app.bulwark.clock() - session.authenticatedAt > STEP_UP_MS) {
      return go(reply, '/step-up?next=/console')
    }
    const about = await view(request, 'Console')
    const text = document(
      { ...about, scripts: ['built/console.js'], styles: ['console.css'] },
      html`<div id="console"><noscript><h1>Console</h1><p class="notice bad">The console shows what happens while it happens, and needs script for it. The same is to be had under <code>/admin</code> as JSON.</p></noscript></div>`,
    )
    return page(reply, text)
  })
}
