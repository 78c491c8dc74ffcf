import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import type { Answer, Client } from './testing/browserless.ts'
import { authorized, CALLBACK, pkce } from './testing/relying.ts'
import { PASSWORD, type Running, running } from './testing/running.ts'

const SECRET = 'a secret of the web client, 256 bits in real life'
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }

for (const store of ['memory', 'sqlite'] as const) {
  describe(`the authorization server, ${store}`, () => {
    let of: Running
    let person: Client
    let ahead = 0
    before(async () => {
      of = await running(store, {}, () => Date.now() + ahead)
      person = await of.signedIn('ann@example.com')
      const scopes = ['openid', 'email', 'profile', 'orders:read', 'orders:write']
      const redirectUris = [CALLBACK, 'http://127.0.0.1/native']
      const add = of.app.bulwark.oauth?.clients.add
      assert.ok(add)
      await add({ clientId: 'app', name: 'The App', redirectUris, scopes })
      await add({ clientId: 'other', name: 'Another', redirectUris, scopes })
      await add({
        clientId: 'web',
        name: 'Web',
        redirectUris,
        scopes,
        clientSecret: SECRET,
        grants: ['authorization_code', 'refresh_token', 'client_credentials'],
        postLogoutRedirectUris: ['https://client.example/bye'],
      })
      await add({
        clientId: 'keyed',
        name: 'Keyed',
        scopes,
        grants: ['client_credentials'],
        jwks: { keys: [jwk] },
      })
      await add({
        clientId: 'api',
        name: 'Api',
        grants: [],
        clientSecret: SECRET,
        introspects: true,
      })
    })
    after(() => of.stop())

    const request = (more: Record<string, string | undefined> = {}): string => {
      const given = {
        client_id: 'app',
        redirect_uri: CALLBACK,
        response_type: 'code',
        code_challenge: pkce().challenge,
        code_challenge_method: 'S256',
        scope: 'orders:read',
        state: 'st',
        ...more,
      }
      const known = Object.entries(given).filter((pair): pair is [string, string] => !!pair[1])
      return `/oauth/authorize?${new URLSearchParams(known)}`
    }
    const post = (
      path: string,
      fields: Record<string, string>,
      headers: Record<string, string> = {},
    ): Promise<Answer> =>
      of.client().send('POST', path, new URLSearchParams(fields).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      })
    const codeFor = async (more: Record<string, string> = {}, by = person) => {
      const { verifier, challenge } = pkce()
      const to = await authorized(by, request({ code_challenge: challenge, ...more }))
      const code = to.searchParams.get('code')
      assert.ok(code, to.href)
      return { code, verifier }
    }
    const redeem = (
      { code, verifier }: { code: string; verifier: string },
      more: Record<string, string> = {},
    ) =>
      post('/oauth/token', {
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: CALLBACK,
        client_id: 'app',
        ...more,
      })
    const orders = (token: string) =>
      of.client().send('GET', '/api/orders', undefined, { authorization: `Bearer ${token}` })
    const basic = (id: string, secret: string) => ({
      authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString('base64')}`,
    })

    test('oauth4webapi completes the whole of OpenID: discovery, code, id token, userinfo, refresh, revocation', async () => {
      const issuer = new URL(of.origin)
      const http = { [oauth.allowInsecureRequests]: true } as const
      const as = await oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http }),
      )
      const client: oauth.Client = { client_id: 'web' }
      const auth = oauth.ClientSecretBasic(SECRET)
      const verifier = oauth.generateRandomCodeVerifier()
      const challenge = await oauth.calculatePKCECodeChallenge(verifier)
      const nonce = oauth.generateRandomNonce()
      const more = { client_id: 'web', code_challenge: challenge, nonce, scope: 'openid email' }
      const to = await authorized(person, request({ ...more, max_age: '600' }))
      const parameters = oauth.validateAuthResponse(as, client, to, 'st')
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        client,
        auth,
        parameters,
        CALLBACK,
        verifier,
        http,
      )
      const result = await oauth.processAuthorizationCodeResponse(as, client, response, {
        expectedNonce: nonce,
        requireIdToken: true,
        maxAge: 600,
      })
      await oauth.validateApplicationLevelSignature(as, response, http)
      const claims = oauth.getValidatedIdTokenClaims(result)
      assert.ok(claims)
      const info = await oauth.processUserInfoResponse(
        as,
        client,
        claims.sub,
        await oauth.userInfoRequest(as, client, result.access_token, http),
      )
      assert.equal(info.email, 'ann@example.com')
      const refreshed = await oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, auth, result.refresh_token ?? '', http),
      )
      assert.notEqual(refreshed.refresh_token, result.refresh_token)
      const seen = await oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, auth, refreshed.access_token, http),
      )
      assert.equal(seen.active, true)
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(as, client, auth, refreshed.access_token, http),
      )
      const gone = await oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, auth, refreshed.access_token, http),
      )
      assert.deepEqual(gone, { active: false })
    })

    test('openid-client completes discovery, code with PKCE, userinfo and refresh', async () => {
      const openid = await import('openid-client')
      const config = await openid.discovery(new URL(of.origin), 'web', SECRET, undefined, {
        execute: [openid.allowInsecureRequests],
      })
      const verifier = openid.randomPKCECodeVerifier()
      const nonce = openid.randomNonce()
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: CALLBACK,
        scope: 'openid profile',
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        nonce,
        state: 'here',
      })
      const to = await authorized(person, url.pathname + url.search)
      const got = await openid.authorizationCodeGrant(config, to, {
        pkceCodeVerifier: verifier,
        expectedNonce: nonce,
        expectedState: 'here',
      })
      const sub = got.claims()?.sub ?? ''
      assert.equal((await openid.fetchUserInfo(config, got.access_token, sub)).sub, sub)
      assert.ok((await openid.refreshTokenGrant(config, got.refresh_token ?? '')).access_token)
    })

    test('openid-client completes client credentials by secret and by key, introspection, revocation and sign-out', async () => {
      const openid = await import('openid-client')
      const execute = [openid.allowInsecureRequests]
      const issuer = new URL(of.origin)
      const config = await openid.discovery(
        issuer,
        'web',
        SECRET,
        openid.ClientSecretBasic(SECRET),
        { execute },
      )
      const own = await openid.clientCredentialsGrant(config, { scope: 'orders:read' })
      assert.equal((await openid.tokenIntrospection(config, own.access_token)).active, true)
      await openid.tokenRevocation(config, own.access_token)
      assert.equal((await openid.tokenIntrospection(config, own.access_token)).active, false)
      assert.equal((await orders(own.access_token)).status, 401)

      const key = await crypto.subtle.importKey(
        'jwk',
        privateKey.export({ format: 'jwk' }) as JsonWebKey,
        { name: 'ECDSA', namedCurve: 'P-256' },
        false,
        ['sign'],
      )
      const keyed = await openid.discovery(
        issuer,
        'keyed',
        undefined,
        openid.PrivateKeyJwt({ key, kid: 'k1' }),
        { execute },
      )
      const { access_token: token } = await openid.clientCredentialsGrant(keyed)
      assert.equal((await orders(token)).status, 200)

      const leaving = of.client()
      await leaving.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })
      const grant = await codeFor({ client_id: 'web', scope: 'openid' }, leaving)
      const { json } = await redeem(grant, { client_id: 'web', client_secret: SECRET })
      const bye = openid.buildEndSessionUrl(config, {
        id_token_hint: json.id_token,
        post_logout_redirect_uri: 'https://client.example/bye',
      })
      const gone = await leaving.get(bye.pathname + bye.search)
      assert.equal(gone.headers.get('location'), 'https://client.example/bye')
      assert.equal((await leaving.get('/auth/me')).status, 401)
    })

    test('oauth4webapi finds the server from the resource, registers itself and completes a flow for it', async () => {
      const http = { [oauth.allowInsecureRequests]: true } as const
      const resource = new URL(of.origin)
      const described = await oauth.processResourceDiscoveryResponse(
        resource,
        await oauth.resourceDiscoveryRequest(resource, http),
      )
      const issuer = new URL(described.authorization_servers?.[0] ?? '')
      const as = await oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http }),
      )
      const client = await oauth.processDynamicClientRegistrationResponse(
        await oauth.dynamicClientRegistrationRequest(
          as,
          {
            client_name: 'Found by itself',
            redirect_uris: [CALLBACK],
            grant_types: ['authorization_code', 'refresh_token'],
            scope: 'orders:read',
          },
          http,
        ),
      )
      const verifier = oauth.generateRandomCodeVerifier()
      const more = {
        client_id: client.client_id,
        resource: resource.href,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      }
      const to = await authorized(person, request(more))
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        client,
        oauth.ClientSecretBasic(String(client['client_secret'])),
        oauth.validateAuthResponse(as, client, to, 'st'),
        CALLBACK,
        verifier,
        http,
      )
      const got = await oauth.processAuthorizationCodeResponse(as, client, response)
      assert.equal((await orders(got.access_token)).status, 200)
    })

    test('a client that proves itself by its key gets a token for itself, once an assertion', async () => {
      const http = { [oauth.allowInsecureRequests]: true } as const
      const issuer = new URL(of.origin)
      const as = await oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http }),
      )
      const key = await crypto.subtle.importKey(
        'jwk',
        privateKey.export({ format: 'jwk' }) as JsonWebKey,
        { name: 'ECDSA', namedCurve: 'P-256' },
        false,
        ['sign'],
      )
      const sent: string[] = []
      const client = { client_id: 'keyed' }
      const response = await oauth.clientCredentialsGrantRequest(
        as,
        client,
        oauth.PrivateKeyJwt({ key, kid: 'k1' }),
        { scope: 'orders:read' },
        {
          ...http,
          [oauth.customFetch]: (url, init) => {
            sent.push(String(init.body))
            return fetch(url, init as RequestInit)
          },
        },
      )
      const { access_token: token } = await oauth.processClientCredentialsResponse(
        as,
        client,
        response,
      )
      assert.equal((await orders(token)).status, 200)
      const replayed = await of.client().send('POST', '/oauth/token', sent[0], {
        'content-type': 'application/x-www-form-urlencoded',
      })
      assert.equal(replayed.json.error, 'invalid_client')
    })

    test('the token opens what its scope names, and nothing else', async () => {
      const { json } = await redeem(await codeFor())
      assert.deepEqual(Object.keys(json).sort(), [
        'access_token',
        'expires_in',
        'refresh_token',
        'scope',
        'token_type',
      ])
      assert.equal((await orders(json.access_token)).status, 200)
      const authorization = { authorization: `Bearer ${json.access_token}` }
      const order = { item: 'tea', quantity: 1 }
      const wider = await of.client().send('POST', '/api/orders', order, authorization)
      assert.equal(wider.status, 403)
      assert.match(wider.headers.get('www-authenticate') ?? '', /insufficient_scope.*orders:write/)
      const me = await of.client().send('GET', '/auth/me', undefined, authorization)
      assert.equal(me.status, 403)
    })

    test('a challenge says where the authorization server is found', async () => {
      const { headers, status } = await of.client().get('/api/orders')
      assert.equal(status, 401)
      assert.equal(
        headers.get('www-authenticate'),
        `Bearer resource_metadata="${of.origin}/.well-known/oauth-protected-resource"`,
      )
    })

    const shown: [string, Record<string, string | undefined>][] = [
      ['an unknown client', { client_id: 'nobody' }],
      ['no client', { client_id: undefined }],
      ['no redirect URI', { redirect_uri: undefined }],
      ['another redirect URI', { redirect_uri: 'https://evil.example/callback' }],
      ['a longer redirect URI', { redirect_uri: `${CALLBACK}/more` }],
      ['a redirect URI with a query', { redirect_uri: `${CALLBACK}?x=1` }],
      ['a redirect URI in other letters', { redirect_uri: 'https://client.example/Callback' }],
      [
        'a redirect URI with a dot segment',
        { redirect_uri: 'https://client.example/a/../callback' },
      ],
      ['a loopback address of another path', { redirect_uri: 'http://127.0.0.1:9/other' }],
      ['localhost in place of the address', { redirect_uri: 'http://localhost:9/native' }],
    ]
    for (const [what, more] of shown) {
      test(`${what} is told here, and sent nowhere`, async () => {
        const answer = await person.get(request(more))
        assert.equal(answer.status, 400)
        assert.equal(answer.headers.get('location'), null)
      })
    }

    const sentBack: [string, Record<string, string | undefined>, string][] = [
      ['no challenge', { code_challenge: undefined }, 'invalid_request'],
      ['a challenge that is none', { code_challenge: 'short' }, 'invalid_request'],
      ['the plain method', { code_challenge_method: 'plain' }, 'invalid_request'],
      ['no method, which means plain', { code_challenge_method: undefined }, 'invalid_request'],
      ['an implicit grant', { response_type: 'token' }, 'unsupported_response_type'],
      ['a hybrid flow', { response_type: 'code id_token' }, 'unsupported_response_type'],
      ['no response type', { response_type: undefined }, 'unsupported_response_type'],
      ['no scope', { scope: undefined }, 'invalid_scope'],
      ['a scope beyond the client', { scope: 'orders:read admin' }, 'invalid_scope'],
      ['a foreign resource', { resource: 'https://elsewhere.example' }, 'invalid_target'],
      ['a fragment as answer', { response_mode: 'fragment' }, 'invalid_request'],
      ['a request object', { request: 'e30.e30.' }, 'request_not_supported'],
      ['prompt none with another', { prompt: 'none login' }, 'invalid_request'],
      [
        'prompt none where consent is owed',
        { prompt: 'none', client_id: 'other' },
        'consent_required',
      ],
      ['an age that is none', { max_age: '-1' }, 'invalid_request'],
    ]
    for (const [what, more, error] of sentBack) {
      test(`${what} is refused to the client, with state and iss`, async () => {
        const { status, headers } = await person.get(request(more))
        assert.equal(status, 303)
        const to = new URL(headers.get('location') ?? '')
        assert.equal(to.origin + to.pathname, CALLBACK)
        assert.equal(to.searchParams.get('error'), error)
        const said = to.searchParams.get('error_description') ?? ''
        assert.match(said, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
        assert.equal(to.searchParams.get('state'), 'st')
        assert.equal(to.searchParams.get('iss'), of.origin)
        assert.equal(to.searchParams.get('code'), null)
      })
    }

    test('a code comes with state and iss, and who declines gives none', async () => {
      const denied = await authorized(person, request({ client_id: 'other' }), 'deny')
      assert.equal(denied.searchParams.get('error'), 'access_denied')
      assert.equal(denied.searchParams.get('iss'), of.origin)
      const to = await authorized(person, request())
      assert.equal(to.searchParams.get('iss'), of.origin)
      assert.equal(to.searchParams.get('state'), 'st')
    })

    test('a native app gets its code on whichever port it has', async () => {
      const uri = 'http://127.0.0.1:51234/native'
      const grant = await codeFor({ redirect_uri: uri })
      assert.equal((await redeem(grant, { redirect_uri: uri })).status, 200)
    })

    test('who is not signed in signs in first, and comes back to the same request', async () => {
      const stranger = of.client()
      const first = await stranger.get(request())
      const location = new URL(first.headers.get('location') ?? '', of.origin)
      assert.equal(location.pathname, '/login')
      const next = location.searchParams.get('next') ?? ''
      const asked = await stranger.get(location.pathname + location.search)
      const csrf = /name="_csrf" value="([^"]*)"/.exec(asked.text)?.[1] ?? ''
      const form = { _csrf: csrf, email: 'ann@example.com', password: PASSWORD, next }
      const entered = await stranger.send('POST', '/login', new URLSearchParams(form).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'text/html',
      })
      assert.equal(entered.headers.get('location'), next)
      assert.ok((await authorized(stranger, next)).searchParams.get('code'))
      const silent = await of.client().get(request({ prompt: 'none' }))
      assert.match(silent.headers.get('location') ?? '', /error=login_required/)
    })

    test('prompt login and max_age ask for a new sign-in', async () => {
      for (const more of [{ prompt: 'login' }, { max_age: '0' }]) {
        ahead += 5
        const { headers } = await person.get(request(more))
        assert.match(headers.get('location') ?? '', /^\/login\?next=/)
      }
    })

    test('the consent of one person answers nobody else’s request, and only once', async () => {
      const { headers } = await person.get(request({ prompt: 'consent' }))
      const page = headers.get('location') ?? ''
      const other = await of.signedIn(`${randomUUID()}@example.com`)
      assert.equal((await other.get(page)).status, 400)
      assert.equal((await of.client().get(page)).headers.get('location'), '/login')
      const asked = await person.get(page)
      const field = (name: string) =>
        new RegExp(`name="${name}" value="([^"]*)"`).exec(asked.text)?.[1] ?? ''
      const form = { _csrf: field('_csrf'), request: field('request'), answer: 'allow' }
      const decide = (by: Client, more: Record<string, string> = {}) =>
        by.send('POST', '/oauth/consent', new URLSearchParams(form).toString(), {
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'text/html',
          ...more,
        })
      assert.equal((await decide(person, { 'x-csrf-token': '' })).status, 403)
      assert.equal((await decide(other)).status, 400)
      const allowed = await decide(person)
      assert.match(allowed.headers.get('location') ?? '', /[?&]code=/)
      assert.equal((await decide(person)).status, 400)
    })

    const wrongCodes: [string, Record<string, string>, string][] = [
      ['another client', { client_id: 'other' }, 'invalid_grant'],
      ['another redirect URI', { redirect_uri: 'http://127.0.0.1/native' }, 'invalid_grant'],
      ['another verifier', { code_verifier: 'x'.repeat(43) }, 'invalid_grant'],
      ['a short verifier', { code_verifier: 'x' }, 'invalid_request'],
      ['a code that is none', { code: 'x' }, 'invalid_grant'],
      ['a client that must prove itself', { client_id: 'web' }, 'invalid_client'],
      [
        'a resource that was not asked for',
        { resource: 'https://elsewhere.example' },
        'invalid_target',
      ],
      ['a grant of the past', { grant_type: 'password' }, 'unsupported_grant_type'],
    ]
    test('who cannot redeem a code cannot spend it either', async () => {
      const grant = await codeFor()
      for (const [what, more, error] of wrongCodes) {
        const answer = await redeem(grant, more)
        assert.equal(answer.json.error, error, what)
        assert.equal(answer.headers.get('cache-control'), 'no-store', what)
      }
      assert.equal((await redeem(grant)).status, 200)
    })

    test('a code that comes again with all its proofs ends what the first one got', async () => {
      const grant = await codeFor()
      const { json } = await redeem(grant)
      const thief = await redeem(grant, { code_verifier: 'x'.repeat(43) })
      assert.equal(thief.json.error, 'invalid_grant')
      assert.equal((await orders(json.access_token)).status, 200)
      assert.equal((await redeem(grant)).json.error, 'invalid_grant')
      assert.equal((await orders(json.access_token)).status, 401)
      const again = {
        grant_type: 'refresh_token',
        refresh_token: json.refresh_token,
        client_id: 'app',
      }
      assert.equal((await post('/oauth/token', again)).json.error, 'invalid_grant')
    })

    test('five wrong verifiers void a code', async () => {
      const grant = await codeFor()
      for (let guess = 0; guess < 5; guess++) await redeem(grant, { code_verifier: 'y'.repeat(43) })
      assert.equal((await redeem(grant)).json.error, 'invalid_grant')
    })

    test('a code dies with the session that it was given in', async () => {
      const leaving = of.client()
      await leaving.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })
      const { verifier, challenge } = pkce()
      const to = await authorized(leaving, request({ code_challenge: challenge }))
      await leaving.post('/auth/logout')
      const code = to.searchParams.get('code') ?? ''
      assert.equal((await redeem({ code, verifier })).json.error, 'invalid_grant')
    })

    test('of ten who redeem one code at once, one wins', async () => {
      const grant = await codeFor()
      const all = await Promise.all(Array.from({ length: 10 }, () => redeem(grant)))
      assert.equal(all.filter(({ status }) => status === 200).length, 1)
      assert.ok(all.every(({ status, json }) => status === 200 || json.error === 'invalid_grant'))
    })

    test('a refresh token is its client’s own, asks for no more than was allowed, and works once', async () => {
      const { json } = await redeem(await codeFor({ scope: 'orders:read orders:write' }))
      const fields = { grant_type: 'refresh_token', refresh_token: json.refresh_token }
      const foreign = await post('/oauth/token', { ...fields, client_id: 'other' })
      assert.equal(foreign.json.error, 'invalid_grant')
      const wider = await post('/oauth/token', { ...fields, client_id: 'app', scope: 'openid' })
      assert.equal(wider.json.error, 'invalid_scope')
      const own = await of.client().post('/auth/refresh', { refreshToken: json.refresh_token })
      assert.equal(own.status, 401)
      const narrow = await post('/oauth/token', {
        ...fields,
        client_id: 'app',
        scope: 'orders:read',
      })
      assert.equal(narrow.json.scope, 'orders:read')
      assert.equal((await post('/oauth/token', { ...fields, client_id: 'app' })).status, 400)
    })

    test('a client proves itself in one way, and wrong secrets wait', async () => {
      const fields = { grant_type: 'client_credentials', scope: 'orders:read' }
      const good = await post('/oauth/token', fields, basic('web', SECRET))
      assert.equal(good.status, 200)
      const both = { ...fields, client_secret: SECRET }
      assert.equal(
        (await post('/oauth/token', both, basic('web', SECRET))).json.error,
        'invalid_request',
      )
      const bad = await post('/oauth/token', fields, basic('web', 'wrong'))
      assert.equal(bad.status, 401)
      assert.match(bad.headers.get('www-authenticate') ?? '', /^Basic/)
      const unknown = await post('/oauth/token', fields, basic('nobody', 'wrong'))
      assert.deepEqual(unknown.json, bad.json)
      let last = bad
      for (let guess = 0; guess < 12; guess++) {
        last = await post('/oauth/token', fields, basic('api', `guess ${guess}`))
      }
      assert.equal(last.status, 429)
      assert.ok(last.headers.get('retry-after'))
    })

    test('a public client gets no token for itself', async () => {
      const fields = { grant_type: 'client_credentials', client_id: 'app' }
      assert.equal((await post('/oauth/token', fields)).json.error, 'unauthorized_client')
    })

    test('a token is described to its client and to resource servers, and to nobody else', async () => {
      const { json } = await redeem(await codeFor())
      const token = json.access_token
      const web = await post('/oauth/introspect', { token }, basic('web', SECRET))
      assert.deepEqual(web.json, { active: false })
      const stranger = await post('/oauth/introspect', { token, client_id: 'app' })
      assert.equal(stranger.status, 401)
      assert.deepEqual(
        (await post('/oauth/introspect', { token: 'none' }, basic('web', SECRET))).json,
        { active: false },
      )
    })

    test('revoking another client’s token changes nothing, and tells nothing', async () => {
      const { json } = await redeem(await codeFor())
      const token = json.refresh_token
      assert.equal((await post('/oauth/revoke', { token, client_id: 'other' })).status, 200)
      assert.equal((await orders(json.access_token)).status, 200)
      assert.equal((await post('/oauth/revoke', { token, client_id: 'app' })).status, 200)
      assert.equal((await orders(json.access_token)).status, 401)
      assert.equal((await post('/oauth/revoke', { token: 'x', client_id: 'app' })).status, 200)
    })

    test('a person sees who acts for them, and takes it back', async () => {
      const { json } = await redeem(await codeFor())
      const listed = (await person.get('/oauth/grants')).json
      assert.ok(listed.some((grant: { clientId: string }) => grant.clientId === 'app'))
      assert.equal((await person.send('DELETE', '/oauth/grants/app')).status, 204)
      assert.equal((await orders(json.access_token)).status, 401)
      assert.equal((await person.send('DELETE', '/oauth/grants/app')).status, 404)
      assert.match((await person.get(request())).headers.get('location') ?? '', /^\/oauth\/consent/)
    })

    test('leaving needs the proof of who is leaving', async () => {
      const leaving = of.client()
      await leaving.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })
      const bye = 'https://client.example/bye'
      const forged = await leaving.get(`/oauth/logout?post_logout_redirect_uri=${bye}`)
      assert.equal(forged.headers.get('location'), '/')
      assert.equal((await leaving.get('/auth/me')).status, 200)
      const { verifier, challenge } = pkce()
      const more = { client_id: 'web', scope: 'openid', code_challenge: challenge }
      const to = await authorized(leaving, request(more))
      const code = to.searchParams.get('code') ?? ''
      const { json } = await redeem({ code, verifier }, { client_id: 'web', client_secret: SECRET })
      const query = new URLSearchParams({
        id_token_hint: json.id_token,
        post_logout_redirect_uri: bye,
        state: 's',
      })
      const gone = await leaving.get(`/oauth/logout?${query}`)
      assert.equal(gone.headers.get('location'), `${bye}?state=s`)
      assert.equal((await leaving.get('/auth/me')).status, 401)
    })

    test('an id token is no access token', async () => {
      const { verifier, challenge } = pkce()
      const more = { client_id: 'web', scope: 'openid', code_challenge: challenge }
      const to = await authorized(person, request(more))
      const code = to.searchParams.get('code') ?? ''
      const { json } = await redeem({ code, verifier }, { client_id: 'web', client_secret: SECRET })
      assert.equal((await orders(json.id_token)).status, 401)
    })

    test('a client registers itself, and may not make more of itself than a client', async () => {
      const register = (body: object) => of.client().post('/oauth/register', body)
      const made = await register({
        redirect_uris: ['http://127.0.0.1/cb'],
        client_name: 'Tool',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        introspects: true,
      })
      assert.equal(made.status, 201)
      assert.deepEqual(made.json.grant_types, ['authorization_code', 'refresh_token'])
      for (const uri of [
        'http://evil.example/cb',
        'javascript:alert(1)',
        'https://*.x.example/',
        'https://a.example/#x',
      ]) {
        const bad = await register({ redirect_uris: [uri], token_endpoint_auth_method: 'none' })
        assert.equal(bad.json.error, 'invalid_redirect_uri', uri)
      }
    })

    const open: [string, string][] = [
      ['/oauth/token', 'POST'],
      ['/oauth/revoke', 'POST'],
      ['/oauth/register', 'POST'],
      ['/oauth/userinfo', 'GET'],
      ['/oauth/jwks.json', 'GET'],
      ['/.well-known/oauth-authorization-server', 'GET'],
      ['/.well-known/openid-configuration', 'GET'],
      ['/.well-known/oauth-protected-resource', 'GET'],
    ]
    const FOREIGN = { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' }
    const preflight = (path: string, method: string) =>
      of.client().send('OPTIONS', path, undefined, {
        ...FOREIGN,
        'sec-fetch-mode': 'cors',
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type,mcp-protocol-version',
      })
    for (const [path, method] of open) {
      test(`a page of another origin may call ${path}, without cookies`, async () => {
        const { status, headers } = await preflight(path, method)
        assert.equal(status, 204)
        assert.equal(headers.get('access-control-allow-origin'), '*')
        assert.equal(headers.get('access-control-allow-credentials'), null)
        assert.ok(headers.get('access-control-allow-methods')?.split(', ').includes(method))
        assert.match(headers.get('access-control-allow-headers') ?? '', /^authorization, .*\*$/)
        const called = await of.client().send(method, path, undefined, FOREIGN)
        assert.equal(called.headers.get('access-control-allow-origin'), '*')
      })
    }
    const closed: [string, string][] = [
      ['/oauth/authorize', 'GET'],
      ['/oauth/logout', 'GET'],
      ['/oauth/introspect', 'POST'],
      ['/oauth/grants', 'GET'],
      ['/auth/me', 'GET'],
    ]
    for (const [path, method] of closed) {
      test(`no page of another origin may call ${path}`, async () => {
        const asked = await preflight(path, method)
        assert.equal(asked.headers.get('access-control-allow-origin'), null)
        assert.equal(asked.headers.get('access-control-allow-methods'), null)
        const called = await person.send(method, path, undefined, FOREIGN)
        assert.equal(called.headers.get('access-control-allow-origin'), null)
      })
    }

    test('a client in a page redeems, is told its mistakes, and a cookie opens nothing to it', async () => {
      const grant = await codeFor({ scope: 'openid' })
      const fields = {
        grant_type: 'authorization_code',
        code: grant.code,
        redirect_uri: CALLBACK,
        client_id: 'app',
      }
      const wrong = await post('/oauth/token', fields, FOREIGN)
      assert.equal(wrong.json.error, 'invalid_request')
      assert.equal(wrong.headers.get('access-control-allow-origin'), '*')
      const right = { ...fields, code_verifier: grant.verifier }
      const redeemed = await post('/oauth/token', right, FOREIGN)
      assert.equal(redeemed.status, 200)
      const authorization = `Bearer ${redeemed.json.access_token}`
      const info = await of
        .client()
        .send('GET', '/oauth/userinfo', undefined, { ...FOREIGN, authorization })
      assert.equal(info.status, 200)
      const stranger = await person.send('GET', '/oauth/userinfo', undefined, FOREIGN)
      assert.equal(stranger.status, 401)
      assert.equal(stranger.headers.get('access-control-allow-origin'), '*')
      assert.match(stranger.headers.get('access-control-expose-headers') ?? '', /www-authenticate/)
    })

    test('what a request says besides is not looked at, and what is empty was not said', async () => {
      const { verifier, challenge } = pkce()
      const more = { code_challenge: challenge, colour: 'blue', max_age: '' }
      const query = `${request(more)}&nonce=&prompt=`
      const code = (await authorized(person, query)).searchParams.get('code') ?? ''
      const answer = await redeem({ code, verifier }, { colour: 'blue', scope: '', resource: '' })
      assert.equal(answer.status, 200)
      const empty = await post('/oauth/token', { grant_type: '', client_id: 'app' })
      assert.equal(empty.json.error, 'invalid_request')
    })

    test('a name that comes twice is refused at both endpoints', async () => {
      const twice = await person.get(`${request()}&client_id=other`)
      assert.equal(twice.status, 400)
      assert.equal(twice.headers.get('location'), null)
      const body = 'grant_type=client_credentials&grant_type=refresh_token&client_id=app'
      const form = { 'content-type': 'application/x-www-form-urlencoded' }
      assert.equal((await of.client().send('POST', '/oauth/token', body, form)).status, 400)
    })

    test('tokens are asked for by POST and a form, and nothing of it counts in the address', async () => {
      assert.equal((await of.client().get('/oauth/token?grant_type=x')).status, 405)
      const { status } = await of.client().post('/oauth/token', { grant_type: 'refresh_token' })
      assert.equal(status, 415)
      const fields = { grant_type: 'client_credentials', client_id: 'web' }
      const inAddress = await post(`/oauth/token?client_secret=${SECRET}`, fields)
      assert.equal(inAddress.json.error, 'invalid_client')
      const { json } = await redeem(await codeFor())
      const shown = await of.client().get(`/api/orders?access_token=${json.access_token}`)
      assert.equal(shown.status, 401)
    })

    test('every authentication in the challenge is one that the metadata names, under addresses without a fragment', async () => {
      const { json } = await of.client().get('/.well-known/oauth-authorization-server')
      assert.equal(json.issuer, of.origin)
      const { search, hash } = new URL(json.issuer)
      assert.equal(search + hash, '')
      for (const [name, value] of Object.entries(json)) {
        if (!/_endpoint$|^jwks_uri$/.test(name)) continue
        assert.equal(new URL(String(value)).origin, of.origin, name)
        assert.equal(new URL(String(value)).hash, '', name)
      }
      assert.deepEqual(json.code_challenge_methods_supported, ['S256'])
      assert.deepEqual(json.response_types_supported, ['code'])
      assert.equal(json.authorization_response_iss_parameter_supported, true)
      assert.ok(json.token_endpoint_auth_methods_supported.includes('client_secret_basic'))
      assert.ok(!json.grant_types_supported.includes('password'))
      assert.ok(!json.grant_types_supported.includes('implicit'))
    })

    test('a mistake of a client is sent on only when its person is known here, or silence was asked for', async () => {
      const stranger = of.client()
      const bad = { code_challenge: undefined }
      const first = await stranger.get(request(bad))
      assert.match(first.headers.get('location') ?? '', /^\/login\?next=/)
      const silent = await stranger.get(request({ ...bad, prompt: 'none' }))
      assert.match(silent.headers.get('location') ?? '', /error=invalid_request/)
      const made = await of.client().post('/oauth/register', {
        redirect_uris: ['https://evil.example/cb'],
        token_endpoint_auth_method: 'none',
      })
      const own = { client_id: made.json.client_id, redirect_uri: 'https://evil.example/cb' }
      const open = await stranger.get(request({ ...own, prompt: 'none' }))
      assert.deepEqual([open.status, open.headers.get('location')], [400, null])
      const long = await person.get(request({ state: 'x'.repeat(3000) }))
      assert.equal(long.status, 400)
      assert.equal(long.headers.get('location'), null)
    })

    test('what is registered stays to the letter, and the answer is put behind it', async () => {
      const uri = 'https://client.example/cb?a=b%20c&x'
      const add = of.app.bulwark.oauth?.clients.add
      await add?.({ clientId: 'query', name: 'Query', redirectUris: [uri], scopes: ['openid'] })
      const more = { client_id: 'query', redirect_uri: uri, scope: 'nothing' }
      const { headers } = await person.get(request(more))
      assert.ok(headers.get('location')?.startsWith(`${uri}&error=invalid_scope&`))
    })

    test('a native app and a client that registered itself are asked about each time', async () => {
      const made = await of.client().post('/oauth/register', {
        redirect_uris: ['https://new.example/cb'],
        token_endpoint_auth_method: 'none',
        scope: 'orders:read',
      })
      const own = { client_id: made.json.client_id, redirect_uri: 'https://new.example/cb' }
      for (const more of [{ redirect_uri: 'http://127.0.0.1:4000/native' }, own]) {
        assert.ok((await authorized(person, request(more))).searchParams.get('code'))
        const again = await person.get(request(more))
        assert.match(again.headers.get('location') ?? '', /^\/oauth\/consent/)
      }
      assert.ok((await authorized(person, request())).searchParams.get('code'))
      assert.match((await person.get(request())).headers.get('location') ?? '', /[?&]code=/)
    })

    test('the pair of RFC 7636 appendix B is redeemed', async () => {
      const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
      const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
      const to = await authorized(person, request({ code_challenge: challenge }))
      const code = to.searchParams.get('code') ?? ''
      assert.ok(!to.href.includes(challenge))
      assert.equal((await redeem({ code, verifier })).status, 200)
    })

    test('a browser is sent on by 303, and nobody frames the pages or learns where it came from', async () => {
      const { status, headers } = await person.get(request({ prompt: 'consent' }))
      assert.equal(status, 303)
      const page = headers.get('location') ?? ''
      const shown = await person.get(page)
      const login = await of.client().get('/login')
      for (const answer of [shown, login]) {
        assert.match(answer.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
        assert.equal(answer.headers.get('x-frame-options'), 'DENY')
        assert.equal(answer.headers.get('referrer-policy'), 'no-referrer')
      }
      const form = new URLSearchParams({
        _csrf: /name="_csrf" value="([^"]*)"/.exec(shown.text)?.[1] ?? '',
        request: /name="request" value="([^"]*)"/.exec(shown.text)?.[1] ?? '',
        answer: 'allow',
      })
      const decided = await person.send('POST', '/oauth/consent', form.toString(), {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'text/html',
      })
      assert.ok([200, 303].includes(decided.status))
      assert.match(decided.headers.get('cache-control') ?? '', /no-store/)
    })

    test('tokens are answered as JSON that nobody keeps', async () => {
      const { headers, json } = await redeem(await codeFor())
      assert.match(headers.get('content-type') ?? '', /^application\/json/)
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(headers.get('pragma'), 'no-cache')
      assert.equal(json.token_type, 'Bearer')
      assert.equal(json.expires_in, 600)
    })

    test('a code is over after a minute', async () => {
      const grant = await codeFor()
      ahead += 60_000
      assert.equal((await redeem(grant)).json.error, 'invalid_grant')
    })

    test('a hint at somebody else asks for them, once, and silence is answered', async () => {
      const grant = await codeFor({ client_id: 'web', scope: 'openid' })
      const { json } = await redeem(grant, { client_id: 'web', client_secret: SECRET })
      const hint = { client_id: 'web', scope: 'openid', id_token_hint: json.id_token }
      assert.ok((await authorized(person, request(hint))).searchParams.get('code'))
      const other = await of.signedIn(`${randomUUID()}@example.com`)
      const asked = (await other.get(request(hint))).headers.get('location') ?? ''
      assert.match(asked, /^\/login\?next=/)
      ahead += 5
      const next = new URL(asked, of.origin).searchParams.get('next') ?? ''
      const silent = await other.get(request({ ...hint, prompt: 'none' }))
      assert.match(silent.headers.get('location') ?? '', /error=login_required/)
      const since = next.replace(/signed_in_after=\d+/, 'signed_in_after=0')
      assert.match((await other.get(since)).headers.get('location') ?? '', /error=login_required/)
      for (const text of ['x', json.access_token]) {
        const forged = await person.get(request({ ...hint, id_token_hint: text, prompt: 'none' }))
        assert.match(forged.headers.get('location') ?? '', /error=login_required/)
      }
    })

    test('a narrower token narrows no later one', async () => {
      const { json } = await redeem(await codeFor({ scope: 'orders:read orders:write' }))
      const refresh = (token: string, more: Record<string, string> = {}) =>
        post('/oauth/token', {
          grant_type: 'refresh_token',
          refresh_token: token,
          client_id: 'app',
          ...more,
        })
      const narrow = await refresh(json.refresh_token, { scope: 'orders:read' })
      assert.equal(narrow.json.scope, 'orders:read')
      const whole = await refresh(narrow.json.refresh_token)
      assert.equal(whole.json.scope, 'orders:read orders:write')
    })

    test('a client for itself gets what it was registered for and no refresh token', async () => {
      const { json } = await post(
        '/oauth/token',
        { grant_type: 'client_credentials' },
        basic('web', SECRET),
      )
      assert.equal(json.scope, 'orders:read orders:write')
      assert.equal(json.refresh_token, undefined)
      assert.equal(json.id_token, undefined)
    })

    test('an access token has the shape of RFC 9068, and an id token that of OpenID', async () => {
      const more = { client_id: 'web', scope: 'openid orders:read', nonce: 'n-1' }
      const grant = await codeFor(more)
      const { json } = await redeem(grant, { client_id: 'web', client_secret: SECRET })
      const read = (text: string, at: number) =>
        JSON.parse(Buffer.from(text.split('.')[at] ?? '', 'base64url').toString())
      const head = read(json.access_token, 0)
      const claims = read(json.access_token, 1)
      assert.equal(head.typ, 'at+jwt')
      const { json: jwks } = await of.client().get('/oauth/jwks.json')
      assert.ok(jwks.keys.some(({ kid }: { kid: string }) => kid === head.kid))
      assert.equal(claims.iss, of.origin)
      assert.equal(claims.aud, of.origin)
      assert.equal(claims.client_id, 'web')
      assert.equal(claims.scope, 'openid orders:read')
      assert.equal(claims.exp - claims.iat, json.expires_in)
      for (const name of ['sub', 'jti', 'auth_time', 'amr']) assert.ok(claims[name], name)
      const id = read(json.id_token, 1)
      assert.equal(id.aud, 'web')
      assert.equal(id.nonce, 'n-1')
      assert.equal(id.sub, claims.sub)
      assert.ok(id.auth_time <= id.iat && id.exp > id.iat)
    })

    test('of ten who use one refresh token at once, one wins, and none lives on', async () => {
      const { json } = await redeem(await codeFor())
      const fields = { grant_type: 'refresh_token', client_id: 'app' }
      const use = (token: string) => post('/oauth/token', { ...fields, refresh_token: token })
      const all = await Promise.all(Array.from({ length: 10 }, () => use(json.refresh_token)))
      const won = all.filter(({ status }) => status === 200)
      assert.equal(won.length, 1)
      assert.equal((await use(won[0]?.json.refresh_token)).json.error, 'invalid_grant')
      assert.equal((await orders(won[0]?.json.access_token)).status, 401)
    })
  })
}
