import { html } from '../html.ts'
import { csrfField, field, notice, page, type View } from '../layout.ts'

/** Where to go after signing in: a path of ours, never an address of somebody else's. */
export function safeNext(text: unknown): string {
  if (typeof text !== 'string' || !/^\/[A-Za-z0-9/_-]*$/.test(text) || text.startsWith('//')) {
    return '/orders'
  }
  return text
}

export interface SignInState {
  readonly email?: string
  readonly next?: string
  /** What just went wrong, in words that tell nothing about accounts. */
  readonly problem?: string | undefined
  readonly notice?: string | undefined
}

export function loginPage(view: View, state: SignInState): string {
  return page(
    { ...view, narrow: true },
    html`<h1>Sign in</h1>
${state.notice !== undefined && notice('good', state.notice)}${state.problem !== undefined && notice('bad', state.problem)}
<form class="card" method="post" action="/login">
${csrfField(view.csrfToken)}<input type="hidden" name="next" value="${safeNext(state.next)}">
${field('E-mail', { name: 'email', type: 'email', autocomplete: 'username', value: state.email ?? '' })}
${field('Password', { name: 'password', type: 'password', autocomplete: 'current-password' })}
<div class="actions"><button>Sign in</button><a href="/forgot-password">Forgot your password?</a></div>
</form>
<p class="hint">No account yet? <a href="/register">Register</a>.</p>`,
  )
}

export function registerPage(
  view: View,
  state: SignInState & { readonly name?: string; readonly sent?: boolean },
): string {
  if (state.sent === true) {
    return page(
      { ...view, narrow: true },
      html`<h1>Look at your mail</h1>
<p class="lead">If the address is yours, a message is on its way. Its link works once, for a day.</p>
<p class="actions"><a class="button quiet" href="/login">To the sign-in</a></p>`,
    )
  }
  return page(
    { ...view, narrow: true },
    html`<h1>Create an account</h1>
${state.problem !== undefined && notice('bad', state.problem)}
<form class="card" method="post" action="/register">
${csrfField(view.csrfToken)}
${field('Name', { name: 'name', autocomplete: 'name', required: false, maxlength: 100, value: state.name ?? '' })}
${field('E-mail', { name: 'email', type: 'email', autocomplete: 'username', value: state.email ?? '' })}
${field('Password', {
  name: 'password',
  type: 'password',
  autocomplete: 'new-password',
  hint: 'At least 15 characters: four or five words are easy to remember. No other rules.',
})}
<div class="actions"><button>Register</button></div>
</form>
<p class="hint">Already here? <a href="/login">Sign in</a>.</p>`,
  )
}

export function verifyPage(view: View, state: SignInState): string {
  return page(
    { ...view, narrow: true, scripts: ['fragment.js'] },
    html`<h1>Confirm your address</h1>
<p class="lead">Opening the link is not enough, so that a mail scanner cannot confirm for you.</p>
${state.problem !== undefined && notice('bad', state.problem)}
<form class="card" method="post" action="/verify-email">
${csrfField(view.csrfToken)}
${field('Code from the mail', {
  name: 'token',
  autocomplete: 'off',
  hint: 'Filled in already if you followed the link. Otherwise paste what stands after the # in it.',
})}
<div class="actions"><button>Confirm</button></div>
</form>`,
  )
}

export function setupPage(view: View, state: SignInState): string {
  return page(
    { ...view, narrow: true, scripts: ['fragment.js'] },
    html`<h1>First administrator</h1>
<p class="lead">The link that the service printed at its start works once.</p>
${state.problem !== undefined && notice('bad', state.problem)}
<form class="card" method="post" action="/setup">
${csrfField(view.csrfToken)}
${field('Code', { name: 'token', autocomplete: 'off', hint: 'What stands after the # in the link.' })}
${field('E-mail', { name: 'email', type: 'email', autocomplete: 'username', value: state.email ?? '' })}
${field('Password', {
  name: 'password',
  type: 'password',
  autocomplete: 'new-password',
  hint: 'At least 15 characters.',
})}
<div class="actions"><button>Make me the administrator</button></div>
</form>`,
  )
}
