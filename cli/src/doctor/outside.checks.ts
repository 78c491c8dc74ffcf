import type { Rule, Severity } from '../output/finding.ts'

/** What one path answered. */
export interface Answer {
  readonly path: string
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The foreign origin that asked. */
  readonly stranger: string
}

export interface Seen {
  readonly isHttps: boolean
  readonly isLoopback: boolean
}

export interface OutsideCheck extends Rule {
  readonly severity: Severity
  /** Where it shows; `undefined` when it does not. */
  found(answers: readonly Answer[], service: Seen): string | undefined
}

type Test = (answer: Answer, service: Seen) => boolean

const isHtml: Test = ({ headers }) => (headers.get('content-type') ?? '').startsWith('text/html')
const policy = ({ headers }: Answer): string => headers.get('content-security-policy') ?? ''
const STACK =
  /\n\s+at (?:async )?[\w.$<>[\] ]*\(?(?:file:\/\/|node:|\/|[A-Z]:\\)|node_modules[/\\]|Traceback \(most recent|\bat [\w.]+\([\w]+\.java:\d+\)/

function first(test: Test): OutsideCheck['found'] {
  return (answers, service) => answers.find(answer => test(answer, service))?.path
}

const served = (pattern: RegExp, looks: RegExp): OutsideCheck['found'] =>
  first(({ path, status, text }) => status === 200 && pattern.test(path) && looks.test(text))

export const OUTSIDE_CHECKS: readonly OutsideCheck[] = [
  {
    id: 'outside.plain-http',
    severity: 'critical',
    what: 'The service answers over plain http.',
    why: 'Whoever is on the way reads passwords and cookies, and changes pages.',
    fix: 'Put TLS in front; Bulwark then redirects pages and refuses the rest.',
    found: first(({ status }, { isHttps, isLoopback }) => !isHttps && !isLoopback && status < 300),
  },
  {
    id: 'outside.no-hsts',
    severity: 'medium',
    what: 'Strict-Transport-Security is missing.',
    why: 'The first request of each visit can be caught before it reaches TLS.',
    fix: 'Let headers send it, or the proxy.',
    found: first(
      ({ headers }, { isHttps }) => isHttps && !headers.has('strict-transport-security'),
    ),
  },
  {
    id: 'outside.sniffable',
    severity: 'medium',
    what: 'Browsers may guess the type of an answer.',
    why: 'What somebody uploaded as text then runs as a script.',
    fix: 'Send X-Content-Type-Options: nosniff on everything, errors included.',
    found: first(({ headers }) => headers.get('x-content-type-options') !== 'nosniff'),
  },
  {
    id: 'outside.no-policy',
    severity: 'high',
    what: 'A page has no Content-Security-Policy, or one that lets any script in.',
    why: 'One injected script acts as the person who looks at the page.',
    fix: 'Leave headers on; give scripts the nonce.',
    found: first((answer, service) => isHtml(answer, service) && !restrictsScripts(policy(answer))),
  },
  {
    id: 'outside.frameable',
    severity: 'medium',
    what: 'Other sites may frame a page.',
    why: 'A page laid under a transparent frame makes people click what they do not see.',
    fix: "Send frame-ancestors 'none'.",
    found: first(
      (answer, service) =>
        isHtml(answer, service) &&
        !/frame-ancestors\s+(?!\*)/.test(policy(answer)) &&
        !answer.headers.has('x-frame-options'),
    ),
  },
  {
    id: 'outside.named',
    severity: 'low',
    what: 'The answer tells what software runs.',
    why: 'Who knows of a hole finds those who have it by one search.',
    fix: 'Take Server and X-Powered-By away, also in the proxy.',
    found: first(
      ({ headers }) => headers.has('x-powered-by') || /\d/.test(headers.get('server') ?? ''),
    ),
  },
  {
    id: 'outside.stack-trace',
    severity: 'high',
    what: 'An error shows the inside of the program.',
    why: 'Paths, packages and versions tell where to look for a way in.',
    fix: 'Let errors be answered by Bulwark, and NODE_ENV be production.',
    found: first(({ status, text }) => status >= 400 && STACK.test(text)),
  },
  {
    id: 'outside.cookie',
    severity: 'high',
    what: 'A cookie lacks HttpOnly, Secure or SameSite.',
    why: 'A script, the network or another site gets at it.',
    fix: 'Write cookies by bulwark/cookies.',
    found: first(({ headers }, { isHttps }) =>
      headers
        .getSetCookie()
        .some(
          text =>
            !/;\s*httponly/i.test(text) ||
            !/;\s*samesite=(?:lax|strict)/i.test(text) ||
            (isHttps && !/;\s*secure/i.test(text)),
        ),
    ),
  },
  {
    id: 'outside.any-origin',
    severity: 'critical',
    what: 'Any site may read answers with the visitor’s cookies.',
    why: 'A page that a signed-in person opens reads everything they can see.',
    fix: 'Compare the origin with a list instead of repeating it.',
    found: first(
      ({ headers, stranger }) =>
        headers.get('access-control-allow-origin') === stranger &&
        headers.get('access-control-allow-credentials') === 'true',
    ),
  },
  {
    id: 'outside.secrets-served',
    severity: 'critical',
    what: 'A file is served that belongs to nobody outside.',
    why: 'It holds keys, or the whole history of the source.',
    fix: 'Serve one folder of assets, never the folder of the project.',
    found: served(/^\/\.(?:env|git)/, /^(?:ref: refs\/|[0-9a-f]{40}\s*$|[\w.]+\s*=)/m),
  },
  {
    id: 'outside.documentation',
    severity: 'low',
    what: 'The documentation of the interface is public.',
    why: 'It lists every route and field, also those that no page leads to.',
    fix: 'Ask for a session, unless the interface is meant for everybody.',
    found: served(/^\/(?:openapi\.json|docs)$/, /openapi|swagger/i),
  },
  {
    id: 'outside.metrics',
    severity: 'medium',
    what: 'Measurements are public.',
    why: 'They tell how much it takes to bring the service down, and what works.',
    fix: 'Ask for a role, or serve them on another port.',
    found: served(/^\/metrics$/, /^# (?:HELP|TYPE) /m),
  },
]

function restrictsScripts(text: string): boolean {
  const directives = text.split(';').map(directive => directive.trim().split(/\s+/))
  const of = (name: string) => directives.find(([first]) => first === name)
  const sources = of('script-src') ?? of('default-src')
  if (sources === undefined) return false
  const strict = sources.some(source => /^'(?:nonce|sha\d+)-/.test(source))
  return strict || !sources.some(source => /^(?:\*|https?:|'unsafe-inline')$/.test(source))
}
