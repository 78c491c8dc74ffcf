import type { KeyObject } from 'node:crypto'
import { type Incoming, SAFE_METHODS } from '../../http/incoming.ts'
import { bareOrigin } from '../../http/origin.ts'
import { keyedHash, sameText } from '../../kernel/bytes.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'
import type { Random } from '../../kernel/random.ts'
import type { Refusal } from '../../kernel/refusal.ts'

export const refusals = {
  crossSite: { code: 'csrf.cross_site', says: 'csrf.refused', status: 403 },
  sameSite: { code: 'csrf.same_site', says: 'csrf.refused', status: 403 },
  foreignOrigin: { code: 'csrf.foreign_origin', says: 'csrf.refused', status: 403 },
  foreignReferer: { code: 'csrf.foreign_referer', says: 'csrf.refused', status: 403 },
  unknownOrigin: { code: 'csrf.unknown_origin', says: 'csrf.refused', status: 403 },
  tokenMissing: { code: 'csrf.token_missing', says: 'csrf.token_missing', status: 403 },
  tokenUnbound: { code: 'csrf.token_unbound', says: 'csrf.token_missing', status: 403 },
  tokenInvalid: { code: 'csrf.token_invalid', says: 'csrf.refused', status: 403 },
} as const

/** The header field and the form field that a token comes in. */
export const CSRF_HEADER = 'x-csrf-token'
export const CSRF_FIELD = '_csrf'

export interface CsrfOptions {
  /** `keys.for('csrf')`. */
  readonly key: KeyObject
  /** The same of earlier root keys that are still good; none unless told. */
  readonly olderKeys?: () => readonly KeyObject[]
  readonly random: Random
  /** Our own public origins besides `Incoming.origin`. */
  readonly origins?: readonly string[]
  /** Foreign origins whose pages may post to us. */
  readonly trustedOrigins?: readonly string[]
  /**
   * Routes that no check applies to, each with its reason:
   * `{ 'POST /hooks/pay': 'signed by the payment provider' }`. A path may end in `/*`.
   */
  readonly exempt?: Readonly<Record<string, string>>
}

export interface Csrf {
  /** By Fetch Metadata, Origin and Referer: before the body. Also for WebSocket upgrades. */
  judge(request: Incoming): Refusal | undefined
  /**
   * By the token, when the request carries cookies.
   *
   * @param binding the session's id hash, or the visitor's binding; undefined when there is neither
   * @param formToken the form field `_csrf`, where the body is a form
   */
  verify(request: Incoming, binding: string | undefined, formToken?: string): Refusal | undefined
  /** A token for `binding`, different each time, valid as long as the binding is. */
  issue(binding: string): string
  /** `METHOD /path` and why it is exempt, for the doctor. */
  readonly exempt: ReadonlyMap<string, string>
}

/**
 * Refuses state-changing requests that a browser sent on behalf of another site: first by what the
 * browser itself says about their origin, then by a token that only our own pages can read.
 *
 * @throws {ConfigFault} when an origin has a path, a query or no scheme, or an exemption no reason
 * @see ASVS 3.5.1, 3.5.2, 3.5.3; NIST SP 800-63B-4 §5.1; W3C Fetch Metadata §2
 */
export function csrf(options: CsrfOptions): Csrf {
  const friends = new Set([
    ...(options.origins ?? []).map(origin => bareOrigin(origin, 'csrf.origins')),
    ...(options.trustedOrigins ?? []).map(origin => bareOrigin(origin, 'csrf.trustedOrigins')),
  ])
  onlyKnown('csrf', options, ['key', 'olderKeys', 'random', 'origins', 'trustedOrigins', 'exempt'])
  const exempt = exemptions(options.exempt ?? {})
  const isFriend = (request: Incoming, origin: string): boolean =>
    origin !== '' && (origin === request.origin || friends.has(origin))

  const judge = (request: Incoming): Refusal | undefined => {
    const upgrade = isUpgrade(request)
    if (SAFE_METHODS.has(request.method) && !upgrade) return undefined
    if (exempt.size > 0 && isExempt(exempt, request)) return undefined

    const site = request.header('sec-fetch-site')
    // The browser speaks for itself; a page cannot set this field. Pages with no-referrer send
    // `Origin: null` even to themselves, so Origin is not asked for a second opinion.
    if (site === 'same-origin' || site === 'none') return undefined
    const origin = request.header('origin')
    if (origin !== undefined) {
      if (isFriend(request, origin)) return undefined
      if (site === undefined) return refusals.foreignOrigin
    }
    if (site === 'same-site') return refusals.sameSite
    if (site !== undefined) return refusals.crossSite

    const referer = request.header('referer')
    if (referer !== undefined) {
      return isFriend(request, originOf(referer)) ? undefined : refusals.foreignReferer
    }
    // Decision: with none of the three it is no browser, or one from before 2020 whose fields were
    // stripped. Let it on to `verify`, where a cookie still needs its token. An upgrade has no
    // token, so it may not bring cookies.
    // Cost: a request without cookies is not told apart from a program's.
    return upgrade && request.header('cookie') !== undefined ? refusals.unknownOrigin : undefined
  }

  const verify = (
    request: Incoming,
    binding: string | undefined,
    formToken?: string,
  ): Refusal | undefined => {
    if (SAFE_METHODS.has(request.method)) return undefined
    // Decision: without a cookie nothing was attached unasked, and no page of another site can add
    // a Bearer token without our leave (CORS), so neither needs a token of ours.
    // Cost: what a client certificate or Basic credentials identify is judged by `judge` alone.
    if (request.header('cookie') === undefined || isBearer(request)) return undefined
    if (exempt.size > 0 && isExempt(exempt, request)) return undefined
    const token = request.header(CSRF_HEADER) ?? formToken
    if (token === undefined || token === '') return refusals.tokenMissing
    if (binding === undefined) return refusals.tokenUnbound
    if (matches(options.key, binding, token)) return undefined
    const older = options.olderKeys?.() ?? []
    return older.some(key => matches(key, binding, token)) ? undefined : refusals.tokenInvalid
  }

  return {
    judge,
    verify,
    issue: binding => tokenOf(options.key, binding, options.random.token()),
    exempt,
  }
}

const SALT_LENGTH = 43
const TOKEN_LENGTH = 86

/**
 * Salt and MAC, each 256 bits in base64url. The salt makes each token different, so that compression
 * cannot give it away (BREACH); the binding makes it worthless in any other session, so that
 * planting one gains nothing. Its length keeps it apart from the salt.
 */
function tokenOf(key: KeyObject, binding: string, salt: string): string {
  return salt + keyedHash(key, `${binding.length}.${binding}.${salt}`)
}

function matches(key: KeyObject, binding: string, token: string): boolean {
  if (token.length !== TOKEN_LENGTH) return false
  return sameText(tokenOf(key, binding, token.slice(0, SALT_LENGTH)), token)
}

function isUpgrade(request: Incoming): boolean {
  return request.header('upgrade')?.toLowerCase() === 'websocket'
}

function isBearer(request: Incoming): boolean {
  const authorization = request.header('authorization')
  return authorization !== undefined && /^(?:bearer|dpop) \S/i.test(authorization)
}

/** Scheme, host and port of a Referer, as far as it has one. */
function originOf(referer: string): string {
  return URL.canParse(referer) ? new URL(referer).origin : ''
}

function exemptions(rules: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  for (const [route, reason] of Object.entries(rules)) {
    if (!/^[A-Z]+ \/\S*$/.test(route)) {
      throw new ConfigFault('csrf.exempt', `${JSON.stringify(route)} is no route; write POST /path`)
    }
    if (reason.trim().length < 10) {
      throw new ConfigFault('csrf.exempt', `${route} needs a reason that a reviewer can judge`)
    }
  }
  return new Map(Object.entries(rules))
}

function isExempt(exempt: ReadonlyMap<string, string>, request: Incoming): boolean {
  const route = `${request.method} ${request.path}`
  if (exempt.has(route)) return true
  for (let at = route.lastIndexOf('/'); at > 0; at = route.lastIndexOf('/', at - 1)) {
    if (exempt.has(`${route.slice(0, at)}/*`)) return true
  }
  return false
}
