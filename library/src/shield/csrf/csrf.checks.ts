import type { Check } from '../../kernel/check.ts'

/** What the doctor knows about cross-site requests. */
export interface CsrfFacts {
  readonly on: boolean
  readonly trustedOrigins: readonly string[]
  /** `METHOD /path` and why; those of `csrf.exempt` and those of single routes. */
  readonly exempt: ReadonlyMap<string, string>
}

export const csrfChecks: readonly Check<CsrfFacts>[] = [
  {
    id: 'csrf.off',
    severity: 'critical',
    what: 'Cross-site requests are not refused.',
    why: 'Any page that a signed-in person opens can act in their name.',
    fix: 'Take csrf: false out; exempt single routes by csrf.exempt, with a reason.',
    found: ({ on }) => !on,
  },
  {
    id: 'csrf.plain-friend',
    severity: 'critical',
    what: 'A trusted origin is plain http.',
    why: 'Whoever is on the way to it can write its pages, and so act in everybody’s name here.',
    fix: 'Write the origin in csrf.trustedOrigins with https, once it has TLS.',
    found: ({ trustedOrigins }) =>
      trustedOrigins.find(origin => /^http:(?!\/\/(?:localhost|127\.|\[::1\]))/.test(origin)) ??
      false,
  },
  {
    id: 'csrf.many-friends',
    severity: 'warning',
    what: 'More than five foreign origins may act here.',
    why: 'A hole in any one of them is a hole in this service.',
    fix: 'Let them call with a Bearer token instead, and take them out of csrf.trustedOrigins.',
    found: ({ trustedOrigins }) => trustedOrigins.length > 5 && `${trustedOrigins.length} origins`,
  },
  {
    id: 'csrf.exempt-tree',
    severity: 'warning',
    what: 'A whole path is exempt from the check.',
    why: 'A route that is added under it later is open without anybody having decided so.',
    fix: 'Name each route in csrf.exempt.',
    found: ({ exempt }) => [...exempt.keys()].find(route => route.endsWith('/*')) ?? false,
  },
  {
    id: 'csrf.exempt-routes',
    severity: 'advice',
    what: 'Routes are exempt from the check.',
    why: 'They must not believe a cookie.',
    fix: 'Read the reasons again, and drop those that no longer hold.',
    found: ({ exempt }) =>
      exempt.size > 0 && [...exempt].map(([route, reason]) => `${route} (${reason})`).join(', '),
  },
]
