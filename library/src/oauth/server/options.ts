import type { JSONWebKeySet } from 'jose'
import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'
import type { Secret } from '../../kernel/secret.ts'
import { canonicalResource } from './uris.ts'

export type GrantType = 'authorization_code' | 'refresh_token' | 'client_credentials'

/** A client as it is registered by hand: in the options, by a seed, by an administrator. */
export interface ClientOptions {
  readonly clientId: string
  /** What people read on the consent page. */
  readonly name: string
  readonly redirectUris?: readonly string[]
  /** The most it may ask for. */
  readonly scopes?: readonly string[]
  /** Confidential by a shared secret. */
  readonly clientSecret?: string | Secret
  /** Confidential by its own key (`private_key_jwt`), the stronger way. */
  readonly jwks?: JSONWebKeySet
  /** `authorization_code` and `refresh_token` unless told. */
  readonly grants?: readonly GrantType[]
  readonly postLogoutRedirectUris?: readonly string[]
  /** A resource server of ours: may look at every token, not only at its own. */
  readonly introspects?: boolean
  /** Our own: people are not asked for consent. */
  readonly firstParty?: boolean
}

export interface OAuthOptions {
  readonly clients?: readonly ClientOptions[]
  /** Scopes beside `openid`, `profile`, `email` and `offline_access`, each with its sentence for people. */
  readonly scopes?: Readonly<Record<string, string>>
  /** Resources beside the service itself that tokens may be meant for (RFC 8707). */
  readonly resources?: readonly string[]
  /** Page that asks for consent; `/oauth/consent` unless told. */
  readonly consentPath?: string
  /** Page that signs people in, and takes them on to `?next=`; `/login` unless told. */
  readonly loginPath?: string
  /** Where who leaves ends up when no client says where; `/` unless told. */
  readonly afterLogoutPath?: string
  /** Clients may register themselves (RFC 7591): everybody, or who has the token. Off unless told. */
  readonly registration?: 'open' | { readonly token: string | Secret }
  /** Registrations an hour and address; 20 unless told. */
  readonly registrationsHourly?: number
  /** Registrations a day, all addresses together; 1,000 unless told. */
  readonly registrationsDaily?: number
}

/** The options with every value. */
export interface OAuthSettings {
  readonly clients: readonly ClientOptions[]
  readonly scopes: Readonly<Record<string, string>>
  readonly resources: readonly string[]
  readonly consentPath: string
  readonly loginPath: string
  readonly afterLogoutPath: string
  readonly registration: OAuthOptions['registration']
  readonly registrationsHourly: number
  readonly registrationsDaily: number
}

export const OAUTH_OPTIONS = [
  'clients',
  'scopes',
  'resources',
  'consentPath',
  'loginPath',
  'afterLogoutPath',
  'registration',
  'registrationsHourly',
  'registrationsDaily',
] as const

const STANDARD = {
  openid: 'know who you are',
  profile: 'see your name',
  email: 'see your e-mail address',
  offline_access: 'go on while you are away',
}

/** @throws {ConfigFault} naming the option and what to write instead */
export function oauthSettings(options: OAuthOptions, issuer: string): OAuthSettings {
  onlyKnown('oauth', options, OAUTH_OPTIONS)
  const path = (name: 'consentPath' | 'loginPath' | 'afterLogoutPath', usual: string): string => {
    const value = options[name] ?? usual
    if (/^\/(?!\/)[^\s?#\\]*$/.test(value)) return value
    throw new ConfigFault(`oauth.${name}`, 'is no path; write it with a slash and without a query')
  }
  const least = (name: 'registrationsHourly' | 'registrationsDaily', usual: number): number => {
    const value = options[name] ?? usual
    if (Number.isSafeInteger(value) && value >= 1) return value
    throw new ConfigFault(`oauth.${name}`, `is ${value}; write a whole number of at least 1`)
  }
  const resources = [issuer, ...(options.resources ?? [])].map(uri => {
    const resource = canonicalResource(uri)
    if (resource === undefined) throw new ConfigFault('oauth.resources', `${uri} is no URL`)
    return resource
  })
  for (const word of Object.keys(options.scopes ?? {})) {
    if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word)) {
      throw new ConfigFault('oauth.scopes', `${JSON.stringify(word)} is no word of a scope`)
    }
  }
  return {
    clients: options.clients ?? [],
    scopes: { ...STANDARD, ...options.scopes },
    resources: [...new Set(resources)],
    consentPath: path('consentPath', '/oauth/consent'),
    loginPath: path('loginPath', '/login'),
    afterLogoutPath: path('afterLogoutPath', '/'),
    registration: options.registration,
    registrationsHourly: least('registrationsHourly', 20),
    registrationsDaily: least('registrationsDaily', 1000),
  }
}
