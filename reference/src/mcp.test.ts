import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import {
  auth,
  extractWWWAuthenticateParams,
  type OAuthClientProvider,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import { bulwark } from 'bulwark/fastify'
import Fastify from 'fastify'
import { Client } from './testing/browserless.ts'
import { authorized, CALLBACK, pkce } from './testing/relying.ts'
import { freePort, type Running, running } from './testing/running.ts'

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

/** A service with two resources: itself, and an MCP server under a path. */
async function twoResources() {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const tools = `${origin}/tools`
  const app = Fastify()
  await app.register(bulwark, {
    mode: 'development',
    origin,
    rootKey: randomBytes(32),
    account: {},
    oauth: {
      resources: [tools],
      scopes: { 'tools:use': 'use your tools' },
      clients: [{ clientId: 'app', name: 'App', redirectUris: [CALLBACK], firstParty: true }],
    },
  })
  const access = { signedIn: true, scope: 'tools:use' } as const
  app.get('/own', { config: { access } }, () => ({}))
  app.get('/tools', { config: { access: { ...access, audience: tools } } }, () => ({}))
  await app.listen({ host: '127.0.0.1', port })
  const { account, sessions } = app.bulwark
  const visit = {
    request: { id: 'x', method: 'POST', route: '/', address: '127.0.0.1', device: 'test' },
    cookies: undefined,
  }
  const made = await account?.createAccount(
    { visit, actorId: undefined },
    { email: 'ann@example.com', verified: true },
  )
  assert.ok(made?.ok)
  const proof = { factors: [{ factor: 'pwd', at: Date.now() }], address: '', device: '' }
  const issued = await sessions?.start(made.value, proof)
  const cookie = issued?.cookie.split(';')[0] ?? ''
  const tokenFor = async (...resources: string[]): Promise<string> => {
    const { verifier, challenge } = pkce()
    const query = new URLSearchParams({
      client_id: 'app',
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'tools:use',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    for (const resource of resources) query.append('resource', resource)
    const to = await fetch(`${origin}/oauth/authorize?${query}`, {
      redirect: 'manual',
      headers: { cookie },
    })
    const code = new URL(to.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const fields = { grant_type: 'authorization_code', client_id: 'app', redirect_uri: CALLBACK }
    const answer = await fetch(`${origin}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...fields, code, code_verifier: verifier }),
    })
    return ((await answer.json()) as { access_token: string }).access_token
  }
  const open = async (path: string, token?: string): Promise<Response> =>
    fetch(
      origin + path,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    )
  return { app, origin, tools, tokenFor, open, client: new Client(origin) }
}

test('a token opens only the resource that it is meant for', async () => {
  const { app, origin, tools, tokenFor, open } = await twoResources()
  try {
    const own = await tokenFor()
    const other = await tokenFor(tools)
    const both = await tokenFor(origin, tools)
    assert.deepEqual(
      [(await open('/own', own)).status, (await open('/tools', own)).status],
      [200, 401],
    )
    assert.deepEqual(
      [(await open('/own', other)).status, (await open('/tools', other)).status],
      [401, 200],
    )
    assert.deepEqual(
      [(await open('/own', both)).status, (await open('/tools', both)).status],
      [200, 200],
    )
  } finally {
    await app.close()
  }
})

test('each resource is described at an address of its own, and its challenges lead there', async () => {
  const { app, origin, tools, tokenFor, open, client } = await twoResources()
  try {
    const wrongly = await tokenFor()
    const rows: [Response, string][] = [
      [await open('/own'), origin],
      [await open('/tools'), tools],
      [await open('/tools', wrongly), tools],
    ]
    for (const [refused, resource] of rows) {
      const { resourceMetadataUrl } = extractWWWAuthenticateParams(refused)
      assert.ok(resourceMetadataUrl)
      const { json } = await client.get(resourceMetadataUrl.pathname)
      assert.equal(json.resource, resource)
      assert.deepEqual(json.authorization_servers, [origin])
    }
    assert.match(rows[2]?.[0].headers.get('www-authenticate') ?? '', /error="invalid_token"/)
  } finally {
    await app.close()
  }
})
