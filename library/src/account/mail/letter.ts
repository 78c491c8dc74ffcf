/** A mail's words, before they are plain text or HTML. */
export interface Letter {
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly action?: { readonly label: string; readonly link: string }
  /** Below the action: what to do if it was not you. */
  readonly closing: readonly string[]
}

/** One language: a letter for every code. Values come from people and are escaped later. */
export type Catalogue = {
  readonly [Code in MailCode]: (values: MailValues[Code] & { readonly service: string }) => Letter
}

/** What each letter is told. */
export interface MailValues {
  readonly 'register.verify': { readonly link: string; readonly hours: string }
  readonly 'register.known': { readonly loginLink: string }
  readonly 'login.new_device': {
    readonly device: string
    readonly address: string
    readonly at: string
    readonly link: string
  }
  readonly 'lockout.delayed': { readonly link: string }
  readonly 'reset.link': { readonly link: string; readonly minutes: string }
  readonly 'password.changed': { readonly at: string; readonly link: string }
  readonly 'email.verify': { readonly link: string; readonly hours: string }
  readonly 'email.notice': { readonly link: string; readonly address: string }
  readonly 'email.changed': { readonly at: string }
  readonly 'refresh.reused': { readonly at: string; readonly link: string }
  readonly 'factor.added': { readonly what: string; readonly at: string; readonly link: string }
  readonly 'factor.removed': { readonly what: string; readonly at: string; readonly link: string }
  readonly 'backup_codes.low': { readonly left: string; readonly link: string }
  readonly 'recovery.requested': { readonly at: string; readonly link: string }
  readonly 'recovery.reminder': { readonly at: string; readonly link: string }
  readonly 'recovery.ready': { readonly until: string; readonly link: string }
  readonly 'recovery.cancelled': { readonly at: string; readonly link: string }
  readonly 'account.deletion': { readonly at: string; readonly link: string }
  readonly 'account.deleted': { readonly at: string }
}

export type MailCode = keyof MailValues

/** As plain text: links on lines of their own. */
export function plainText(letter: Letter): string {
  const { action } = letter
  const asked = action === undefined ? [] : [`${oneLine(action.label)}:\n${oneLine(action.link)}`]
  const [before, after] = [letter.paragraphs.map(oneLine), letter.closing.map(oneLine)]
  return `${[...before, ...asked, ...after].join('\n\n')}\n`
}

/** As HTML without style, image or anything from elsewhere. */
export function htmlText(letter: Letter): string {
  const paragraph = (text: string): string => `<p>${escaped(text)}</p>`
  const { action } = letter
  const button =
    action === undefined
      ? ''
      : `<p><a href="${escaped(action.link)}">${escaped(action.label)}</a></p>` +
        `<p>${escaped(action.link)}</p>`
  return (
    `<!doctype html><html><head><meta charset="utf-8"><title>${escaped(letter.subject)}</title></head>` +
    `<body>${letter.paragraphs.map(paragraph).join('')}${button}` +
    `${letter.closing.map(paragraph).join('')}</body></html>`
  )
}

/** A subject is one line, whatever a name in it holds. */
export function subjectLine(letter: Letter): string {
  return oneLine(letter.subject).slice(0, 200)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, char => ENTITIES[char] ?? '')
}

/** Takes out what could begin another line or header, or turn the direction of reading. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
}
