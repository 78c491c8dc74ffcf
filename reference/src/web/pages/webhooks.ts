import type { WebhookDelivery, WebhookEndpoint } from 'bulwark/webhooks'
import { html, type Markup } from '../html.ts'
import { csrfField, field, page, type State, says, type View } from '../layout.ts'
import { button, time } from './account.ts'

export interface WebhooksState extends State {
  readonly endpoints: readonly WebhookEndpoint[]
  readonly events: readonly string[]
  readonly url?: string
  /** Shown once, in the answer that made it. */
  readonly secret?: { readonly url: string; readonly text: string }
}

export function webhooksPage(view: View, state: WebhooksState): string {
  const { endpoints, secret } = state
  return page(
    view,
    html`<h1>Webhooks</h1>
<p class="lead">Your own server is told what happens here: signed, repeated until it answers, and never
sent into a private network.</p>
${says(state)}${secret !== undefined && secretNotice(secret)}
<form class="card" method="post" action="/webhooks">
${csrfField(view.csrfToken)}
${field('Address', { name: 'url', type: 'url', inputmode: 'url', maxlength: 2048, value: state.url ?? '', hint: 'Such as https://example.com/hooks' })}
<fieldset><legend>Events</legend><div class="checks">${state.events.map(
      event =>
        html`<label class="check"><input type="checkbox" name="event-${event}" value="1" checked> <code>${event}</code></label>`,
    )}</div></fieldset>
<div class="actions"><button>Add it</button><button class="quiet" formaction="/webhooks/test">Only try it</button></div>
</form>
<section aria-labelledby="endpoints"><h2 id="endpoints">Who is told</h2>
<ul class="rows">
${
  endpoints.length === 0
    ? html`<li class="empty">Nobody yet.</li>`
    : endpoints.map(one => endpointRow(view, one))
}</ul></section>`,
  )
}

function secretNotice({ url, text }: { readonly url: string; readonly text: string }): Markup {
  return html`<div class="notice good" role="status"><p><strong>The secret for ${url}</strong>, shown only now. Your server checks our signature with it.</p><code class="secret">${text}</code></div>`
}

function endpointRow(view: View, one: WebhookEndpoint): Markup {
  const off = one.disabledAt !== undefined
  const state = off
    ? html`<span class="badge bad">Switched off</span>`
    : one.failures > 0
      ? html`<span class="badge bad">${one.failures} failed</span>`
      : html`<span class="badge good">Well</span>`
  return html`<li><div><a class="name" href="/webhooks/${one.id}">${one.url}</a> ${state}<p>${one.events.length === 0 ? 'Every event' : one.events.join(', ')}</p></div>${off && button(view, `/webhooks/${one.id}/enable`, 'Switch on', one.url, 'quiet')}${button(view, `/webhooks/${one.id}/remove`, 'Remove', one.url, 'danger')}</li>
`
}

const OUTCOMES: Readonly<Record<WebhookDelivery['outcome'], readonly [string, string]>> = {
  delivered: ['good', 'Delivered'],
  failed: ['bad', 'Failed, tried again later'],
  refused: ['bad', 'Refused: not a public address'],
  'given-up': ['bad', 'Given up'],
}

export function deliveriesPage(
  view: View,
  endpoint: WebhookEndpoint,
  deliveries: readonly WebhookDelivery[],
  state: State & { readonly secret?: string },
): string {
  return page(
    view,
    html`<p class="crumb"><a href="/webhooks">Webhooks</a></p>
<h1 class="address">${endpoint.url}</h1>
<p class="lead">${endpoint.events.length === 0 ? 'Every event' : endpoint.events.join(', ')}</p>
${says(state)}${state.secret !== undefined && secretNotice({ url: endpoint.url, text: state.secret })}
<div class="actions">${button(view, `/webhooks/${endpoint.id}/secret`, 'New secret', '', 'quiet')}${button(view, `/webhooks/${endpoint.id}/remove`, 'Remove', endpoint.url, 'danger')}</div>
<section aria-labelledby="deliveries"><h2 id="deliveries">Deliveries</h2>
<ul class="rows">
${
  deliveries.length === 0
    ? html`<li class="empty">Nothing was sent yet.</li>`
    : deliveries.map(one => {
        const [kind, words] = OUTCOMES[one.outcome]
        const answer = one.status === undefined ? 'no answer' : `answered ${one.status}`
        return html`<li><div><code>${one.event}</code> <span class="badge ${kind}">${words}</span><p>${time(new Date(one.at).toISOString())} · ${answer} in ${one.durationMs} ms · attempt ${one.attempt}</p></div>${button(view, `/webhooks/${endpoint.id}/replay/${one.id}`, 'Send again', one.event, 'quiet')}</li>
`
      })
}</ul></section>`,
  )
}
