import { html } from '../html.ts'
import { csrfField, field, page, type State, says, type View } from '../layout.ts'
import { newPasswordField } from './links.ts'

/** Where to go after signing in: a path of ours, never an address of somebody else's. */
export function safeNext(text: unknown, usual = '/orders'): string {
  if (typeof text !== 'string' || text.startsWith('//')) return usual
  // Only the authorization endpoint is come back to with its query: it judges it whole again.
  const good = /^(?:\/[A-Za-z0-9/_-]*|\/oauth\/authorize\?[A-Za-z0-9._~%&=+*-]{1,6000})$/
  return good.test(text) ? text : usual
}

export interface SignInState extends State {
  readonly email?: string
  readonly next?: string | undefined
}

export function loginPage(view: View, state: SignInState): string {
  const next = safeNext(state.next)
  return page(
    { ...view, narrow: true, scripts: ['passkeys.js'] },
    html`<h1>Sign in</h1>
${says(state)}
<form class="card" method="post" action="/login" data-passkey="sign-in" data-next="${next}">
${csrfField(view.csrfToken)}<input type="hidden" name="next" value="${next}">
${field('E-mail', { name: 'email', type: 'email', autocomplete: 'username webauthn', maxlength: 254, value: state.email ?? '' })}
${field('Password', { name: 'password', type: 'password', autocomplete: 'current-password', maxlength: 1024 })}
<div class="actions"><button>Sign in</button><a href="/forgot-password">Forgot your password?</a></div>
<div class="alternative" data-needs-passkeys hidden>
<p class="or"><span>or</span></p>
<button class="quiet wide" type="button" data-passkey-button>Use a passkey</button>
</div>
<p class="notice bad" role="alert" data-passkey-problem hidden></p>
</form>
${(view.providers ?? []).map(({ id, name }) => html`<p><a class="button quiet wide" href="/auth/social/${id}/start?next=${next}">Sign in with ${name}</a></p>`)}
<p class="hint">No account yet? <a href="/register">Register</a>. No mail yet? <a href="/resend-verification">Have it sent again</a>.</p>`,
  )
}

/** The second step of a sign-in. Which steps there are is what its flow says; without one, the usual. */
export function factorPage(
  view: View,
  state: SignInState & {
    readonly asked: readonly string[] | undefined
    /** For how many days a browser may be spared it; 0 for never. */
    readonly trustDays: number
  },
): string {
  const next = safeNext(state.next)
  const asked = state.asked ?? ['totp', 'backup-code']
  const spare =
    state.trustDays > 0 &&
    html`<label class="check"><input type="checkbox" name="remember" value="yes"> Not again on this device for ${state.trustDays} days</label>`
  const codeForm = (factor: string, label: string, hint: string, mode: 'numeric' | 'text') =>
    html`<form method="post" action="/login/factor">
${csrfField(view.csrfToken)}<input type="hidden" name="next" value="${next}"><input type="hidden" name="factor" value="${factor}">
${field(label, {
  name: 'code',
  autocomplete: factor === 'totp' ? 'one-time-code' : 'off',
  inputmode: mode,
  maxlength: 64,
  hint,
  code: true,
})}
${factor === 'totp' && spare}
<div class="actions"><button>Go on</button></div>
</form>`
  const app = asked.includes('totp')
  const key = asked.includes('passkey')
  return page(
    { ...view, narrow: true, scripts: ['passkeys.js'] },
    html`<h1>One more step</h1>
<p class="lead">The first one was right. ${key ? (app ? 'Now your passkey, or the code of your app.' : 'Now your passkey.') : 'Now the code of your authenticator app.'}</p>
${says(state)}
<div class="card" data-passkey="factor" data-next="${next}">
${key && html`<div data-needs-passkeys hidden><button class="wide" type="button" data-passkey-button>Use your passkey</button>${!app && spare}</div>`}
${app && codeForm('totp', 'Code', 'Six digits. A new one comes every half minute.', 'numeric')}
${
  asked.includes('backup-code') &&
  html`<details class="more"${!app && !key && html` open`}><summary>Use a backup code instead</summary>
${codeForm('backup-code', 'Backup code', 'One of the ten that you printed. Each works once.', 'text')}
</details>`
}
<p class="notice bad" role="alert" data-passkey-problem hidden></p>
</div>
<details class="more"><summary>Everything is lost</summary>
<p>The app, the passkeys, the codes? Then you can begin anew in some days. Until then a link in your mail, or any of them, calls it off.</p>
<form method="post" action="/login/lost">${csrfField(view.csrfToken)}<div class="actions"><button class="danger">Begin anew</button></div></form></details>
<p class="hint">Not you? <a href="/login">Start over</a>.</p>`,
  )
}

/** After somebody asked to begin anew: when, and how it is called off. */
export function waitingPage(view: View, readyAt: string): string {
  return page(
    { ...view, narrow: true },
    html`<h1>Now wait</h1>
<p class="lead">On ${readyAt} a link goes to your address. It takes the second step away, and you set up a new one.</p>
<p>All your addresses are told, now and before it happens. If you find your app, your passkey or your codes: sign in with them, and nothing is taken away.</p>
<p class="actions"><a class="button quiet" href="/login">To the sign-in</a></p>`,
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
<p class="actions"><a class="button quiet" href="/login">To the sign-in</a> <a href="/resend-verification">No mail yet?</a></p>`,
    )
  }
  return page(
    { ...view, narrow: true, scripts: ['password.js'] },
    html`<h1>Create an account</h1>
${says(state)}
<form class="card" method="post" action="/register">
${csrfField(view.csrfToken)}
${field('Name', { name: 'name', autocomplete: 'name', required: false, maxlength: 100, value: state.name ?? '' })}
${field('E-mail', { name: 'email', type: 'email', autocomplete: 'username', maxlength: 254, value: state.email ?? '' })}
${newPasswordField('Password')}
<div class="actions"><button>Register</button></div>
</form>
<p class="hint">Already here? <a href="/login">Sign in</a>.</p>`,
  )
}

export function setupPage(view: View, state: SignInState): string {
  return page(
    { ...view, narrow: true, scripts: ['fragment.js', 'password.js'] },
    html`<h1>First administrator</h1>
<p class="lead">The link that the service printed at its start works once.</p>
${says(state)}
<form class="card" method="post" action="/setup">
${csrfField(view.csrfToken)}
${field('Code', { name: 'token', autocomplete: 'off', maxlength: 512, hint: 'Filled in already if you followed the link. Otherwise paste the whole link.' })}
${field('E-mail', { name: 'email', type: 'email', autocomplete: 'username', maxlength: 254, value: state.email ?? '' })}
${newPasswordField('Password')}
<div class="actions"><button>Make me the administrator</button></div>
</form>`,
  )
}

/** What a session can be proven again with. */
export interface Proofs {
  readonly password: boolean
  readonly totp: boolean
  readonly backupCode: boolean
  readonly passkey: boolean
}

export function stepUpPage(view: View, proofs: Proofs, state: SignInState): string {
  const next = safeNext(state.next, '/account')
  const hidden = html`${csrfField(view.csrfToken)}<input type="hidden" name="next" value="${next}">`
  return page(
    { ...view, narrow: true, scripts: ['passkeys.js'] },
    html`<h1>Is it still you?</h1>
<p class="lead">What comes next can lock you out, so prove once more who you are. It holds for a few minutes.</p>
${says(state)}
<div class="card" data-passkey="step-up" data-next="${next}">
${
  proofs.password &&
  html`<form method="post" action="/step-up">${hidden}
<input class="visually-hidden" type="text" name="username" value="${view.user?.email ?? ''}" autocomplete="username" tabindex="-1" aria-hidden="true" readonly>
${field('Password', { name: 'password', type: 'password', autocomplete: 'current-password', maxlength: 1024 })}
<div class="actions"><button>It is me</button></div></form>`
}${
  proofs.totp &&
  html`<details class="more"${!proofs.password && html` open`}><summary>Use a code of your app</summary>
<form method="post" action="/step-up">${hidden}<input type="hidden" name="factor" value="totp">
${field('Code', { name: 'code', autocomplete: 'one-time-code', inputmode: 'numeric', maxlength: 64, code: true })}
<div class="actions"><button>Check the code</button></div></form></details>`
}${
  proofs.backupCode &&
  html`<details class="more"><summary>Use a backup code</summary>
<form method="post" action="/step-up">${hidden}<input type="hidden" name="factor" value="backup-code">
${field('Backup code', { name: 'code', autocomplete: 'off', maxlength: 64, code: true })}
<div class="actions"><button>Spend it</button></div></form></details>`
}${
  !proofs.password &&
  !proofs.totp &&
  !proofs.passkey &&
  !proofs.backupCode &&
  html`<p>You came by way of somebody else, so only they can say that it is you. <a href="/login?next=${next}">Sign in again</a>.</p>`
}${
  proofs.passkey &&
  html`<div class="alternative" data-needs-passkeys hidden><p class="or"><span>or</span></p>
<button class="quiet wide" type="button" data-passkey-button>Use a passkey</button></div>`
}
<p class="notice bad" role="alert" data-passkey-problem hidden></p>
</div>`,
  )
}
