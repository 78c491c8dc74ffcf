import type { Check } from '../../kernel/check.ts'
import type { SessionsOptions } from './sessions.ts'

/** What the doctor knows about sessions. */
export interface SessionsFacts {
  readonly options: SessionsOptions
  readonly production: boolean
}

export const sessionsChecks: readonly Check<SessionsFacts>[] = [
  {
    id: 'sessions.plain-http-cookie',
    severity: 'critical',
    what: 'The session cookie is sent without Secure and without its prefix.',
    why: 'Whoever is on the way reads it, and any sibling host may plant another.',
    fix: 'Take session.dangerouslyAllowHttp away and serve over https.',
    found: ({ options, production }) => production && options.dangerouslyAllowHttp === true,
  },
  {
    id: 'sessions.longer-than-profile',
    severity: 'warning',
    what: 'Sessions live longer than NIST SP 800-63B-4 allows for their profile.',
    why: 'A session left open on a shared machine works for whoever comes next.',
    fix: 'Shorten session.idleSeconds or session.absoluteSeconds, or keep the written reason.',
    found: ({ options }) => options.dangerouslyLongerBecause ?? false,
  },
  {
    id: 'sessions.lowest-profile',
    severity: 'advice',
    what: 'Sessions follow AAL1, which knows no end by idleness.',
    why: 'A stolen session works for up to thirty days.',
    fix: "Set session.profile to 'aal2' unless nothing of value is behind a session.",
    found: ({ options }) => options.profile === 'aal1',
  },
]
