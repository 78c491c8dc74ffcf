import type { OAuthGround } from './ground.ts'

const METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']
const SIGNING = ['EdDSA', 'ES256', 'ES384', 'PS256', 'RS256']

/** RFC 8414, and the members OpenID Discovery asks for besides: one document under both names. */
export function authorizationMetadata({ issuer, settings, tokens }: OAuthGround): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    userinfo_endpoint: `${issuer}/oauth/userinfo`,
    end_session_endpoint: `${issuer}/oauth/logout`,
    jwks_uri: `${issuer}/oauth/jwks.json`,
    ...(settings.registration !== undefined && {
      registration_endpoint: `${issuer}/oauth/register`,
    }),
    scopes_supported: Object.keys(settings.scopes),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: METHODS,
    token_endpoint_auth_signing_alg_values_supported: SIGNING,
    revocation_endpoint_auth_methods_supported: METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: SIGNING,
    introspection_endpoint_auth_methods_supported: METHODS.slice(0, 3),
    introspection_endpoint_auth_signing_alg_values_supported: SIGNING,
    authorization_response_iss_parameter_supported: true,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [tokens.signer.algorithm],
    claims_supported: ['sub', 'name', 'email', 'email_verified', 'auth_time', 'amr', 'nonce'],
    prompt_values_supported: ['none', 'login', 'consent'],
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    protected_resources: settings.resources,
  }
}

/**
 * Where a resource of this origin is described; `undefined` when it is another service's to say.
 *
 * @see RFC 9728 §3
 */
export function resourceMetadataPath(issuer: string, resource: string): string | undefined {
  if (!URL.canParse(resource)) return undefined
  const { origin, pathname, search } = new URL(resource)
  if (origin !== issuer || search !== '') return undefined
  return `/.well-known/oauth-protected-resource${pathname.replace(/\/$/, '')}`
}

/** RFC 9728 §2. */
export function resourceMetadata({ issuer, settings }: OAuthGround, resource: string): object {
  return {
    resource,
    authorization_servers: [issuer],
    scopes_supported: Object.keys(settings.scopes),
    bearer_methods_supported: ['header'],
  }
}
