import type { Check } from '../../kernel/check.ts'
import type { HeadersOptions } from './headers.ts'

/** What the doctor knows about the security header fields. */
export interface HeadersFacts {
  readonly production: boolean
  readonly on: boolean
  readonly options: HeadersOptions
}

const YEAR = 31_536_000

export const headersChecks: readonly Check<HeadersFacts>[] = [
  {
    id: 'headers.off',
    severity: 'critical',
    what: 'No security header fields are sent.',
    why: 'Pages can be framed, sniffed, kept in shared caches, and run injected scripts.',
    fix: 'Take headers: false out; options can loosen single fields.',
    found: ({ on }) => !on,
  },
  {
    id: 'headers.unsafe-scripts',
    severity: 'critical',
    what: 'The policy of pages lets scripts in that nobody vouched for.',
    why: 'One injected script then acts as the person who looks at the page.',
    fix: "Give scripts the nonce ('nonce') and drop dangerouslyAllowUnsafeScripts.",
    found: ({ production, options }) =>
      production && options.dangerouslyAllowUnsafeScripts === true,
  },
  {
    id: 'headers.framing',
    severity: 'warning',
    what: 'Other sites may frame pages.',
    why: 'A page laid under a transparent frame makes people click what they do not see.',
    fix: "Leave frame-ancestors at 'none', or name the one origin that has to frame.",
    found: ({ options }) => {
      const ancestors = options.page?.['frame-ancestors']
      return (
        ancestors === false || ancestors?.some(source => /^(?:\*|https?:)$/.test(source)) === true
      )
    },
  },
  {
    id: 'headers.hsts-off',
    severity: 'warning',
    what: 'Strict-Transport-Security is not sent.',
    why: 'The first request of each visit can be caught before it reaches TLS.',
    fix: "Set headers.hsts to 'full', or make sure that the proxy sends it.",
    found: ({ production, options }) => production && options.hsts === false,
  },
  {
    id: 'headers.hsts-ramp',
    severity: 'advice',
    what: 'Strict-Transport-Security lasts less than a year.',
    why: 'Who comes back later is unprotected on the first request again.',
    fix: "Go on from 'week' to 'month' to 'full' once every subdomain has TLS.",
    found: ({ production, options: { hsts = 'full' } }) => {
      if (!production || hsts === false || hsts === 'full') return false
      return typeof hsts === 'string' ? hsts : hsts.maxAgeSeconds < YEAR
    },
  },
  {
    id: 'headers.trusted-types-off',
    severity: 'warning',
    what: 'Pages do not require Trusted Types.',
    why: 'A script of our own that writes text into HTML can be made to write a script.',
    fix: 'Name the one policy that needs it in page["trusted-types"], and keep requiring them.',
    found: ({ options }) => options.page?.['require-trusted-types-for'] === false,
  },
  {
    id: 'headers.isolation-off',
    severity: 'warning',
    what: 'Pages are not kept apart from windows of other origins.',
    why: 'A page that opened ours can steer it, and read parts of it through timing.',
    fix: "Set headers.isolation to 'popups' if sign-in or payment windows must talk back.",
    found: ({ options }) => options.isolation === 'off',
  },
]
