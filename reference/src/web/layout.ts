import { type Hole, html, Markup } from './html.ts'

/** What every page knows about its reader. */
export interface View {
  readonly title: string
  /** Path of the page, to mark its place in the navigation. */
  readonly path: string
  readonly nonce: string
  /** Token for the page's forms; only pages with forms ask for one. */
  readonly csrfToken?: string
  readonly user?: { readonly email: string; readonly role: string } | undefined
  /** Nobody knows who reads: no way into anything is shown. */
  readonly nobody?: boolean
  /** A narrow column, for a single form. */
  readonly narrow?: boolean
  /** Identity providers that people may sign in with. */
  readonly providers?: readonly { readonly id: string; readonly name: string }[]
  /** Scripts by their file name in `assets/`. */
  readonly scripts?: readonly string[]
  /** More style sheets, likewise. */
  readonly styles?: readonly string[]
}

const SHIELD = new Markup(
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 1 3 4.5v6.2c0 5.5 3.7 10.2 9 12.3 5.3-2.1 9-6.8 9-12.3V4.5L12 1Zm-1.2 15.2-3.9-3.9 1.5-1.5 2.4 2.4 5-5 1.5 1.5-6.5 6.5Z"/></svg>',
)

const STRANGER: readonly (readonly [string, string])[] = [
  ['/login', 'Sign in'],
  ['/register', 'Register'],
]
const MEMBER: readonly (readonly [string, string])[] = [
  ['/orders', 'Orders'],
  ['/files', 'Files'],
  ['/webhooks', 'Webhooks'],
  ['/account', 'Account'],
]
const ADMIN: readonly (readonly [string, string])[] = [...MEMBER, ['/console', 'Console']]

/** A whole document. The policy allows no inline script or style, and there is none. */
export function page(view: View, ...content: readonly Hole[]): string {
  const markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${view.title} · Bulwark</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css">
${(view.styles ?? []).map(name => html`<link rel="stylesheet" href="/assets/${name}">\n`)}${(
  view.scripts ?? []
).map(
  name => html`<script type="module" src="/assets/${name}" nonce="${view.nonce}"></script>\n`,
)}</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header>
<a class="brand" href="/">${SHIELD}<span>Bulwark</span></a>
${view.nobody !== true && navigation(view)}</header>
<main id="content"${view.narrow === true && new Markup(' class="narrow"')}>
${content}
</main>
<footer>Every request on this page went through Bulwark.</footer>
</body>
</html>
`
  return markup.toString()
}

function navigation(view: View): Markup {
  const links = view.user === undefined ? STRANGER : view.user.role === 'admin' ? ADMIN : MEMBER
  return html`<nav aria-label="Main">
${links.map(([path, name]) => html`<a href="${path}"${isHere(path, view.path) && new Markup(' aria-current="page"')}>${name}</a>\n`)}${view.user !== undefined && signOut(view.csrfToken)}</nav>
`
}

function isHere(link: string, path: string): boolean {
  return path === link || path.startsWith(`${link}/`)
}

function signOut(csrfToken: string | undefined): Markup {
  return html`<form class="inline" method="post" action="/logout">${csrfField(csrfToken)}<button class="quiet small">Sign out</button></form>`
}

/** The hidden field that every form of ours carries. */
export function csrfField(token: string | undefined): Markup {
  return html`<input type="hidden" name="_csrf" value="${token ?? ''}">`
}

/** A line about what just happened, read out by screen readers. */
export function notice(kind: 'good' | 'bad' | 'plain', text: string): Markup {
  return html`<p class="notice ${kind}" role="${kind === 'bad' ? 'alert' : 'status'}">${text}</p>`
}

/** What a page says about what just happened. */
export interface State {
  /** What just went wrong, in words that tell nothing about accounts. */
  readonly problem?: string | undefined
  readonly notice?: string | undefined
}

export function says({ notice: good, problem }: State): Hole {
  return [
    good !== undefined && notice('good', good),
    problem !== undefined && notice('bad', problem),
  ]
}

/** A labelled input. */
export function field(
  label: string,
  input: {
    readonly name: string
    readonly type?: string
    readonly value?: string
    readonly autocomplete?: string
    readonly hint?: string
    readonly required?: boolean
    readonly min?: number
    readonly max?: number
    readonly minlength?: number
    readonly maxlength?: number
    readonly inputmode?: 'numeric' | 'text' | 'url'
    /** Large, even letters, for codes that are typed from elsewhere. */
    readonly code?: boolean
  },
): Markup {
  const attribute = (name: string, value: string | number | undefined): Markup | undefined =>
    value === undefined ? undefined : html` ${new Markup(name)}="${value}"`
  return html`<label>${label}<input name="${input.name}" type="${input.type ?? 'text'}"${attribute('value', input.value)}${attribute('autocomplete', input.autocomplete)}${attribute('min', input.min)}${attribute('max', input.max)}${attribute('minlength', input.minlength)}${attribute('maxlength', input.maxlength)}${attribute('inputmode', input.inputmode)}${input.code === true && new Markup(' class="code" autocapitalize="characters" spellcheck="false"')}${input.required !== false && new Markup(' required')}>${input.hint !== undefined && html`<small>${input.hint}</small>`}</label>`
}
