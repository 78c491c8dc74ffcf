import { deviceName } from '../device.ts'
import { type Hole, html, Markup } from '../html.ts'
import { csrfField, field, page, type State, says, type View } from '../layout.ts'
import { newPasswordField } from './links.ts'
import { shortTime } from './orders.ts'

/** Where nobody gets mail: the address of who has none (RFC 2606). */
export const NO_MAIL = '@social.invalid'

/** A session as its owner sees it. */
export interface SessionRow {
  readonly id: string
  /** The user agent. */
  readonly device: string
  readonly address: string
  readonly lastSeenAt: string
  /** A second factor was proven in it. */
  readonly strong: boolean
  readonly current: boolean
}

export interface DeviceRow {
  readonly id: string
  readonly device: string
  readonly lastUsedAt: string
  /** Until when it is spared the second step; absent for one that is merely known. */
  readonly trustedUntil: string | undefined
}

export interface PasskeyRow {
  readonly id: string
  readonly name: string
  readonly backedUp: boolean
  readonly createdAt: string
  readonly lastUsedAt: string | null
}

/** An identity provider, and whether this account is linked there. */
export interface LinkRow {
  readonly id: string
  readonly name: string
  readonly linked: boolean
}

export interface Standing {
  readonly enrolment: { readonly by: number } | undefined
  readonly lowOnCodes: boolean
  readonly backupCodes: number
  readonly recovery: { readonly readyAt: number } | undefined
}

export interface AccountState extends State {
  readonly links: readonly LinkRow[]
  /** Whether a link may be made or cut without another proof. */
  readonly fresh: boolean
  /** How many apps act for this account; absent where no app can. */
  readonly apps: number | undefined
  /** Absent where only an identity provider knows the person. */
  readonly email: string | undefined
  readonly name: string | undefined
  readonly since: string
  readonly twoStep: { readonly on: boolean; readonly codesLeft: number }
  /** What is still to be set up, what runs out, and a recovery that somebody asked for. */
  readonly standing: Standing | undefined
  readonly passkeys: readonly PasskeyRow[]
  readonly sessions: readonly SessionRow[]
  readonly devices: readonly DeviceRow[]
}

export function accountPage(view: View, state: AccountState): string {
  return page(
    { ...view, scripts: ['passkeys.js'] },
    html`<h1>${state.name ?? state.email ?? 'Your account'}</h1>
<p class="lead">${state.email ?? 'No address yet'} · here since <time datetime="${state.since}">${state.since.slice(0, 10)}</time></p>
${says(state)}
${standing(view, state.standing)}
<section aria-labelledby="signing-in"><h2 id="signing-in">You, and how you sign in</h2>
<ul class="rows">
<li><div><strong>Name</strong><p>${state.name ?? 'None. It is yours to choose, and nothing depends on it.'}</p></div><a class="button quiet small" href="/account/name">Change<span class="visually-hidden"> name</span></a></li>
<li><div><strong>E-mail</strong><p>${state.email ?? 'None yet: without one, no mail can bring you back in.'}</p></div><a class="button quiet small" href="/account/email">Change<span class="visually-hidden"> e-mail</span></a></li>
<li><div><strong>Password</strong><p>Only you know it; we keep a hash.</p></div><a class="button quiet small" href="/account/password">Change<span class="visually-hidden"> password</span></a></li>
${twoStepRow(state.twoStep)}</ul></section>
${passkeySection(view, state.passkeys)}
${linkSection(view, state)}
${sessionSection(view, state.sessions)}
${deviceSection(view, state.devices)}
${state.apps !== undefined && appSection(state.apps)}
<section aria-labelledby="data"><h2 id="data">Your data</h2>
<ul class="rows">
<li><div><strong>Take it along</strong><p>Everything the account knows about you, as one file.</p></div><a class="button quiet small" href="/account/export">Export</a></li>
<li><div><strong>Leave</strong><p>The account is deleted after some days of grace.</p></div><a class="button danger small" href="/account/delete">Delete<span class="visually-hidden"> the account</span></a></li>
</ul></section>`,
  )
}

/** What cannot wait until somebody looks for it. */
function standing(view: View, state: Standing | undefined): Hole {
  if (state === undefined) return undefined
  const { enrolment, lowOnCodes, backupCodes, recovery } = state
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10)
  return [
    recovery !== undefined &&
      html`<div class="notice bad" role="alert"><p>Somebody who knows your password asked to take your second step away on ${day(recovery.readyAt)}.</p>${button(view, '/account/recovery/cancel', 'Stop it', '', 'danger')}</div>`,
    enrolment !== undefined &&
      html`<p class="notice plain" role="status">Your role needs a second step by ${day(enrolment.by)}: <a href="/account/two-step">set up an app</a>, or add a passkey below. After that day you can do nothing else.</p>`,
    lowOnCodes &&
      html`<p class="notice plain" role="status">${backupCodes === 0 ? 'You have no backup codes' : `Only ${backupCodes} backup ${backupCodes === 1 ? 'code is' : 'codes are'} left`}: <a href="/account/two-step">make new ones</a> before you need them.</p>`,
  ]
}

function twoStepRow({ on, codesLeft }: AccountState['twoStep']): Markup {
  const about = on
    ? codesLeft > 3
      ? `A code of your app is asked for. ${codesLeft} backup codes are left.`
      : `Only ${codesLeft} backup ${codesLeft === 1 ? 'code is' : 'codes are'} left: make new ones.`
    : 'A code of an app besides the password: whoever learns the password still cannot get in.'
  return html`<li><div><strong>Two-step sign-in <span class="badge ${on ? 'good' : 'plain'}">${on ? 'On' : 'Off'}</span></strong><p>${about}</p></div><a class="button ${on && 'quiet '}small" href="/account/two-step">${on ? 'Manage' : 'Set up'}<span class="visually-hidden"> two-step sign-in</span></a></li>
`
}

function passkeySection(view: View, passkeys: readonly PasskeyRow[]): Markup {
  return html`<section aria-labelledby="passkeys" data-passkey-signals><h2 id="passkeys">Passkeys</h2>
<p class="about">Sign in with your finger, your face or the PIN of your device. A false page gets nothing from it.</p>
<ul class="rows">
${
  passkeys.length === 0
    ? html`<li class="empty">None yet.</li>`
    : passkeys.map(
        one => html`<li><div><strong>${one.name}</strong> ${one.backedUp && html`<span class="badge plain">Synced</span>`}<p>Since ${one.createdAt.slice(0, 10)} · ${one.lastUsedAt === null ? 'not used yet' : html`last used ${time(one.lastUsedAt)}`}</p></div>${button(view, `/account/passkeys/${one.id}/remove`, 'Remove', one.name, 'danger')}</li>
`,
      )
}</ul>
<form class="row under" data-passkey="add" data-needs-passkeys hidden>
${field('Name of this device', { name: 'name', required: false, maxlength: 60, value: 'My passkey' })}
<button type="submit" data-passkey-button>Add a passkey</button>
<p class="notice bad" role="alert" data-passkey-problem hidden></p>
</form>
<noscript><p class="hint">Adding one needs script, because only a script can ask the browser for it.</p></noscript></section>`
}

function linkSection(view: View, { links, fresh }: AccountState): Markup | undefined {
  if (links.length === 0) return undefined
  const deed = (one: LinkRow): Markup => {
    const [word, name, kind] = one.linked
      ? (['unlink', 'Unlink', 'danger'] as const)
      : (['link', 'Link', 'quiet'] as const)
    if (fresh) return button(view, `/auth/social/${one.id}/${word}`, name, one.name, kind)
    return html`<a class="button ${kind} small" href="/step-up?next=/account">${name}<span class="visually-hidden"> ${one.name}</span></a>`
  }
  return html`<section aria-labelledby="links"><h2 id="links">Sign in by way of others</h2>
<p class="about">Who can sign in there can sign in here.${!fresh && ' You are asked who you are first.'}</p>
<ul class="rows">
${links.map(
  one => html`<li><div><strong>${one.name}</strong> ${one.linked && html`<span class="badge good">Linked</span>`}</div>${deed(one)}</li>
`,
)}</ul></section>`
}

function appSection(apps: number): Markup {
  const about =
    apps === 0 ? 'None.' : apps === 1 ? 'One app may act for you.' : `${apps} apps may act for you.`
  return html`<section aria-labelledby="apps"><h2 id="apps">Apps that act for you</h2>
<ul class="rows">
<li><div><strong>Allowed by you</strong><p>${about}</p></div><a class="button quiet small" href="/account/apps">Look<span class="visually-hidden"> at the apps</span></a></li>
</ul></section>`
}

function sessionSection(view: View, sessions: readonly SessionRow[]): Markup {
  return html`<section aria-labelledby="sessions"><h2 id="sessions">Where you are signed in</h2>
<ul class="rows">
${sessions.map(
  one => html`<li><div><strong title="${one.device}">${deviceName(one.device)}</strong> ${one.current && html`<span class="badge good">This one</span>`} ${one.strong && html`<span class="badge plain">Two steps</span>`}<p><code>${one.address}</code> · ${time(one.lastSeenAt)}</p></div>${!one.current && button(view, `/account/sessions/${one.id}/end`, 'Sign out', deviceName(one.device), 'danger')}</li>
`,
)}</ul>
<div class="actions under">${
    sessions.length > 1 &&
    html`<form class="inline" method="post" action="/account/sessions/end-others">${csrfField(view.csrfToken)}<button class="danger">Sign out all others</button></form>`
  }<form class="inline" method="post" action="/logout-all">${csrfField(view.csrfToken)}<button class="danger">Sign out everywhere</button></form></div></section>`
}

function deviceSection(view: View, devices: readonly DeviceRow[]): Markup | undefined {
  if (devices.length === 0) return undefined
  return html`<section aria-labelledby="devices"><h2 id="devices">Devices that know you</h2>
<p class="about">Guesses of strangers do not hold you up on them. Forget those you no longer have.</p>
<ul class="rows">
${devices.map(
  one => html`<li><div><strong title="${one.device}">${deviceName(one.device)}</strong>${one.trustedUntil !== undefined && html` <span class="badge plain">No second step</span>`}<p>Last used ${time(one.lastUsedAt)}${one.trustedUntil !== undefined && ` · trusted until ${one.trustedUntil.slice(0, 10)}`}</p></div>${button(view, `/account/devices/${one.id}/forget`, 'Forget', deviceName(one.device), 'quiet')}</li>
`,
)}</ul></section>`
}

/** A form of one button, named for whom it concerns. */
export function button(
  view: View,
  action: string,
  label: string,
  whom: string,
  kind: 'danger' | 'quiet',
): Markup {
  return html`<form class="inline" method="post" action="${action}">${csrfField(view.csrfToken)}<button class="${kind} small">${label}<span class="visually-hidden"> ${whom}</span></button></form>`
}

export function time(iso: string): Markup {
  return html`<time datetime="${iso}">${shortTime(iso)}</time>`
}

export function passwordPage(view: View, state: State): string {
  return page(
    { ...view, narrow: true, scripts: ['password.js'] },
    html`<h1>Change your password</h1>
<p class="lead">Other devices are signed out, this one stays.</p>
${says(state)}
<form class="card" method="post" action="/account/password">
${csrfField(view.csrfToken)}${username(view)}
${newPasswordField('New password')}
<div class="actions"><button>Change it</button><a href="/account">Leave it as it is</a></div>
</form>`,
  )
}

/** Password managers want to know whose password it is. */
function username(view: View): Markup {
  return html`<input class="visually-hidden" type="text" name="username" value="${view.user?.email ?? ''}" autocomplete="username" tabindex="-1" aria-hidden="true" readonly>`
}

export function namePage(view: View, state: State & { readonly name: string }): string {
  return page(
    { ...view, narrow: true },
    html`<h1>Change your name</h1>
<p class="lead">What you would like to be called. Leave it empty to have none.</p>
${says(state)}
<form class="card" method="post" action="/account/name">
${csrfField(view.csrfToken)}
${field('Name', { name: 'name', autocomplete: 'name', required: false, maxlength: 100, value: state.name })}
<div class="actions"><button>Change it</button><a href="/account">Leave it as it is</a></div>
</form>`,
  )
}

export function emailPage(view: View, state: State): string {
  return page(
    { ...view, narrow: true },
    html`<h1>Change your e-mail</h1>
<p class="lead">${view.user?.email.endsWith(NO_MAIL) ? 'You have none yet.' : html`Now it is ${view.user?.email}.`} The change is made when the new address follows its link.</p>
${says(state)}
<form class="card" method="post" action="/account/email">
${csrfField(view.csrfToken)}
${field('New e-mail', { name: 'email', type: 'email', autocomplete: 'email', maxlength: 254 })}
<div class="actions"><button>Send the link</button><a href="/account">Leave it as it is</a></div>
</form>`,
  )
}

export function deletePage(view: View, state: State): string {
  return page(
    { ...view, narrow: true },
    html`<h1>Delete your account?</h1>
<p class="lead">You are signed out everywhere at once. After some days of grace everything is gone for
good; until then a link in your mail brings it back.</p>
${says(state)}
<form class="card" method="post" action="/account/delete">
${csrfField(view.csrfToken)}
<div class="actions"><button class="danger">Delete my account</button><a class="button quiet" href="/account">Keep it</a></div>
</form>`,
  )
}

export function twoStepPage(
  view: View,
  state: State & {
    readonly on: boolean
    readonly codesLeft: number
    /** A passkey stands beside the app, or in its place. */
    readonly hasPasskey: boolean
  },
): string {
  const codes = html`<li><div><strong>Backup codes</strong><p>${state.codesLeft} are left. New ones make the old ones worthless.</p></div>${button(view, '/account/two-step/codes', 'Make new ones', '', 'quiet')}</li>`
  if (!state.on) {
    return page(
      { ...view, narrow: true, scripts: ['passkeys.js'] },
      html`<h1>Two-step sign-in</h1>
<p class="lead">An app on your phone makes a new code every half minute. Any authenticator app will do.</p>
${says(state)}
<form class="card" method="post" action="/account/two-step">${csrfField(view.csrfToken)}
<div class="actions"><button>Show the code to scan</button><a href="/account">Not now</a></div></form>
${
  !state.hasPasskey &&
  html`<form class="row under" data-passkey="add" data-needs-passkeys hidden>
${field('Or a passkey of this device', { name: 'name', required: false, maxlength: 60, value: 'My passkey' })}
<button class="quiet" type="submit" data-passkey-button>Add a passkey</button>
<p class="notice bad" role="alert" data-passkey-problem hidden></p></form>`
}
${state.hasPasskey && html`<ul class="rows">${codes}</ul>`}`,
    )
  }
  return page(
    { ...view, narrow: true },
    html`<h1>Two-step sign-in</h1>
<p class="lead">It is on. ${state.codesLeft} backup codes are left.</p>
${says(state)}
<ul class="rows">
${codes}
<li><div><strong>Switch it off</strong><p>${state.hasPasskey ? 'Your passkey is asked for instead.' : 'The password alone is enough again.'} Other devices are signed out.</p></div>${button(view, '/account/two-step/remove', 'Switch off', 'two-step sign-in', 'danger')}</li>
</ul>
<p class="hint"><a href="/account">Back to your account</a></p>`,
  )
}

/** @param setup absent after a wrong code: the picture was shown once, and still counts. */
export function enrolPage(
  view: View,
  setup:
    | { readonly secret: string; readonly otpauthUri: string; readonly qrSvg: string }
    | undefined,
  state: State,
): string {
  return page(
    { ...view, narrow: true },
    html`<h1>${setup === undefined ? 'Try the next code' : 'Scan this with your app'}</h1>
${says(state)}
<div class="card">
${
  setup !== undefined &&
  html`<div class="qr" role="img" aria-label="QR code for your authenticator app">${new Markup(setup.qrSvg)}</div>
<p class="hint">On this very device? <a href="${setup.otpauthUri}">Open your app</a>, or type this in: <code class="secret">${grouped(setup.secret)}</code></p>`
}
<form method="post" action="/account/two-step/confirm">${csrfField(view.csrfToken)}
${field('Code that the app shows', { name: 'code', autocomplete: 'one-time-code', inputmode: 'numeric', maxlength: 16, code: true })}
<div class="actions"><button>Switch it on</button><a href="/account/two-step">${setup === undefined ? 'Start over' : 'Not now'}</a></div>
</form></div>`,
  )
}

export function codesPage(view: View, codes: readonly string[]): string {
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`Backup codes for ${view.user?.email ?? 'Bulwark'}. Each works once.\n\n${codes.join('\n')}\n`)}`
  return page(
    { ...view, narrow: true, scripts: ['print.js'] },
    html`<h1>Your backup codes</h1>
<p class="lead">For the day your phone is lost. Each works once, and they are shown only now.</p>
<div class="card">
<ol class="codes">${codes.map(code => html`<li><code>${code}</code></li>`)}</ol>
<div class="actions no-print"><a class="button" href="${file}" download="backup-codes.txt">Keep as a file</a><button class="quiet" type="button" data-print hidden>Print them</button></div>
</div>
<p class="actions no-print"><a class="button quiet" href="/account">I have kept them</a></p>`,
  )
}

function grouped(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(' ') ?? secret
}
