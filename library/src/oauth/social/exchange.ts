import type {
  AuthorizationServer,
  Client,
  JsonObject,
  JWKSCacheInput,
  TokenEndpointResponse,
} from 'oauth4webapi'
import type { Clock } from '../../kernel/clock.ts'
import type { Provider } from './options.ts'
import type { Endpoints } from './presets.ts'

/** Who a provider says somebody is, after everything it sent was verified. */
export interface Identity {
  readonly provider: string
  readonly issuer: string
  /** The person at this issuer, for ever. Together with the issuer the only name we go by. */
  readonly subject: string
  readonly email: string | undefined
  /** The provider says so, and this address is its own to say so of. */
  readonly emailTrusted: boolean
  /** The provider says so of an address that somebody else hands out. */
  readonly emailVerified: boolean
  readonly name: string | undefined
  readonly tokens: { readonly access: string; readonly refresh: string | undefined }
}

/** What one sign-in is bound to. */
export interface Binding {
  readonly state: string
  readonly verifier: string
  readonly nonce: string
  readonly redirectUri: string
}

/** The conversation with one provider, by the rules of oauth4webapi. */
export interface Conversation {
  /** Where the browser is sent. */
  address(binding: Binding): Promise<string>
  /** Verifies an answer. Throws what oauth4webapi or the network throw. */
  identify(callback: URL, binding: Binding): Promise<Identity>
}

const DISCOVERY_MS = 3_600_000
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'PS256', 'RS256']

/**
 * @see OpenID Connect Core §3.1.3.7; RFC 9700 §4.4, §4.5, §4.7; ASVS 10.5.1, 10.5.2, 10.5.3
 */
export function conversation(
  provider: Provider,
  parts: { readonly fetch: typeof fetch; readonly clock: Clock; readonly allowHttp: boolean },
): Conversation {
  const client: Client = { client_id: provider.clientId }
  let known: { readonly as: AuthorizationServer; readonly until: number } | undefined
  /** Those who come while it is asked wait for the same answer. */
  let asking: Promise<AuthorizationServer> | undefined
  let keys: JWKSCacheInput = {}
  const lib = () => import('oauth4webapi')

  const http = async (): Promise<object> => {
    const { allowInsecureRequests, customFetch } = await lib()
    return {
      [customFetch]: parts.fetch,
      ...(parts.allowHttp && { [allowInsecureRequests]: true }),
    }
  }

  const server = async (): Promise<AuthorizationServer> => {
    const { endpoints } = provider
    if (provider.kind === 'oauth2' && endpoints !== undefined) {
      return {
        issuer: provider.issuerName,
        authorization_endpoint: endpoints.authorization,
        token_endpoint: endpoints.token,
        userinfo_endpoint: endpoints.user,
      }
    }
    if (known !== undefined && parts.clock() < known.until) return known.as
    asking ??= discover().finally(() => {
      asking = undefined
    })
    return asking
  }

  const discover = async (): Promise<AuthorizationServer> => {
    const { discoveryRequest, processDiscoveryResponse } = await lib()
    const { issuer } = provider
    // What it says of itself must be what it was called (ASVS 10.5.3).
    const as = await processDiscoveryResponse(issuer, await discoveryRequest(issuer, await http()))
    if (known !== undefined && known.as.jwks_uri !== as.jwks_uri) keys = {}
    known = { as, until: parts.clock() + DISCOVERY_MS }
    return as
  }

  return {
    async address({ state, verifier, nonce, redirectUri }) {
      const as = await server()
      const { calculatePKCECodeChallenge } = await lib()
      const url = new URL(as.authorization_endpoint ?? '')
      const query = {
        client_id: provider.clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: provider.scopes.join(' '),
        state,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(provider.kind === 'oidc' && { nonce }),
      }
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
      return url.href
    },
    async identify(callback, { state, verifier, nonce, redirectUri }) {
      const as = await server()
      const oauth = await lib()
      const options = await http()
      const parameters = oauth.validateAuthResponse(as, client, callback, state)
      const secret = provider.clientSecret.reveal()
      const auth =
        provider.clientAuthentication === 'basic'
          ? oauth.ClientSecretBasic(secret)
          : oauth.ClientSecretPost(secret)
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        client,
        auth,
        parameters,
        redirectUri,
        verifier,
        options,
      )
      if (provider.kind === 'oauth2') {
        const got = await oauth.processAuthorizationCodeResponse(as, client, response)
        return byApi(provider, got, parts.fetch)
      }
      const got = await oauth.processAuthorizationCodeResponse(as, client, response, {
        expectedNonce: nonce,
        requireIdToken: true,
      })
      const claims = oauth.getValidatedIdTokenClaims(got)
      if (claims === undefined) throw new TypeError('no id token')
      const [head = ''] = (got.id_token ?? '').split('.')
      const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg?: string }
      if (!ALGORITHMS.includes(alg ?? '')) throw new TypeError('signed by an algorithm of the past')
      // Decision: the signature is always verified, though TLS vouches for the token endpoint.
      // Cost: the provider's keys are fetched, once in five minutes.
      await oauth.validateApplicationLevelSignature(as, response, {
        ...options,
        [oauth.jwksCache]: keys,
      })
      const { email, name, email_verified: verified } = claims as JsonObject
      return identity(provider, got, {
        issuer: claims.iss,
        subject: claims.sub,
        email: typeof email === 'string' ? email : undefined,
        verified: verified === true || verified === 'true',
        name: typeof name === 'string' ? name : undefined,
        claims: claims as JsonObject,
      })
    },
  }
}

interface Claimed {
  readonly issuer: string
  readonly subject: string
  readonly email: string | undefined
  readonly verified: boolean
  readonly name: string | undefined
  readonly claims: JsonObject
}

function identity(provider: Provider, got: TokenEndpointResponse, claimed: Claimed): Identity {
  const { issuer, subject, email, verified, name, claims } = claimed
  const domain = email?.slice(email.lastIndexOf('@') + 1).toLowerCase()
  const hosted = claims[provider.hostedDomainClaim ?? ''] === domain && domain !== undefined
  const own = hosted || provider.authoritativeFor.includes(domain ?? '')
  return {
    provider: provider.id,
    issuer,
    subject,
    email,
    emailTrusted: verified && own,
    emailVerified: verified,
    name,
    tokens: { access: got.access_token, refresh: got.refresh_token },
  }
}

/** A provider without id tokens: it is asked by the token itself who it belongs to. */
async function byApi(
  provider: Provider,
  got: TokenEndpointResponse,
  call: typeof fetch,
): Promise<Identity> {
  const ask = async (url: string): Promise<unknown> => {
    const headers = {
      accept: 'application/json',
      authorization: `Bearer ${got.access_token}`,
      'user-agent': 'bulwark',
    }
    const response = await call(url, { headers })
    if (!response.ok) throw new TypeError('the API does not answer', { cause: response })
    return response.json()
  }
  const endpoints = provider.endpoints as Endpoints
  const user = (await ask(endpoints.user)) as JsonObject
  const subject = user[endpoints.subject]
  if ((typeof subject !== 'string' && typeof subject !== 'number') || subject === '') {
    throw new TypeError('the API does not say who it is')
  }
  let email = endpoints.email === undefined ? undefined : user[endpoints.email]
  let verified = endpoints.emailVerified !== undefined && user[endpoints.emailVerified] === true
  if (endpoints.emails !== undefined) {
    const list = (await ask(endpoints.emails)) as readonly JsonObject[]
    const primary = Array.isArray(list) ? list.find(one => one['primary'] === true) : undefined
    email = primary?.['email']
    verified = primary?.['verified'] === true
  }
  const { name } = user
  return identity(provider, got, {
    issuer: provider.issuerName,
    subject: String(subject),
    email: typeof email === 'string' ? email : undefined,
    verified,
    name: typeof name === 'string' ? name : undefined,
    claims: user,
  })
}
