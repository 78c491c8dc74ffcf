import type { AuditRequest } from '../../audit/event.ts'
import { sha256 } from '../../kernel/bytes.ts'
import { verifyForeign } from '../../session/refresh/foreign.ts'
import type { OAuthAnswer, Parameters } from './answers.ts'
import { one } from './answers.ts'
import type { Clients, OAuthClient } from './clients.ts'
import { hashOf, type OAuthGround } from './ground.ts'

/** What a request to a back-channel endpoint brings. */
export interface ClientRequest {
  readonly parameters: Parameters
  readonly authorization: string | undefined
  readonly request: AuditRequest
}

export type Authenticated =
  | { readonly ok: true; readonly client: OAuthClient; readonly confidential: boolean }
  | Extract<OAuthAnswer, { readonly ok: false }>

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Wrong secrets: ten, then longer and longer waits for this address. */
const GUESSES = { free: 10, baseMs: 1000, capMs: 60_000, forgetMs: 900_000 }
const ASSERTION_SECONDS = 300

/**
 * Which client sends a request, and that it is the one: by secret, by key, or by name alone when it
 * has neither. A client that has a secret or a key is never taken by its name.
 *
 * @see RFC 6749 §2.3, §3.2.1; RFC 7523 §3; ASVS 10.4.10, 10.4.16
 */
export async function authenticateClient(
  ground: OAuthGround,
  clients: Clients,
  { parameters, authorization, request }: ClientRequest,
): Promise<Authenticated> {
  const basic = authorization === undefined ? undefined : basicOf(authorization)
  const posted = one(parameters, 'client_secret')
  const assertion = one(parameters, 'client_assertion')
  const ways = [authorization, posted, assertion].filter(way => way !== undefined).length
  if (ways > 1) return refuse('invalid_request', 'one way of client authentication at a time', 400)
  if (authorization !== undefined && basic === undefined) {
    return invalid(ground, request, 'malformed', true)
  }
  const named = one(parameters, 'client_id')
  const id = basic?.id ?? named ?? subjectOf(assertion)
  if (id === undefined) return invalid(ground, request, 'no client')
  if (named !== undefined && named !== id) return invalid(ground, request, 'two clients')
  const client = await clients.find(id)
  const byBasic = basic !== undefined
  if (client === undefined) return invalid(ground, request, 'unknown client', byBasic)

  const secret = basic?.secret ?? posted
  if (secret !== undefined) {
    const { counters } = ground.stores
    const key = `oauth-client:${hashOf(ground, 'client', `${id}\n${request.address}`)}`
    const [state] = await counters.peek([{ key, backoff: GUESSES }], ground.clock())
    if (state?.allowed === false) {
      const seconds = Math.max(1, Math.ceil((state.resetAt - ground.clock()) / 1000))
      const error = { status: 429, error: 'slow_down', description: 'too many wrong secrets' }
      return { ok: false, error: { ...error, retryAfterSeconds: seconds } }
    }
    if (await clients.provesSecret(client, secret)) {
      return { ok: true, client, confidential: true }
    }
    await counters.reserve([{ key, backoff: GUESSES }], ground.clock())
    return invalid(ground, request, 'wrong secret', byBasic)
  }
  if (assertion !== undefined) {
    const proven =
      one(parameters, 'client_assertion_type') === ASSERTION_TYPE &&
      (await provesKey(ground, client, assertion))
    return proven
      ? { ok: true, client, confidential: true }
      : invalid(ground, request, 'bad assertion')
  }
  if (client.secretHash !== undefined || client.jwks !== undefined) {
    return invalid(ground, request, 'no authentication')
  }
  return { ok: true, client, confidential: false }
}

/** Signed with a registered key, meant for us, short-lived, and never seen before. */
async function provesKey(
  ground: OAuthGround,
  client: OAuthClient,
  assertion: string,
): Promise<boolean> {
  if (client.jwks === undefined) return false
  const { issuer, clock } = ground
  const claims = await verifyForeign(assertion, client.jwks, {
    issuer: client.clientId,
    subject: client.clientId,
    audience: [issuer, `${issuer}/oauth/token`],
    now: clock(),
    mostSeconds: ASSERTION_SECONDS,
  })
  if (claims === undefined) return false
  // Under no key of ours: a change of the root key must not make it new.
  const key = `oauth-assertion:${sha256(`${client.clientId}\n${claims.jti}`)}`
  const rate = { limit: 1, windowMs: (ASSERTION_SECONDS + 60) * 1000 }
  const [first] = await ground.stores.counters.hit([{ key, rate }], clock())
  return first?.allowed === true
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are put together. */
function basicOf(
  authorization: string,
): { readonly id: string; readonly secret: string } | undefined {
  const found = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)
  const text = Buffer.from(found?.[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) return undefined
  try {
    const decoded = (part: string): string => decodeURIComponent(part.replaceAll('+', ' '))
    return { id: decoded(text.slice(0, colon)), secret: decoded(text.slice(colon + 1)) }
  } catch {
    return undefined
  }
}

/** Whose assertion it says it is; only to know whose keys to try. */
function subjectOf(assertion: string | undefined): string | undefined {
  try {
    const part = Buffer.from(assertion?.split('.')[1] ?? '', 'base64url').toString('utf8')
    const { sub } = JSON.parse(part) as { readonly sub?: unknown }
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}

function refuse(error: string, description: string, status: number): Authenticated {
  return { ok: false, error: { status, error, description } }
}

function invalid(
  ground: OAuthGround,
  request: AuditRequest,
  why: string,
  byBasic = false,
): Authenticated {
  ground.record({
    code: 'oauth.refused',
    outcome: 'failure',
    reason: 'invalid_client',
    request,
    detail: { why },
  })
  const error = {
    status: 401,
    error: 'invalid_client',
    description: 'client authentication failed',
  }
  return { ok: false, error: byBasic ? { ...error, challenge: 'Basic realm="oauth"' } : error }
}
