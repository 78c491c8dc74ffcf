import type { Readable } from 'node:stream'
import {
  type AccessPolicy,
  judge as judgeAccess,
  type Principal,
  type SignedInPolicy,
} from '../access/access.ts'
import type { Audit, AuditRequest } from '../audit/audit.ts'
import { isRecorded, refusalEvent } from '../audit/refusal-event.ts'
import { type Incoming, SAFE_METHODS } from '../http/incoming.ts'
import type { Clock } from '../kernel/clock.ts'
import { StoreFault } from '../kernel/fault.ts'
import { type Outcome, refused } from '../kernel/outcome.ts'
import type { Random } from '../kernel/random.ts'
import type { Refusal } from '../kernel/refusal.ts'
import { after, type Soon } from '../kernel/soon.ts'
import { readCookie } from '../session/cookies/cookies.ts'
import { bindingOf, type SessionKeeper } from '../session/sessions/sessions.ts'
import type { Content } from '../shield/content/content.ts'
import { parseQuery } from '../shield/content/form.ts'
import { validate } from '../shield/content/schema.ts'
import type { Csrf } from '../shield/csrf/csrf.ts'
import type { Visitors } from '../shield/csrf/visitor.ts'
import type { HeaderPolicies } from '../shield/headers/headers.ts'
import { bodyBudget, declaredBody } from '../shield/limits/body.ts'
import type { Gate } from '../shield/limits/gate.ts'
import type { Limits } from '../shield/limits/limits.ts'
import type { Shed } from '../shield/limits/shed.ts'
import { watchBody } from '../shield/limits/watched.ts'
import type { Throttle } from '../shield/throttle/throttle.ts'
import { bodyKind, bodyLimit, readParsed } from './body.ts'
import { Exchange } from './exchange.ts'
import { type ProblemAnswer, type ProblemPage, problemAnswer } from './problem-answer.ts'
import { refusals } from './refusals.ts'
import type { Route } from './route.ts'

/** The defences that judge requests. One that is switched off is absent. */
export interface Defences {
  /** Redirects or refuses plain http where the public origin is https. */
  readonly transport: ((incoming: Incoming) => Refusal | undefined) | undefined
  readonly csrf: Csrf | undefined
  readonly visitors: Visitors | undefined
  readonly content: Content | undefined
  readonly limits: Limits | undefined
  readonly gate: Gate | undefined
  readonly shed: Shed | undefined
  readonly throttle: Throttle | undefined
  readonly sessions: SessionKeeper | undefined
  /** Who sends a bearer token; `undefined` where there is none, or nobody issues any. */
  readonly bearer?: (
    authorization: string | undefined,
    audience: string | undefined,
  ) => Promise<Outcome<Principal>> | undefined
  /** What every challenge to bearers says besides, by the audience of its route (RFC 9728 §5.1). */
  readonly challenge?: (audience: string | undefined) => string | undefined
  readonly access: boolean
  /** What a role must have proven on every route, whatever the route asks for. */
  readonly roles?: Readonly<Record<string, SignedInPolicy>>
  /** Whether somebody's time to set up a second factor is over; absent where nobody has to. */
  readonly overdue?: (principal: Principal) => Soon<Verdict>
  readonly headers: HeaderPolicies | undefined
  readonly audit: Audit | undefined
  /** Whether a flow has written this refusal down itself. */
  readonly isNoted: (refusal: Refusal) => boolean
  readonly problemPage?: ProblemPage | undefined
  readonly clock: Clock
  readonly random: Random
}

type Verdict = Refusal | undefined

const FORM_KINDS: ReadonlySet<string> = new Set(['form', 'multipart', 'text'])
const DEVICE_LENGTH = 256
const NO_FIELDS: readonly string[] = []
/** `*` never goes with credentials: no browser gives such an answer to a page that sent cookies (Fetch §3.2). */
const ANY_ORIGIN = [
  'access-control-allow-origin',
  '*',
  'access-control-expose-headers',
  'www-authenticate, retry-after',
]

/** The way of a request through the defences, in the order of the house. */
export interface Pipeline {
  begin(incoming: Incoming, route: Route): Exchange
  /** Everything before the body. Answers at once where nothing has to be looked up. */
  arrive(exchange: Exchange): Soon<Verdict>
  /**
   * A WebSocket handshake: over TLS, and from our own pages where it brings a cookie. Who it is, and
   * what they may, is for whoever takes it. @see ASVS 4.4.1, 4.4.2
   */
  upgrade(incoming: Incoming): Verdict
  /**
   * Reads and parses the body by its declared kind, checks a form's token and the route's schema.
   * Of multipart it answers the unread stream, which fails once it has brought too much.
   */
  read(exchange: Exchange, stream: Readable): Promise<Outcome<unknown>>
  /** Judges the token that came as a field of a body which the route read itself. */
  verifyForm(exchange: Exchange, token: string | undefined): Verdict
  /** Lets it out of the concurrency gates. Call once when the answer is over, however it ended. */
  leave(exchange: Exchange): void
  /** What a refusal is answered with: problem+json, or a page for people. */
  problem(exchange: Exchange, refusal: Refusal): ProblemAnswer
  /** Header fields of the answer, names and values in turn; cookies are not among them. */
  fields(exchange: Exchange, contentType: string | undefined): readonly string[]
  /** A CSRF token for this browser; gives it a visitor cookie when it has nothing to bind to. */
  csrfToken(exchange: Exchange): string
  /** Writes down a refusal that belongs in the log. */
  note(exchange: Exchange, refusal: Refusal): void
  /** The refusal that a thrown error answers with, after it was written down. */
  faulted(exchange: Exchange, error: unknown): Refusal
  /** How the audit names this request. */
  auditRequest(exchange: Exchange): AuditRequest
}

export function pipeline(defences: Defences): Pipeline {
  const { transport, csrf, visitors, content, limits, gate, shed, throttle } = defences
  const { sessions, access, headers, audit, clock, random } = defences

  const bodyRefusal = (exchange: Exchange): Verdict => {
    const { incoming, route } = exchange
    if (!hasBody(incoming)) {
      return route.policy.content?.body === undefined ? undefined : refusals.bodyMissing
    }
    if (limits === undefined) return undefined
    const kind = bodyKind(incoming.header('content-type'))
    return declaredBody(incoming, bodyLimit(limits, route.policy, kind))
  }

  /** What needs nothing but the request itself. */
  const early = (exchange: Exchange): Verdict => {
    const { incoming, route } = exchange
    const refusal = transport?.(incoming) ?? shed?.judge()
    if (refusal !== undefined) return refusal
    if (csrf !== undefined && route.policy.csrf?.exempt === undefined) {
      const forged = csrf.judge(incoming)
      if (forged !== undefined) return forged
    }
    return route.content(incoming) ?? bodyRefusal(exchange) ?? queryRefusal(exchange)
  }

  /** Names that come twice and broken escapes are refused before anybody can read the other one. */
  const queryRefusal = (exchange: Exchange): Verdict => {
    const { incoming, route } = exchange
    if (content === undefined || !route.matched || incoming.query === '') return undefined
    const lists = route.policy.content?.lists
    const parsed = parseQuery(incoming.query, lists === undefined ? {} : { lists })
    if (!parsed.ok) return parsed.refusal
    exchange.query = parsed.value
    return undefined
  }

  const visitorOf = (incoming: Incoming): string | undefined => {
    if (visitors === undefined) return undefined
    const value = readCookie(incoming.header('cookie'), visitors.cookieName)
    return value === undefined ? undefined : visitors.read(value)
  }

  const bindingFor = (exchange: Exchange): string | undefined =>
    exchange.session === undefined ? visitorOf(exchange.incoming) : bindingOf(exchange.session)

  /**
   * Whether somebody will look for the token in the body. Without a body, or with one that we do not
   * read, nobody would: then it must be in the header. Multipart is read by its route, so only a
   * route that says it will look is trusted to.
   */
  const mayComeInBody = ({ incoming, route }: Exchange): boolean => {
    if (!hasBody(incoming)) return false
    if (route.policy.csrf?.inBody === true) return true
    const reads = content !== undefined && limits !== undefined
    return reads && bodyKind(incoming.header('content-type')) !== 'multipart'
  }

  /** The session-bound token, for requests that a browser's cookies vouch for. */
  const token = (exchange: Exchange): Verdict => {
    const { incoming, route } = exchange
    if (csrf === undefined || SAFE_METHODS.has(incoming.method)) return undefined
    if (route.policy.csrf?.exempt !== undefined) return undefined
    const always = route.policy.csrf?.always === true
    const isForm = FORM_KINDS.has(bodyKind(incoming.header('content-type')))
    if (exchange.session === undefined && !always) {
      // Decision: without a session a JSON request needs no token: no cookie of ours vouches for it
      // and no page of another site can send it without asking first. A form can; so it needs one
      // as soon as the browser has been here.
      // Cost: the first visit's form is judged by Fetch Metadata and Origin alone.
      if (!isForm || visitorOf(incoming) === undefined) return undefined
    }
    if (isForm && incoming.header('x-csrf-token') === undefined && mayComeInBody(exchange)) {
      exchange.awaitsFormToken = true
      return undefined
    }
    return csrf.verify(incoming, bindingFor(exchange))
  }

  /** What is judged once it is known who asks. */
  const late = (exchange: Exchange): Verdict => {
    const forged = token(exchange)
    if (forged !== undefined) return forged
    const policy = exchange.route.policy.access
    if (!access || policy === undefined) return undefined
    const refusal = judgeAccess(policy, exchange.principal, clock())
    return challenging(exchange, refusal ?? roleRefusal(exchange, policy))
  }

  /** What the role asks for besides, but for the routes on which it is proven. */
  const roleRefusal = ({ principal }: Exchange, policy: AccessPolicy): Verdict => {
    const { roles } = defences
    if (roles === undefined || principal === undefined) return undefined
    if ('public' in policy || policy.enrolling === true) return undefined
    const wanted = Object.hasOwn(roles, principal.role) ? roles[principal.role] : undefined
    if (wanted === undefined) return undefined
    return judgeAccess(scopeless(wanted, policy), principal, clock())
  }

  const challenging = (exchange: Exchange, refusal: Verdict): Verdict => {
    const told = refusal?.headers?.['www-authenticate']
    if (refusal === undefined || told === undefined) return refusal
    const more = defences.challenge?.(audienceOf(exchange))
    if (more === undefined) return refusal
    const text = `${told}${told.includes(' ') ? ', ' : ' '}${more}`
    return { ...refusal, headers: { ...refusal.headers, 'www-authenticate': text } }
  }

  /** Who sends a bearer token. A bad one is nobody's, which a public route does not mind. */
  const recognise = async (
    exchange: Exchange,
    bearing: Promise<Outcome<Principal>>,
  ): Promise<Verdict> => {
    const who = await bearing
    if (who.ok) {
      exchange.principal = who.value
      return undefined
    }
    const policy = exchange.route.policy.access
    return policy === undefined || 'public' in policy
      ? undefined
      : challenging(exchange, who.refusal)
  }

  const audienceOf = ({ route }: Exchange): string | undefined =>
    route.policy.access !== undefined && 'signedIn' in route.policy.access
      ? route.policy.access.audience
      : undefined

  const enter = (exchange: Exchange): Soon<Verdict> => {
    const own = exchange.route.gate
    if (gate === undefined && own === undefined) return undefined
    const settle = (second: Verdict): Verdict => {
      if (second !== undefined) {
        gate?.leave()
        return second
      }
      if (exchange.over) {
        letOut(exchange)
        return refusals.gone
      }
      exchange.inside = true
      return undefined
    }
    return after(gate?.enter(), first =>
      first === undefined ? after(own?.enter(), settle) : first,
    )
  }

  const letOut = ({ route }: Exchange): void => {
    route.gate?.leave()
    gate?.leave()
  }

  /** Who asks. Refuses only bearers whose token is bad. */
  const identify = (exchange: Exchange): Soon<Verdict> => {
    // Decision: who sends a bearer token is its bearer alone; a cookie that came along is not looked
    // at, and so needs no CSRF token. Cost: none, no browser sends both unasked.
    const authorization = exchange.incoming.header('authorization')
    const bearing = defences.bearer?.(authorization, audienceOf(exchange))
    if (bearing !== undefined) return recognise(exchange, bearing)
    const loading = sessions?.load(exchange.incoming.header('cookie'))
    if (loading === undefined) return undefined
    return after(loading, session => {
      if (session !== undefined) {
        exchange.session = session
        exchange.principal = session
      }
      return undefined
    })
  }

  /**
   * A session whose person should have set up a second factor long ago is good for that alone: public
   * routes see nobody in it, the others refuse.
   */
  const confine = (exchange: Exchange): Soon<Verdict> => {
    const { overdue } = defences
    const { principal, route } = exchange
    const policy = route.policy.access
    if (overdue === undefined || principal === undefined || policy?.enrolling === true) {
      return undefined
    }
    return after(overdue(principal), refusal => {
      if (refusal === undefined) return undefined
      if (policy !== undefined && 'signedIn' in policy) return refusal
      exchange.enrolling = true
      exchange.session = undefined
      exchange.principal = undefined
      return undefined
    })
  }

  const count = (exchange: Exchange): Soon<Verdict> => {
    const names = exchange.route.throttle
    if (throttle === undefined || names.length === 0) return undefined
    const asker = {
      address: exchange.incoming.address,
      accountId: exchange.principal?.accountId,
    }
    return after(throttle.take(names, asker), verdict => {
      exchange.addFields(verdict.headers)
      return verdict.refusal
    })
  }

  const fitQuery = (exchange: Exchange): Soon<Verdict> => {
    const schema = exchange.route.policy.content?.query
    if (schema === undefined) return undefined
    return after(validate(schema, exchange.query, '#/query'), query => {
      if (!query.ok) return query.refusal
      exchange.query = query.value
      return undefined
    })
  }

  const steps = [early, enter, identify, confine, count, fitQuery, late] as const

  /** Judges from one step on, without a promise as long as no step has to wait. */
  const walk = (exchange: Exchange, from: number): Soon<Verdict> => {
    for (let at = from; at < steps.length; at++) {
      const verdict = steps[at]?.(exchange)
      if (verdict === undefined) continue
      if (!(verdict instanceof Promise)) return verdict
      return verdict.then(refusal => refusal ?? walk(exchange, at + 1))
    }
    return undefined
  }

  const verifyForm = (exchange: Exchange, given: string | undefined): Verdict => {
    if (!exchange.awaitsFormToken) return undefined
    exchange.awaitsFormToken = false
    return csrf?.verify(exchange.incoming, bindingFor(exchange), given)
  }

  const auditRequest = (exchange: Exchange): AuditRequest => ({
    id: exchange.id,
    method: exchange.incoming.method,
    route: exchange.route.pattern,
    address: exchange.incoming.address,
    device: (exchange.incoming.header('user-agent') ?? '').slice(0, DEVICE_LENGTH),
  })

  return {
    begin: (incoming, route) => new Exchange(incoming, route, random),
    arrive: exchange => walk(exchange, 0),
    upgrade: incoming => transport?.(incoming) ?? shed?.judge() ?? csrf?.judge(incoming),
    async read(exchange, stream) {
      if (limits === undefined || content === undefined) return refused(refusals.bodyOff)
      const { incoming, route } = exchange
      const body = await readParsed(
        stream,
        {
          contentType: incoming.header('content-type'),
          coding: incoming.header('content-encoding'),
        },
        { limits, policy: route.policy, content },
      )
      if (body.ok && body.value === stream) {
        const limit = bodyLimit(limits, route.policy, 'multipart')
        watchBody(stream, bodyBudget(limit), refusal => {
          exchange.cut = refusal
        })
      }
      if (!body.ok || body.value === stream) return body
      const forged = verifyForm(exchange, formToken(body.value))
      if (forged !== undefined) return refused(forged)
      const schema = route.policy.content?.body
      return schema === undefined ? body : validate(schema, withoutToken(body.value))
    },
    verifyForm,
    leave(exchange) {
      exchange.over = true
      if (!exchange.inside) return
      exchange.inside = false
      letOut(exchange)
    },
    fields(exchange, contentType) {
      const own = exchange.fields
      if (headers === undefined) {
        const open = exchange.route.policy.headers === 'open-api'
        return open ? [...ANY_ORIGIN, ...(own ?? NO_FIELDS)] : (own ?? NO_FIELDS)
      }
      const base = policyFields(headers, exchange, contentType)
      return own === undefined ? base : [...base, ...own]
    },
    csrfToken(exchange) {
      if (csrf === undefined) return ''
      const known = bindingFor(exchange)
      if (known !== undefined) return csrf.issue(known)
      if (visitors === undefined) return ''
      const value = visitors.issue()
      exchange.setCookie(visitors.setCookie(value))
      return csrf.issue(visitors.read(value) ?? '')
    },
    problem: (exchange, refusal) => problemAnswer(exchange, refusal, defences.problemPage),
    note(exchange, refusal) {
      if (audit === undefined || !isRecorded(refusal) || defences.isNoted(refusal)) return
      audit.record(
        refusalEvent(refusal, auditRequest(exchange), { actorId: exchange.principal?.accountId }),
      )
    },
    faulted(exchange, error) {
      if (exchange.cut !== undefined) return exchange.cut
      const store = error instanceof StoreFault
      audit?.record({
        code: 'system.faulted',
        outcome: 'failure',
        reason: store ? error.verb : error instanceof Error ? error.name : typeof error,
        request: auditRequest(exchange),
        actorId: exchange.principal?.accountId,
      })
      return store ? refusals.storeDown : refusals.faulted
    },
    auditRequest,
  }
}

function hasBody(incoming: Incoming): boolean {
  if (incoming.header('transfer-encoding') !== undefined) return true
  const length = incoming.header('content-length')
  return length !== undefined && length !== '0'
}

function policyFields(
  headers: HeaderPolicies,
  exchange: Exchange,
  contentType: string | undefined,
): readonly string[] {
  if (exchange.explained) return headers.page(exchange.nonce, exchange)
  const isPage = exchange.hasNonce || contentType?.startsWith('text/html') === true
  switch (exchange.route.policy.headers ?? (isPage ? 'page' : 'api')) {
    case 'api':
      return headers.api(exchange)
    case 'open-api':
      return [...headers.api(exchange), ...ANY_ORIGIN]
    case 'page':
      return headers.page(exchange.nonce, exchange)
    case 'sensitive-page':
      return headers.sensitivePage(exchange.nonce, exchange)
    case 'asset':
      return headers.asset(exchange)
    case 'download':
      return headers.download(exchange)
  }
}

function formToken(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const value = (body as Record<string, unknown>)['_csrf']
  return typeof value === 'string' ? value : undefined
}

/** A role's demand is about proof; what an OAuth client may is the route's to say. */
function scopeless(wanted: SignedInPolicy, { scope }: SignedInPolicy): SignedInPolicy {
  return scope === undefined ? wanted : { ...wanted, scope }
}

/** The token is ours, not the route's: its schema need not know of it. */
function withoutToken(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, '_csrf')) return body
  const { _csrf, ...rest } = body as Record<string, unknown>
  return rest
}
