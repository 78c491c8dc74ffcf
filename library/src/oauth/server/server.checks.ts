import type { Check } from '../../kernel/check.ts'
import { Secret } from '../../kernel/secret.ts'
import type { OAuthOptions } from './options.ts'

/** What the doctor knows about the authorization server. */
export interface OAuthFacts {
  readonly options: OAuthOptions
  readonly production: boolean
}

const SECRET_LENGTH = 32

export const oauthChecks: readonly Check<OAuthFacts>[] = [
  {
    id: 'oauth.short-client-secret',
    severity: 'critical',
    what: 'A client has a secret that can be guessed.',
    why: 'Whoever guesses it gets tokens in the name of that client.',
    fix: 'Give it 32 random bytes as oauth.clients[].clientSecret, or better its own key as jwks.',
    found: ({ options, production }) => {
      if (!production) return false
      const short = options.clients?.find(({ clientSecret: given }) => {
        const secret = given instanceof Secret ? given.reveal() : given
        return secret !== undefined && secret.length < SECRET_LENGTH
      })
      return short?.clientId ?? false
    },
  },
  {
    id: 'oauth.open-registration',
    severity: 'warning',
    what: 'Anybody may register a client.',
    why: 'A client of an attacker asks your people for consent on your own page.',
    fix: 'Take oauth.registration away, or give it a token, unless unknown MCP clients must begin by themselves.',
    found: ({ options, production }) => production && options.registration === 'open',
  },
  {
    id: 'oauth.loopback-redirect',
    severity: 'advice',
    what: 'A confidential client takes its code on a loopback address.',
    why: 'Any program of that machine may listen there; a web client has an address of its own.',
    fix: 'Register its https address in oauth.clients[].redirectUris.',
    found: ({ options }) =>
      options.clients?.find(
        ({ clientSecret, jwks, redirectUris }) =>
          (clientSecret !== undefined || jwks !== undefined) &&
          redirectUris?.some(uri => uri.startsWith('http:')) === true,
      )?.clientId ?? false,
  },
]
