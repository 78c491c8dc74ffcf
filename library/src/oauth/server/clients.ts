import type { JSONWebKeySet } from 'jose'
import { sameText } from '../../kernel/bytes.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import type { Keys } from '../../kernel/keys.ts'
import type { Random } from '../../kernel/random.ts'
import { Secret } from '../../kernel/secret.ts'
import { OWN_CLIENT } from '../../session/refresh/access-tokens.ts'
import type { Credentials } from '../../store/port/credentials.ts'
import { hashesOf, hashOf } from './ground.ts'
import type { ClientOptions, GrantType } from './options.ts'
import { redirectComplaint } from './uris.ts'

/** A client as the server knows it. */
export interface OAuthClient {
  readonly clientId: string
  readonly name: string
  readonly redirectUris: readonly string[]
  readonly scopes: readonly string[]
  readonly grants: readonly GrantType[]
  readonly postLogoutRedirectUris: readonly string[]
  readonly secretHash: string | undefined
  readonly jwks: JSONWebKeySet | undefined
  readonly introspects: boolean
  readonly firstParty: boolean
  /** Registered by itself: nobody has looked at its name. */
  readonly selfRegistered: boolean
}

export interface Clients {
  find(clientId: string): Promise<OAuthClient | undefined>
  /** `taken` when there is one of this id; it stays as it is. @throws {ConfigFault} */
  add(client: ClientOptions, how?: { readonly selfRegistered?: boolean }): Promise<'done' | 'taken'>
  /** Whether this is the client's secret; false for a client without one. */
  provesSecret(client: OAuthClient, secret: string): Promise<boolean>
}

const KIND = 'oauth-client'
const SECRET = 'client-secret'
/** Clients belong to nobody: the nil UUID (RFC 9562 §5.9). */
const NOBODY = '00000000-0000-0000-0000-000000000000'
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const ID = /^[\x21-\x7e]{1,128}$/
const USUAL_GRANTS: readonly GrantType[] = ['authorization_code', 'refresh_token']

/** @throws {ConfigFault} when a client of the options cannot be */
export function clients(
  given: readonly ClientOptions[],
  parts: {
    readonly credentials: Credentials
    readonly keys: Keys
    readonly olderKeys: () => readonly Keys[]
    readonly random: Random
    readonly scopes: readonly string[]
    readonly clock: () => number
  },
): Clients {
  const textOf = (clientId: string, secret: string): string => `${clientId}\n${secret}`
  const secretHash = (clientId: string, secret: string): string =>
    hashOf(parts, SECRET, textOf(clientId, secret))
  const judged = (client: ClientOptions, selfRegistered: boolean): OAuthClient =>
    clientOf(client, selfRegistered, parts.scopes, secretHash)
  const fixed = new Map<string, OAuthClient>()
  for (const client of given) {
    if (fixed.has(client.clientId)) {
      throw new ConfigFault('oauth.clients', `${client.clientId} is there twice`)
    }
    fixed.set(client.clientId, judged(client, false))
  }

  return {
    async provesSecret(client, secret) {
      const { clientId, secretHash: expected } = client
      if (expected === undefined) return false
      const [today = '', ...older] = hashesOf(parts, SECRET, textOf(clientId, secret))
      if (sameText(today, expected)) return true
      if (!older.some(hash => sameText(hash, expected))) return false
      // Decision: kept under an earlier root key, and here is its text, so today's takes it over; else
      // the key's date would end the client. Cost: who does not come until then needs a new secret.
      const kept = await parts.credentials.byHandle(KIND, clientId)
      if (kept !== undefined) {
        const data = JSON.stringify({ ...client, secretHash: today } satisfies OAuthClient)
        await parts.credentials.update(kept.id, { data })
      }
      return true
    },
    async find(clientId) {
      const known = fixed.get(clientId)
      if (known !== undefined || !ID.test(clientId)) return known
      const kept = await parts.credentials.byHandle(KIND, clientId)
      return kept === undefined ? undefined : (JSON.parse(kept.data) as OAuthClient)
    },
    async add(client, how = {}) {
      if (fixed.has(client.clientId)) return 'taken'
      const made = judged(client, how.selfRegistered === true)
      const added = await parts.credentials.add([
        {
          id: parts.random.uuid(),
          accountId: NOBODY,
          kind: KIND,
          handle: made.clientId,
          data: JSON.stringify(made),
          mark: 0,
          confirmed: true,
          createdAt: parts.clock(),
          lastUsedAt: undefined,
        },
      ])
      return added === 'done' ? 'done' : 'taken'
    },
  }
}

function clientOf(
  client: ClientOptions,
  selfRegistered: boolean,
  known: readonly string[],
  hash: (clientId: string, secret: string) => string,
): OAuthClient {
  const { clientId, name, redirectUris = [], grants = USUAL_GRANTS, clientSecret } = client
  const bad = (message: string): never => {
    throw new ConfigFault(`oauth.clients ${JSON.stringify(clientId)}`, message)
  }
  if (typeof clientId !== 'string' || !ID.test(clientId)) return bad('needs a visible clientId')
  // RFC 9700 §4.15: nobody may take a client's own token for that of a person.
  if (UUID.test(clientId) || clientId === OWN_CLIENT) {
    return bad('may not look like the id of an account')
  }
  for (const uri of redirectUris) {
    const complaint = redirectComplaint(uri)
    if (complaint !== undefined) return bad(`redirect URI ${JSON.stringify(uri)} ${complaint}`)
  }
  for (const uri of client.postLogoutRedirectUris ?? []) {
    const complaint = redirectComplaint(uri)
    if (complaint !== undefined) return bad(`after logout, ${JSON.stringify(uri)} ${complaint}`)
  }
  const confidential = clientSecret !== undefined || client.jwks !== undefined
  if (grants.includes('client_credentials') && !confidential) {
    return bad('needs clientSecret or jwks for client_credentials')
  }
  if (grants.includes('authorization_code') && redirectUris.length === 0) {
    return bad('needs at least one of redirectUris')
  }
  const scopes = client.scopes ?? known
  const secret = clientSecret instanceof Secret ? clientSecret.reveal() : clientSecret
  return {
    clientId,
    name,
    redirectUris,
    scopes,
    grants,
    postLogoutRedirectUris: client.postLogoutRedirectUris ?? [],
    secretHash: secret === undefined ? undefined : hash(clientId, secret),
    jwks: client.jwks,
    introspects: client.introspects === true,
    firstParty: client.firstParty === true,
    selfRegistered,
  }
}
