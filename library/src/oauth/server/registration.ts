import type { JSONWebKeySet } from 'jose'
import type { AuditRequest } from '../../audit/event.ts'
import { sameText } from '../../kernel/bytes.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { Secret } from '../../kernel/secret.ts'
import { fine, type OAuthAnswer, scopeWords, wrong } from './answers.ts'
import type { Clients } from './clients.ts'
import type { OAuthGround } from './ground.ts'
import type { GrantType } from './options.ts'
import { redirectComplaint } from './uris.ts'

const HOUR_MS = 3_600_000
const GRANTS: readonly string[] = ['authorization_code', 'refresh_token']
const METHODS: readonly string[] = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
]
const MOST_URIS = 10
const NAME_LENGTH = 60

/**
 * Clients that register themselves, such as those of MCP. Off unless the options say who may.
 *
 * What they say of themselves is taken for nothing but a name on the consent page, which says so.
 *
 * @see RFC 7591 §2, §3, §5
 */
export function registration(
  ground: OAuthGround,
  clients: Clients,
): (
  metadata: unknown,
  authorization: string | undefined,
  request: AuditRequest,
) => Promise<OAuthAnswer> {
  const { settings, stores, random, clock } = ground
  const mayRegister = (authorization: string | undefined): boolean => {
    if (settings.registration === 'open') return true
    if (settings.registration === undefined) return false
    const { token } = settings.registration
    const expected = token instanceof Secret ? token.reveal() : token
    return sameText(authorization ?? '', `Bearer ${expected}`)
  }

  return async (metadata, authorization, request) => {
    if (!mayRegister(authorization)) {
      return wrong('invalid_token', 'registration needs an initial access token', 401)
    }
    // Decision: counted for the address and for all together, since what is registered stays, and an
    // attacker has many addresses. Cost: they can use up the day of everybody who is new.
    const now = clock()
    const counted = await stores.counters.hit(
      [
        {
          key: `oauth-register:${request.address}`,
          rate: { limit: settings.registrationsHourly, windowMs: HOUR_MS },
        },
        {
          key: 'oauth-register',
          rate: { limit: settings.registrationsDaily, windowMs: 24 * HOUR_MS },
        },
      ],
      now,
    )
    const full = counted.find(({ allowed }) => !allowed)
    if (full !== undefined) {
      const { error } = wrong('slow_down', 'too many registrations', 429)
      const retryAfterSeconds = Math.max(1, Math.ceil((full.resetAt - now) / 1000))
      return { ok: false, error: { ...error, retryAfterSeconds } }
    }
    const read = readMetadata(metadata, Object.keys(settings.scopes))
    if (typeof read === 'string') return wrong('invalid_client_metadata', read)
    const { method, name, redirectUris, grants, scopes, jwks } = read
    const bad = redirectUris.map(redirectComplaint).find(one => one !== undefined)
    if (redirectUris.length === 0 || bad !== undefined) {
      return wrong('invalid_redirect_uri', `a redirect URI ${bad ?? 'is missing'}`)
    }
    const clientId = `c-${random.token().slice(0, 22)}`
    const clientSecret = method.startsWith('client_secret') ? random.token() : undefined
    try {
      await clients.add(
        {
          clientId,
          name,
          redirectUris,
          grants,
          scopes,
          ...(clientSecret !== undefined && { clientSecret }),
          ...(method === 'private_key_jwt' && jwks !== undefined && { jwks }),
        },
        { selfRegistered: true },
      )
    } catch (fault) {
      if (fault instanceof ConfigFault) return wrong('invalid_client_metadata', 'is not acceptable')
      throw fault
    }
    ground.record({
      code: 'oauth.client_registered',
      outcome: 'success',
      request,
      detail: { client: clientId },
    })
    return fine(
      {
        client_id: clientId,
        client_id_issued_at: Math.floor(clock() / 1000),
        ...(clientSecret !== undefined && {
          client_secret: clientSecret,
          client_secret_expires_at: 0,
        }),
        client_name: name,
        redirect_uris: redirectUris,
        grant_types: grants,
        response_types: ['code'],
        scope: scopes.join(' '),
        token_endpoint_auth_method: method,
      },
      201,
    )
  }
}

interface Metadata {
  readonly method: string
  readonly name: string
  readonly redirectUris: readonly string[]
  readonly grants: readonly GrantType[]
  readonly scopes: readonly string[]
  readonly jwks: JSONWebKeySet | undefined
}

/** What a client says of itself, or what is wrong with it. Members we do not know are not kept. */
function readMetadata(given: unknown, known: readonly string[]): Metadata | string {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return 'is no object'
  const from = given as Readonly<Record<string, unknown>>
  const words = (name: string): readonly string[] | undefined => {
    const value = from[name] ?? []
    const good = Array.isArray(value) && value.every(one => typeof one === 'string')
    return good && value.length <= MOST_URIS ? value : undefined
  }
  const text = (name: string): string | undefined =>
    typeof from[name] === 'string' ? (from[name] as string) : undefined
  const redirectUris = words('redirect_uris')
  if (redirectUris === undefined) return 'redirect_uris must be a list of at most ten'
  const responses = words('response_types')
  if (!responses?.every(one => one === 'code')) return 'response_types must be code'
  const asked = words('grant_types')
  // What we do not have is left out, and the answer says so (RFC 7591 §3.2.1).
  const grants = (asked?.length === 0 ? ['authorization_code'] : asked)?.filter(one =>
    GRANTS.includes(one),
  )
  if (!grants?.includes('authorization_code')) return 'grant_types must hold authorization_code'
  const method = text('token_endpoint_auth_method') ?? 'client_secret_basic'
  if (!METHODS.includes(method)) return 'token_endpoint_auth_method is unknown'
  const { jwks } = from
  const hasKeys = Array.isArray((jwks as { readonly keys?: unknown } | undefined)?.keys)
  if (method === 'private_key_jwt' && !hasKeys) return 'jwks is missing'
  if (JSON.stringify(jwks ?? {}).length > 8192) return 'jwks is too long'
  const scopes = scopeWords(text('scope'))?.filter(word => known.includes(word)) ?? []
  const name = (text('client_name') ?? 'A client without a name')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
    .trim()
    .slice(0, NAME_LENGTH)
  return {
    method,
    name,
    redirectUris,
    grants: grants as readonly GrantType[],
    scopes: scopes.length === 0 ? known : scopes,
    jwks: hasKeys ? (jwks as JSONWebKeySet) : undefined,
  }
}
