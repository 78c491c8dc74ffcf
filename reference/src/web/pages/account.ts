import { html } from '../html.ts'
import { csrfField, notice, page, type View } from '../layout.ts'
import { shortTime } from './orders.ts'

/** A session as its owner sees it. */
export interface SessionRow {
  readonly id: string
  readonly device: string
  readonly address: string
  readonly lastSeenAt: string
  readonly current: boolean
}

export function accountPage(
  view: View,
  account: { readonly email: string; readonly name: string | undefined; readonly since: string },
  sessions: readonly SessionRow[],
  state: { readonly notice?: string | undefined },
): string {
  return page(
    view,
    html`<h1>${account.name ?? account.email}</h1>
<p class="lead">${account.email} · here since ${account.since.slice(0, 10)}</p>
${state.notice !== undefined && notice('good', state.notice)}
<h2>Where you are signed in</h2>
<div class="table"><table>
<thead><tr><th scope="col">Device</th><th scope="col">Address</th><th scope="col">Last use</th><th class="end"><span class="visually-hidden">Actions</span></th></tr></thead>
<tbody>
${sessions.map(
  session => html`<tr><td>${session.device === '' ? 'Unknown device' : session.device}</td><td><code>${session.address}</code></td><td><time datetime="${session.lastSeenAt}">${shortTime(session.lastSeenAt)}</time></td><td class="end">${
    session.current
      ? 'This one'
      : html`<form class="inline" method="post" action="/account/sessions/${session.id}/end">${csrfField(view.csrfToken)}<button class="danger small">Sign out<span class="visually-hidden"> ${session.device}</span></button></form>`
  }</td></tr>
`,
)}</tbody></table></div>
<form class="actions" method="post" action="/logout-all">${csrfField(view.csrfToken)}<p><button class="danger">Sign out everywhere</button></p></form>`,
  )
}
