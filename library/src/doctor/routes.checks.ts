import type { Check } from '../kernel/check.ts'

/** One route, as far as the checks ask. */
export interface RouteFacts {
  readonly method: string
  readonly pattern: string
  /** Anybody may call it. */
  readonly isPublic: boolean
  /** Brought along by Bulwark itself. */
  readonly isOwn: boolean
  /** It has switched all rates off. */
  readonly isUnthrottled: boolean
  /** Most bytes of its body, when it says so itself. */
  readonly maxBodyBytes: number | undefined
  /** It asks for a role. */
  readonly hasRole: boolean
  /** Names a schema for its body. */
  readonly hasSchema: boolean
}

/** What the doctor knows about routes. */
export interface RoutesFacts {
  readonly production: boolean
  /** Whether routes are judged by who asks. */
  readonly access: boolean
  readonly routes: readonly RouteFacts[]
}

const DOCUMENTATION =
  /^\/(?:api-?docs?|docs?|documentation|swagger(?:-ui)?|redoc|openapi(?:\.(?:json|ya?ml))?|graphiql|playground|scalar)(?:\/|$)/i
const DEBUGGING =
  /(?:^|\/)(?:_?debug|dev|actuator|heapdump|pprof|server-status|phpinfo|trace|env|\.git|\.env)(?:\/|$)/i
const METRICS = /^\/(?:metrics|stats|status)(?:\/|$)/i
const OPERATORS = /(?:^|\/)(?:admin|administration|internal|management|ops)(?:\/|$)/i
const LARGE = 64 * 1024 * 1024

export const routesChecks: readonly Check<RoutesFacts>[] = [
  {
    id: 'access.off',
    severity: 'critical',
    what: 'Nobody asks who may call a route.',
    why: 'Every route answers everybody unless its own code remembers to refuse.',
    fix: 'Take access: false out; give each route { public: true } or { signedIn: true }.',
    found: ({ production, access }) => production && !access,
  },
  {
    id: 'access.operators-without-role',
    severity: 'critical',
    what: 'A route for operators asks for no role.',
    why: 'Whoever has an account, or nobody at all, may do what operators may.',
    fix: "Write access: { signedIn: true, role: 'admin', stepUpSeconds: 900 }.",
    found: ({ production, access, routes }) =>
      production &&
      access &&
      named(
        routes.filter(
          ({ pattern, hasRole, isOwn }) => !isOwn && OPERATORS.test(pattern) && !hasRole,
        ),
      ),
  },
  {
    id: 'routes.debugging',
    severity: 'critical',
    what: 'A route for debugging is public.',
    why: 'Such routes tell environments, memory and mails, and some of them run code.',
    fix: 'Register it in development only, or ask for a role.',
    found: ({ production, routes }) =>
      production &&
      named(routes.filter(({ isPublic, pattern }) => isPublic && DEBUGGING.test(pattern))),
  },
  {
    id: 'routes.documentation',
    severity: 'warning',
    what: 'The documentation of the interface is public.',
    why: 'It lists every route and field, also those that no page leads to.',
    fix: 'Ask for a session, or accept it with a reason when the interface is meant for everybody.',
    found: ({ production, routes }) =>
      production &&
      named(routes.filter(({ isPublic, pattern }) => isPublic && DOCUMENTATION.test(pattern))),
  },
  {
    id: 'routes.metrics',
    severity: 'warning',
    what: 'Measurements are public.',
    why: 'They tell how much it takes to bring the service down, and what works.',
    fix: 'Ask for a role, or serve them on another port.',
    found: ({ production, routes }) =>
      production &&
      named(routes.filter(({ isPublic, pattern }) => isPublic && METRICS.test(pattern))),
  },
  {
    id: 'routes.source-maps',
    severity: 'warning',
    what: 'Source maps are served.',
    why: 'They hold the sources of the pages, comments included.',
    fix: 'Leave them out of what is deployed.',
    found: ({ production, routes }) =>
      production && named(routes.filter(({ pattern }) => /\.map$/.test(pattern))),
  },
  {
    id: 'routes.unlimited',
    severity: 'warning',
    what: 'A route has switched all rates off.',
    why: 'Whatever it costs can be asked for without end.',
    fix: 'Name a generous policy instead of throttle: false.',
    found: ({ production, routes }) =>
      production && named(routes.filter(({ isUnthrottled, isOwn }) => isUnthrottled && !isOwn)),
  },
  {
    id: 'routes.large-body',
    severity: 'warning',
    what: 'A route takes a body of more than 64 MiB.',
    why: 'A few at once fill the memory, unless the route streams it.',
    fix: 'Lower limits.maxBodyBytes of the route, or receive it with bulwark/uploads.',
    found: ({ routes }) => named(routes.filter(({ maxBodyBytes = 0 }) => maxBodyBytes > LARGE)),
  },
  {
    id: 'routes.public-writes',
    severity: 'advice',
    what: 'Routes that change something are public.',
    why: 'What they cost and store, strangers choose.',
    fix: 'Make sure that each is meant to be, and give it a throttle policy of its own.',
    found: ({ production, access, routes }) =>
      production &&
      access &&
      named(
        routes.filter(
          ({ method, isPublic, isOwn }) =>
            isPublic && !isOwn && !['GET', 'HEAD', 'OPTIONS', 'ANY'].includes(method),
        ),
      ),
  },
  {
    id: 'routes.unvalidated',
    severity: 'advice',
    what: 'Routes take a body and name no schema for it.',
    why: 'Members that nobody expected reach the code behind.',
    fix: 'Give content.body any Standard Schema.',
    found: ({ routes }) =>
      named(
        routes.filter(
          ({ method, hasSchema, isOwn }) =>
            !hasSchema && !isOwn && ['POST', 'PUT', 'PATCH'].includes(method),
        ),
      ),
  },
]

const SHOWN = 5

function named(routes: readonly RouteFacts[]): string | false {
  if (routes.length === 0) return false
  const names = [...new Set(routes.map(({ method, pattern }) => `${method} ${pattern}`))]
  return names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ' …' : '')
}
