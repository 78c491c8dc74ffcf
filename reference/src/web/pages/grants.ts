import { html } from '../html.ts'
import { page, type State, says, type View } from '../layout.ts'
import { button } from './account.ts'

/** An app that may act for somebody, as they see it. */
export interface GrantRow {
  readonly clientId: string
  /** What it calls itself; nobody has looked at that name when it registered itself. */
  readonly name: string
  readonly selfRegistered: boolean
  /** What it may do, in words. */
  readonly may: readonly string[]
  /** ISO 8601. */
  readonly since: string
  /** How many of its sign-ins are alive. */
  readonly alive: number
}

export function grantsPage(view: View, grants: readonly GrantRow[], state: State): string {
  return page(
    view,
    html`<p class="crumb"><a href="/account">Account</a></p>
<h1>Apps that act for you</h1>
<p class="lead">Each was allowed by you. Taking it back ends all its sign-ins at once; it has to ask again.</p>
${says(state)}
<ul class="rows">
${
  grants.length === 0
    ? html`<li class="empty">No app may act for you.</li>`
    : grants.map(one => grantRow(view, one))
}</ul>`,
  )
}

function grantRow(view: View, one: GrantRow) {
  const may = one.may.length === 0 ? 'know who you are' : one.may.join(', ')
  const alive = one.alive === 0 ? 'not signed in' : `signed in ${times(one.alive)}`
  return html`<li><div><strong>${one.name}</strong> ${one.selfRegistered && html`<span class="badge plain">Chose its name itself</span>`}<p>May ${may}</p><p>Since <time datetime="${one.since}">${one.since.slice(0, 10)}</time> · ${alive}</p></div>${button(view, `/account/apps/${encodeURIComponent(one.clientId)}/revoke`, 'Take it back', `from ${one.name}`, 'danger')}</li>
`
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
