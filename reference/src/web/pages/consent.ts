import { html } from '../html.ts'
import { csrfField, notice, page, type View } from '../layout.ts'

/** What a person is asked before a client may act for them. */
export interface Asked {
  readonly token: string
  readonly email: string
  readonly name: string
  readonly selfRegistered: boolean
  readonly destination: string
  readonly scopes: readonly { readonly word: string; readonly says: string }[]
}

export function consentPage(view: View, asked: Asked): string {
  return page(
    { ...view, narrow: true },
    html`<h1>May ${asked.name} act for you?</h1>
<p>You are signed in as <strong>${asked.email}</strong>. The answer goes to <code>${asked.destination}</code>.</p>
${asked.selfRegistered && notice('plain', 'Nobody here knows this app: it chose its name itself. Go on only if you started this yourself, just now.')}
<form class="card" method="post" action="/oauth/consent">
${csrfField(view.csrfToken)}<input type="hidden" name="request" value="${asked.token}">
${asked.scopes.length === 0 ? html`<p>It wants nothing but to know that you agree.</p>` : html`<p>It wants to:</p><ul>${asked.scopes.map(({ says }) => html`<li>${says}</li>`)}</ul>`}
<div class="actions"><button name="answer" value="allow">Allow</button><button class="quiet" name="answer" value="deny">Do not allow</button></div>
</form>
<p class="hint">You can take it back at any time in your <a href="/account">account</a>.</p>`,
  )
}

export function requestOverPage(view: View): string {
  return page(
    { ...view, narrow: true },
    html`<h1>This request is over</h1>
${notice('bad', 'It was answered already, took too long, or belongs to another account. Start again in the app.')}
<p><a href="/">Home</a></p>`,
  )
}
