import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'
import { Secret } from '../../kernel/secret.ts'
import type { OutboundPolicy } from '../../outbound/outbound.ts'
import { type Endpoints, type PresetName, presets } from './presets.ts'

/** One identity provider: a preset by its id, or any other by its issuer or its endpoints. */
export interface ProviderOptions {
  /** Stands in our addresses: `/auth/social/ID/start`. A preset's name makes it that preset. */
  readonly id: string
  readonly clientId: string
  readonly clientSecret: string | Secret
  /** Which preset, when the id is another. */
  readonly preset?: PresetName
  readonly name?: string
  readonly issuer?: string
  /** Microsoft's directory. */
  readonly tenant?: string
  readonly scopes?: readonly string[]
  /** Of a plain OAuth 2 provider, which has no id token. */
  readonly endpoints?: Endpoints
  /** Domains whose addresses it hands out itself; its `email_verified` counts for these alone. */
  readonly authoritativeFor?: readonly string[]
  /** Keeps the provider's tokens, sealed, for calls to its API. Off unless told. */
  readonly keepTokens?: boolean
  readonly clientAuthentication?: 'basic' | 'post'
}

export interface SocialOptions {
  readonly providers: readonly ProviderOptions[]
  /** How providers are reached. Made for them unless told: public addresses only, https only. */
  readonly outbound?: OutboundPolicy
}

export const SOCIAL_OPTIONS = ['providers', 'outbound'] as const

/** A provider with every value. */
export interface Provider {
  readonly id: string
  readonly name: string
  readonly kind: 'oidc' | 'oauth2'
  readonly issuer: URL
  /** The same as it was written: what people are known by here, and what an `iss` is compared with. */
  readonly issuerName: string
  readonly clientId: string
  readonly clientSecret: Secret
  readonly scopes: readonly string[]
  readonly endpoints: Endpoints | undefined
  readonly authoritativeFor: readonly string[]
  readonly hostedDomainClaim: string | undefined
  readonly keepTokens: boolean
  readonly clientAuthentication: 'basic' | 'post'
}

const URL_MEMBERS: ReadonlySet<string> = new Set(['authorization', 'token', 'user', 'emails'])
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** @throws {ConfigFault} naming the provider and what to write instead */
export function judgedProvider(given: ProviderOptions, allowHttp: boolean): Provider {
  const wrong = (message: string): never => {
    throw new ConfigFault(`social.providers ${JSON.stringify(given.id)}`, message)
  }
  onlyKnown(`social.providers ${given.id}`, given, [
    'id',
    'clientId',
    'clientSecret',
    'preset',
    'name',
    'issuer',
    'tenant',
    'scopes',
    'endpoints',
    'authoritativeFor',
    'keepTokens',
    'clientAuthentication',
  ])
  const secure = (url: string): boolean =>
    URL.canParse(url) && (url.startsWith('https:') || (allowHttp && url.startsWith('http:')))
  const { id, clientId, clientSecret, tenant } = given
  if (!/^[a-z0-9-]{1,40}$/.test(id)) return wrong('id: lower-case letters, digits and dashes')
  if (clientId === undefined || clientSecret === undefined) return wrong('needs its client')
  const named = given.preset ?? (id as PresetName)
  const preset =
    given.issuer === undefined && given.endpoints === undefined && Object.hasOwn(presets, named)
      ? presets[named]
      : undefined
  let text = given.issuer ?? preset?.issuer ?? given.endpoints?.authorization
  if (text === undefined) return wrong('is no preset; write its issuer')
  if (text.includes('{tenant}')) {
    if (tenant === undefined || !UUID.test(tenant)) {
      return wrong('needs tenant, the id (a UUID) of your directory')
    }
    text = text.replace('{tenant}', tenant)
  }
  if (!URL.canParse(text)) return wrong('issuer is no URL')
  const issuer = new URL(text)
  if (!secure(text)) return wrong('issuer must be https')
  const endpoints = given.endpoints ?? preset?.endpoints
  for (const [name, url] of Object.entries(endpoints ?? {})) {
    if (!URL_MEMBERS.has(name) || secure(url)) continue
    return wrong(`endpoints.${name} must be https`)
  }
  return {
    id,
    name: given.name ?? preset?.name ?? id,
    kind: given.endpoints === undefined ? (preset?.kind ?? 'oidc') : 'oauth2',
    issuer,
    issuerName: text,
    clientId,
    clientSecret: clientSecret instanceof Secret ? clientSecret : new Secret(clientSecret),
    scopes: given.scopes ?? preset?.scopes ?? ['openid', 'email', 'profile'],
    endpoints,
    authoritativeFor: given.authoritativeFor ?? preset?.authoritativeFor ?? [],
    hostedDomainClaim: preset?.hostedDomainClaim,
    keepTokens: given.keepTokens === true,
    clientAuthentication: given.clientAuthentication ?? 'post',
  }
}
