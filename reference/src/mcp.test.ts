import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  auth,
  extractWWWAuthenticateParams,
  type OAuthClientProvider,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import { authorized } from './testing/relying.ts'
import { type Running, running } from './testing/running.ts'

let of: Running
before(async () => {
  of = await running()
})
after(() => of.stop())

/** What an MCP client remembers. It begins with nothing but the address of the resource. */
class Memory implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1:53682/callback'
  readonly clientMetadata = {
    client_name: 'An agent',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  }
  client: StoredOAuthClientInformation | undefined
  kept: StoredOAuthTokens | undefined
  sentTo: URL | undefined
  #verifier = ''

  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.client
  }
  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.client = client
  }
  tokens(): StoredOAuthTokens | undefined {
    return this.kept
  }
  saveTokens(tokens: StoredOAuthTokens): void {
    this.kept = tokens
  }
  redirectToAuthorization(url: URL): void {
    this.sentTo = url
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }
  codeVerifier(): string {
    return this.#verifier
  }
}

test('an MCP client authorizes from the resource’s challenge alone: metadata, registration, code, refresh', async () => {
  const person = await of.signedIn('ann@example.com')
  const serverUrl = `${of.origin}/api/orders`
  const refused = await fetch(serverUrl)
  assert.equal(refused.status, 401)
  const { resourceMetadataUrl } = extractWWWAuthenticateParams(refused)
  assert.ok(resourceMetadataUrl)
  const at = { serverUrl, resourceMetadataUrl }

  const agent = new Memory()
  assert.equal(await auth(agent, at), 'REDIRECT')
  assert.ok(agent.client?.client_id)
  const { pathname = '', search = '' } = agent.sentTo ?? {}
  assert.match(search, /resource=/)
  const back = await authorized(person, pathname + search)
  const authorizationCode = back.searchParams.get('code') ?? ''
  const iss = back.searchParams.get('iss') ?? ''
  assert.equal(await auth(agent, { ...at, authorizationCode, iss }), 'AUTHORIZED')
  const ask = () =>
    fetch(serverUrl, { headers: { authorization: `Bearer ${agent.kept?.access_token}` } })
  assert.equal((await ask()).status, 200)

  const before = agent.kept?.refresh_token
  assert.equal(await auth(agent, at), 'AUTHORIZED')
  assert.notEqual(agent.kept?.refresh_token, before)
  assert.equal((await ask()).status, 200)

  const { clientId } = (await person.get('/oauth/grants')).json[0]
  assert.equal(clientId, agent.client?.client_id)
  await person.send('DELETE', `/oauth/grants/${clientId}`)
  assert.equal((await ask()).status, 401)
})
