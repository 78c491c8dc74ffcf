import type { Markup } from '../html.ts'
import { html } from '../html.ts'
import { csrfField, field, page, type State, says, type View } from '../layout.ts'

/** A page behind a link from a mail: nothing happens until its button is pressed. */
export interface LinkPage {
  readonly path: string
  readonly heading: string
  readonly lead: string
  readonly button: string
  /** What `sentences.ts` says afterwards, on the page where it leads. */
  readonly told: string
  /** Its reader is signed out by it, if they were signed in. */
  readonly endsSessions?: true
}

export const LINK_PAGES: Readonly<
  Record<
    | 'verify'
    | 'confirmEmail'
    | 'undoEmail'
    | 'keepAccount'
    | 'unlock'
    | 'recover'
    | 'cancelRecovery',
    LinkPage
  >
> = {
  verify: {
    path: '/verify-email',
    heading: 'Confirm your address',
    lead: 'Opening the link is not enough, so that a mail scanner cannot confirm for you.',
    button: 'Confirm',
    told: 'verified',
  },
  confirmEmail: {
    path: '/confirm-email',
    heading: 'Confirm your new address',
    lead: 'From then on you sign in with it. The old address is told, and can undo it for a while.',
    button: 'Use this address',
    told: 'email-confirmed',
  },
  undoEmail: {
    path: '/undo-email',
    heading: 'Take your old address back',
    lead: 'The change of address is undone and every device is signed out.',
    button: 'Undo the change',
    told: 'email-undone',
    endsSessions: true,
  },
  keepAccount: {
    path: '/keep-account',
    heading: 'Keep your account',
    lead: 'The deletion that is under way is called off.',
    button: 'Keep it',
    told: 'kept',
  },
  recover: {
    path: '/recover',
    heading: 'Begin anew with two-step sign-in',
    lead: 'The app, the passkeys and the backup codes are taken away, and every device is signed out. Then sign in and set up new ones.',
    button: 'Take them away',
    told: 'recovered',
  },
  cancelRecovery: {
    path: '/cancel-recovery',
    heading: 'Keep your second step',
    lead: 'Somebody asked to take it away. If it was not you, set a new password as well: they know the one you have.',
    button: 'Keep it',
    told: 'recovery-cancelled',
  },
  unlock: {
    path: '/unlock',
    heading: 'Try again now',
    lead: 'Somebody guessed at your password, so strangers have to wait. You do not.',
    button: 'Let me try again',
    told: 'unlocked',
  },
}

/** The field for a link's secret; a script fills it in, and people may paste the link whole. */
export function tokenField(): Markup {
  return field('Code from the mail', {
    name: 'token',
    autocomplete: 'off',
    maxlength: 512,
    hint: 'Filled in already if you followed the link. Otherwise paste the whole link.',
  })
}

export function linkPage(view: View, about: LinkPage, state: State): string {
  return page(
    { ...view, narrow: true, scripts: ['fragment.js'] },
    html`<h1>${about.heading}</h1>
<p class="lead">${about.lead}</p>
${says(state)}
<form class="card" method="post" action="${about.path}">
${csrfField(view.csrfToken)}${tokenField()}
<div class="actions"><button>${about.button}</button></div>
</form>`,
  )
}

export function forgotPage(
  view: View,
  state: State & { readonly email?: string; readonly sent?: boolean },
): string {
  if (state.sent === true) {
    return page(
      { ...view, narrow: true },
      html`<h1>Look at your mail</h1>
<p class="lead">If there is an account with that address, a link to set a new password is on its way.
It works once, for 15 minutes.</p>
<p class="actions"><a class="button quiet" href="/login">To the sign-in</a></p>`,
    )
  }
  return page(
    { ...view, narrow: true },
    html`<h1>Forgot your password?</h1>
<p class="lead">Tell us your address, and we mail you a link to set a new one.</p>
${says(state)}
<form class="card" method="post" action="/forgot-password">
${csrfField(view.csrfToken)}
${field('E-mail', { name: 'email', type: 'email', autocomplete: 'username', maxlength: 254, value: state.email ?? '' })}
<div class="actions"><button>Send the link</button><a href="/login">Back to the sign-in</a></div>
</form>`,
  )
}

export function resetPage(view: View, state: State): string {
  return page(
    { ...view, narrow: true, scripts: ['fragment.js', 'password.js'] },
    html`<h1>Set a new password</h1>
<p class="lead">Every device is signed out, and you sign in with the new one.</p>
${says(state)}
<form class="card" method="post" action="/reset-password">
${csrfField(view.csrfToken)}${tokenField()}
${newPasswordField('New password')}
<div class="actions"><button>Set the password</button></div>
</form>
<p class="hint">Is the link too old? <a href="/forgot-password">Ask for another</a>.</p>`,
  )
}

export function resendPage(
  view: View,
  state: State & { readonly email?: string; readonly sent?: boolean },
): string {
  return page(
    { ...view, narrow: true },
    html`<h1>No mail yet?</h1>
<p class="lead">Look into the spam folder first. Then have the confirmation sent once more.</p>
${says(state)}
<form class="card" method="post" action="/resend-verification">
${csrfField(view.csrfToken)}
${field('E-mail', { name: 'email', type: 'email', autocomplete: 'username', maxlength: 254, value: state.email ?? '' })}
<div class="actions"><button>Send it again</button><a href="/login">To the sign-in</a></div>
</form>`,
  )
}

/** A field for a password to come, with the one rule there is. */
export function newPasswordField(label: string): Markup {
  return field(label, {
    name: 'password',
    type: 'password',
    autocomplete: 'new-password',
    minlength: 15,
    maxlength: 1024,
    hint: 'At least 15 characters: four or five words are easy to remember. No other rules.',
  })
}
