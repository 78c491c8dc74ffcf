import { createHash, randomBytes } from 'node:crypto'
import {
  type Answer,
  type Call,
  escapeHtml,
  json,
  page,
  type Routes,
  text,
  type User,
} from './call.ts'
import type { State } from './state.ts'
import { NO_STORE } from './tokens.ts'

interface Client {
  readonly id: string
  readonly secret: string | undefined
  readonly redirects: readonly string[]
}

interface Code {
  readonly client: string
  readonly user: User
  readonly redirect: string
  readonly challenge: string
  readonly scope: string
  given?: Record<string, unknown>
}

const SCOPES = ['openid', 'profile', 'email']
const bad = (error: string, status = 400): Answer => ({
  status,
  json: { error },
  headers: NO_STORE,
})

/** A narrow OAuth 2.1 server: codes with PKCE, rotation, registration. */
export function oauthRoutes(state: State): Routes {
  const weak = (flaw: string) => state.weak(flaw)
  const clients = new Map<string, Client>()
  const codes = new Map<string, Code>()
  const agreed = new Set<string>()

  const metadata = () => ({
    issuer: state.origin,
    authorization_endpoint: `${state.origin}/oauth/authorize`,
    token_endpoint: `${state.origin}/oauth/token`,
    registration_endpoint: `${state.origin}/oauth/register`,
    revocation_endpoint: `${state.origin}/oauth/revoke`,
    introspection_endpoint: `${state.origin}/oauth/introspect`,
    userinfo_endpoint: `${state.origin}/oauth/userinfo`,
    jwks_uri: `${state.origin}/oauth/jwks.json`,
    scopes_supported: SCOPES,
    code_challenge_methods_supported: ['S256'],
  })

  /** Back to the client; only to an address that was judged before. */
  const back = (redirect: string, params: Record<string, string | undefined>): Answer => {
    const url = new URL(redirect)
    const all = { ...params, ...(weak('oauth.iss') ? {} : { iss: state.origin }) }
    for (const [name, value] of Object.entries(all))
      if (value !== undefined) url.searchParams.set(name, value)
    return { status: 303, headers: { Location: url.href } }
  }

  const authorize = (call: Call, query: URLSearchParams, says: string | undefined): Answer => {
    const names = [...query.keys()]
    const twice = names.length > new Set(names).size
    if (twice && !weak('oauth.params-twice'))
      return page('Refused', '<p>A parameter came twice.</p>', 400)
    const one = (name: string) => query.get(name) ?? undefined
    const client = clients.get(one('client_id') ?? '')
    const redirect = one('redirect_uri') ?? ''
    const known =
      client?.redirects.includes(redirect) ||
      (weak('oauth.redirect-exact') && client?.redirects.some(uri => redirect.startsWith(uri)))
    if (client === undefined || !known)
      return page('Refused', '<p>This client is not known.</p>', 400)
    const { user } = call
    if (user === undefined) return { status: 303, headers: { Location: '/login' } }
    const state_ = weak('oauth.state-echo') ? one('state')?.slice(0, 100) : one('state')
    const error = (name: string) => back(redirect, { error: name, state: state_ })
    const type = one('response_type')
    if (type === 'token' && weak('oauth.grants'))
      return {
        status: 303,
        headers: { Location: `${redirect}#access_token=${state.tokens.access(user)}` },
      }
    if (type !== 'code') return error('unsupported_response_type')
    const challenge = one('code_challenge') ?? ''
    const proven = one('code_challenge_method') === 'S256' && /^[\w-]{43}$/.test(challenge)
    if (!proven && !weak('oauth.pkce-required')) return error('invalid_request')
    const scope = one('scope') ?? 'openid'
    if (scope.split(' ').some(name => !SCOPES.includes(name))) return error('invalid_scope')
    const key = weak('oauth.consent')
      ? `${user.id} ${client.id}`
      : `${user.id} ${client.id} ${scope}`
    if (says === 'allow') agreed.add(key)
    if (!agreed.has(key) || one('prompt') === 'consent') {
      if (one('prompt') === 'none') return error('consent_required')
      if (says !== 'allow') return consent(call, query, scope)
    }
    const code = randomBytes(32).toString('base64url')
    codes.set(code, { client: client.id, user, redirect, challenge, scope })
    return back(redirect, { code, state: state_ })
  }

  const consent = (call: Call, query: URLSearchParams, scope: string): Answer => {
    const fields = [...query]
      .filter(([name]) => name !== 'prompt')
      .map(
        ([name, value]) =>
          `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
      )
    const token = call.session === undefined ? '' : state.mac('csrf', call.session.id)
    return page(
      'Agree?',
      `<form method="post" action="/oauth/authorize"><p>${escapeHtml(scope)}</p>${fields.join('')}<input type="hidden" name="csrf" value="${token}"><button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></form>`,
    )
  }

  /** The client that asks the token endpoint, or why it is not believed. */
  const clientOf = (call: Call): Client | Answer => {
    const basic = /^Basic (.+)$/.exec(call.header('authorization') ?? '')?.[1]
    const [id = '', secret = ''] =
      basic === undefined
        ? [text(call.body['client_id']), text(call.body['client_secret'])]
        : Buffer.from(basic, 'base64').toString('utf8').split(':').map(decodeURIComponent)
    const client = clients.get(id)
    if (client === undefined) return bad('invalid_client', 401)
    if (client.secret !== undefined && client.secret !== secret && !weak('oauth.client-auth'))
      return bad('invalid_client', 401)
    return client
  }

  const redeem = (call: Call, client: Client): Answer => {
    const value = text(call.body['code'])
    const code = codes.get(value)
    if (code === undefined) return bad('invalid_grant')
    const verifier = text(call.body['code_verifier'])
    const fits = createHash('sha256').update(verifier).digest('base64url') === code.challenge
    const bound = code.client === client.id && code.redirect === text(call.body['redirect_uri'])
    if (!bound && !weak('oauth.code-bound')) return bad('invalid_grant')
    if (!fits && !weak('oauth.pkce-verified') && !weak('oauth.pkce-required'))
      return bad('invalid_grant')
    if (code.given !== undefined && !weak('oauth.code-once')) {
      state.tokens.end(code.user)
      return bad('invalid_grant')
    }
    code.given = state.tokens.start(code.user, client.id, code.scope)
    return issued(code.given, code.scope, code.user, client)
  }

  const issued = (
    pair: Record<string, unknown>,
    scope: string,
    user: User,
    client: Client,
  ): Answer =>
    json(
      200,
      {
        access_token: pair['accessToken'],
        refresh_token: pair['refreshToken'],
        token_type: 'Bearer',
        expires_in: 600,
        scope,
        id_token: state.tokens.sign(
          {
            sub: user.id,
            email: user.email,
            aud: client.id,
            iss: state.origin,
            exp: Math.floor(Date.now() / 1000) + 600,
          },
          'JWT',
        ),
      },
      weak('oauth.token-transport') ? { 'Cache-Control': 'public' } : NO_STORE,
    )

  const token = async (call: Call): Promise<Answer> => {
    const grant = text(call.body['grant_type'])
    const client = clientOf(call)
    if ('status' in client) return client
    if (grant === 'authorization_code') return redeem(call, client)
    if (grant !== 'refresh_token') return bad('unsupported_grant_type')
    const family = state.tokens.of(text(call.body['refresh_token']))
    const asked = text(call.body['scope'])
    const grown =
      asked !== '' && asked.split(' ').some(name => !family?.scope.split(' ').includes(name))
    if (grown && !weak('oauth.scope-growth')) return bad('invalid_scope')
    const pair = await state.tokens.renew(text(call.body['refresh_token']), client.id)
    return pair === undefined || family === undefined
      ? bad('invalid_grant')
      : issued(pair, asked || family.scope, family.user, client)
  }

  return {
    'GET /.well-known/oauth-authorization-server': () => json(200, metadata()),
    'POST /oauth/register': call => {
      const uris = Array.isArray(call.body['redirect_uris'])
        ? call.body['redirect_uris'].map(text)
        : []
      const fine =
        uris.length > 0 &&
        uris.every(uri => /^(https:\/\/[\w.-]+|http:\/\/127\.0\.0\.1(:\d+)?)\/[^#*]*$/.test(uri))
      if (!fine && !weak('oauth.register')) return bad('invalid_redirect_uri')
      const secret =
        call.body['token_endpoint_auth_method'] === 'none'
          ? undefined
          : randomBytes(32).toString('base64url')
      const id = randomBytes(12).toString('base64url')
      clients.set(id, { id, secret, redirects: uris })
      return json(201, {
        client_id: id,
        client_secret: secret,
        redirect_uris: uris,
        scope: text(call.body['scope']) || 'openid',
      })
    },
    'GET /oauth/authorize': call => authorize(call, call.query, undefined),
    'POST /oauth/authorize': call => {
      const { decision, csrf: _, ...rest } = call.body
      const query = new URLSearchParams(
        Object.entries(rest).map(([name, value]): [string, string] => [name, text(value)]),
      )
      return authorize(call, query, text(decision))
    },
    'POST /oauth/token': token,
    'POST /oauth/revoke': call => {
      const client = weak('oauth.introspect') ? undefined : clientOf(call)
      if (client !== undefined && 'status' in client) return client
      const family = state.tokens.familyOf(text(call.body['token']))
      if (family !== undefined && (client === undefined || family.client === client.id))
        family.alive = false
      return { status: 200 }
    },
    'POST /oauth/introspect': call => {
      const client = weak('oauth.introspect') ? undefined : clientOf(call)
      if (client !== undefined && 'status' in client) return client
      const family = state.tokens.familyOf(text(call.body['token']))
      const active = family?.alive === true && (client === undefined || family.client === client.id)
      return json(200, active ? { active, sub: family.user.id } : { active: false }, NO_STORE)
    },
    'GET /oauth/userinfo': call => {
      const bearer = call.header('authorization') !== undefined
      const inQuery = weak('oauth.token-transport')
        ? state.tokens.verified(call.query.get('access_token') ?? '')
        : undefined
      if (inQuery === undefined && (call.user === undefined || !bearer))
        return bad('invalid_token', 401)
      return json(
        200,
        { sub: call.user?.id ?? inQuery?.['sub'], email: call.user?.email },
        NO_STORE,
      )
    },
  }
}
