import { html, type Markup } from '../html.ts'
import { notice, page } from '../layout.ts'
import { sentence } from '../sentences.ts'

/** What of a refusal its reader may learn. */
export interface ProblemText {
  readonly status: number
  readonly code: string
  readonly requestId: string
  readonly retryAfter?: number
}

const HEADINGS: Readonly<Record<number, string>> = {
  401: 'Sign in first',
  403: 'That was not let through',
  404: 'There is nothing here',
  405: 'That does not go this way',
  408: 'That took too long',
  413: 'That is too large',
  415: 'That kind of data does not go here',
  421: 'This is not the address you want',
  422: 'Something in it does not fit',
  429: 'A little too fast',
  500: 'We made a mistake',
  503: 'Back in a moment',
}

/** Sentences that only pages like this one need. */
const SENTENCES: Readonly<Record<string, string>> = {
  'access.not_signed_in': 'This is for people who are signed in.',
  'access.step_up': 'What comes next can lock you out, so prove once more who you are.',
  'route.not_found':
    'The page is gone, or never was. Or it is somebody else’s, and then it is not here.',
  'server.fault': 'It is in our log, and nothing of yours was changed half-way.',
}

/**
 * The page that people see instead of what they asked for. It knows nobody: most refusals fall before
 * anybody looks who asks.
 */
export function problemPage(
  problem: ProblemText,
  { path, nonce }: { readonly path: string; readonly nonce: string },
): string {
  const { status, code, requestId, retryAfter } = problem
  const heading = HEADINGS[status] ?? (status < 500 ? 'That did not work' : 'We made a mistake')
  const text =
    SENTENCES[code] ??
    sentence({
      code,
      says: code,
      status,
      ...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }),
    })
  return page(
    { title: heading, path, nonce, narrow: true, nobody: true },
    html`<p class="crumb">${status}</p>
<h1>${heading}</h1>
${notice('bad', text)}
<p class="actions">${way(status, code, path)}<a class="button quiet" href="/">Home</a></p>
<p class="hint">If you write to us about it, name <code>${requestId}</code>.</p>`,
  )
}

/** Where to go on from here. */
function way(status: number, code: string, path: string): Markup | undefined {
  if (code === 'access.step_up') {
    return html`<a class="button" href="/step-up?next=/account">Prove who you are</a>`
  }
  if (status === 401) return html`<a class="button" href="/login">Sign in</a>`
  if (path === '/files') return html`<a class="button" href="/files">Back to your files</a>`
  return undefined
}
