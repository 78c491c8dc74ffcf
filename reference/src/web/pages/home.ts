import { html } from '../html.ts'
import { page, type View } from '../layout.ts'

const DEFENCES: readonly (readonly [string, string])[] = [
  ['Forged requests', 'A form on another site posts here: refused before your route sees it.'],
  ['Guessed passwords', 'The sixth wrong guess waits, on every device but the ones you know.'],
  ['Other people’s rows', 'The owner is part of every query. A foreign id is just not there.'],
  ['Stolen databases', 'No session, link or password in the store works for who reads it.'],
  ['Strange bodies', 'Duplicate keys, depth, prototypes, bombs: answered, never parsed.'],
  ['A quiet attacker', 'Every refusal is in the audit log, in an order nobody can rewrite.'],
]

export function homePage(view: View): string {
  return page(
    view,
    html`<h1>The security layer for TypeScript web services</h1>
<p class="lead">This is a real service with accounts, orders and an audit log. Use it, then try to
break it: everything you see is protected by one registration of Bulwark.</p>
<p class="actions">${
      view.user === undefined
        ? html`<a class="button" href="/register">Create an account</a> <a class="button quiet" href="/login">Sign in</a>`
        : html`<a class="button" href="/orders">Your orders</a> <a class="button quiet" href="/account">Your account</a>`
    }</p>
<h2>What stands between you and an attacker</h2>
<ul class="cards">
${DEFENCES.map(([name, what]) => html`<li class="card"><h2>${name}</h2><p>${what}</p></li>\n`)}</ul>`,
  )
}
