/** A provider that is known by name. What differs between providers is data; nothing here is code. */
export interface Preset {
  readonly name: string
  /** `oidc` is discovered at its issuer; `oauth2` has no id token, and says who it is by an API. */
  readonly kind: 'oidc' | 'oauth2'
  readonly issuer: string
  readonly scopes: readonly string[]
  /** Domains whose addresses the provider itself hands out, so that its word on them counts. */
  readonly authoritativeFor: readonly string[]
  /** The claim by which it vouches for the address's whole domain. */
  readonly hostedDomainClaim?: string
  /** Of `oauth2`. */
  readonly endpoints?: Endpoints
}

export interface Endpoints {
  readonly authorization: string
  readonly token: string
  /** Answers who it is. */
  readonly user: string
  /** Member that names the person for ever, never the one that they can change. */
  readonly subject: string
  readonly email?: string
  readonly emailVerified?: string
  /** A second list of addresses, each with `email`, `primary` and `verified`. */
  readonly emails?: string
}

export type PresetName = 'google' | 'github' | 'microsoft' | 'apple' | 'gitlab' | 'discord'

export const presets: Readonly<Record<PresetName, Preset>> = {
  google: {
    name: 'Google',
    kind: 'oidc',
    issuer: 'https://accounts.google.com',
    scopes: ['openid', 'email', 'profile'],
    authoritativeFor: ['gmail.com', 'googlemail.com'],
    hostedDomainClaim: 'hd',
  },
  /**
   * Needs `tenant`, a UUID: the common endpoint lets every organisation of the world say who somebody
   * is, and a directory's other names are not what its tokens call it.
   */
  microsoft: {
    name: 'Microsoft',
    kind: 'oidc',
    issuer: 'https://login.microsoftonline.com/{tenant}/v2.0',
    scopes: ['openid', 'email', 'profile'],
    authoritativeFor: [],
  },
  /**
   * Without `name` and `email`, which Apple gives only by a cross-site post. Its secret is a JWT that
   * you sign with your key there, good for six months at most.
   */
  apple: {
    name: 'Apple',
    kind: 'oidc',
    issuer: 'https://appleid.apple.com',
    scopes: ['openid'],
    authoritativeFor: ['icloud.com', 'me.com', 'mac.com', 'privaterelay.appleid.com'],
  },
  gitlab: {
    name: 'GitLab',
    kind: 'oidc',
    issuer: 'https://gitlab.com',
    scopes: ['openid', 'email', 'profile'],
    authoritativeFor: [],
  },
  github: {
    name: 'GitHub',
    kind: 'oauth2',
    // What its `iss` says; it is no OpenID issuer, and nothing is discovered there.
    issuer: 'https://github.com/login/oauth',
    scopes: ['read:user', 'user:email'],
    authoritativeFor: ['users.noreply.github.com'],
    endpoints: {
      authorization: 'https://github.com/login/oauth/authorize',
      token: 'https://github.com/login/oauth/access_token',
      user: 'https://api.github.com/user',
      subject: 'id',
      emails: 'https://api.github.com/user/emails',
    },
  },
  discord: {
    name: 'Discord',
    kind: 'oauth2',
    issuer: 'https://discord.com',
    scopes: ['identify', 'email'],
    authoritativeFor: [],
    endpoints: {
      authorization: 'https://discord.com/oauth2/authorize',
      token: 'https://discord.com/api/oauth2/token',
      user: 'https://discord.com/api/users/@me',
      subject: 'id',
      email: 'email',
      emailVerified: 'verified',
    },
  },
}
