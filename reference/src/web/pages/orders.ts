import type { Order } from '../../orders/orders.ts'
import { html } from '../html.ts'
import { csrfField, field, page, type State, says, type View } from '../layout.ts'

export function ordersPage(view: View, orders: readonly Order[], state: State): string {
  return page(
    view,
    html`<h1>Your orders</h1>
<p class="lead">Nobody else can see them, change them or learn that they exist.</p>
${says(state)}
<form class="card row" method="post" action="/orders">
${csrfField(view.csrfToken)}
${field('What would you like?', { name: 'item', maxlength: 200 })}
${field('How many?', { name: 'quantity', type: 'number', value: '1', min: 1, max: 1000 })}
<button>Order</button>
</form>
<h2>So far</h2>
<div class="table" role="region" aria-label="Orders" tabindex="0">${orders.length === 0 ? html`<p class="empty">Nothing yet.</p>` : table(view, orders)}</div>`,
  )
}

function table(view: View, orders: readonly Order[]) {
  return html`<table>
<thead><tr><th scope="col">Item</th><th scope="col">Quantity</th><th scope="col">Ordered</th><th class="end"><span class="visually-hidden">Actions</span></th></tr></thead>
<tbody>
${orders.map(
  order => html`<tr><td>${order.item}</td><td>${order.quantity}</td><td><time datetime="${order.createdAt}">${shortTime(order.createdAt)}</time></td><td class="end"><form class="inline" method="post" action="/orders/${order.id}/remove">${csrfField(view.csrfToken)}<button class="danger small">Cancel<span class="visually-hidden"> ${order.item}</span></button></form></td></tr>
`,
)}</tbody></table>`
}

/** `2026-01-31 14:05 UTC` */
export function shortTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}
