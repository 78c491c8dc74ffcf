import { refusals as access } from '../access/access.ts'
import type { Ground } from '../account/ground.ts'
import { logout } from '../account/login/logout.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import { resourceMetadataPath } from '../oauth/server/metadata.ts'
import type { OAuthAnswer, OAuthServer } from '../oauth/server/server.ts'
import { type Answer, done, json, seeOther } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { RoutePolicy } from '../pipeline/route.ts'
import type { SessionKeeper } from '../session/sessions/sessions.ts'
import { NO_STORE, own, visitOf } from './account-parts.ts'
import type { Endpoint, Input } from './endpoint.ts'
import { onward } from './onward.ts'
import { route } from './posts.ts'

export interface OAuthRoutes {
  readonly server: OAuthServer
  readonly ground: Ground
  readonly sessions: SessionKeeper
  readonly pipeline: Pipeline
}

type Fields = Readonly<Record<string, string | readonly string[]>>

const FORM = 'application/x-www-form-urlencoded'
const LISTS = ['resource'] as const
const NO_COOKIE = 'a back channel: it reads no cookie, only what the client itself proves'

const backChannel: RoutePolicy = {
  access: { public: true },
  headers: 'open-api',
  csrf: { exempt: NO_COOKIE },
  content: { consumes: [FORM], lists: LISTS },
}
/** Only for clients that keep a secret, and no page in a browser does. */
const closedChannel: RoutePolicy = { ...backChannel, headers: 'api' }
const frontChannel: RoutePolicy = {
  access: { public: true },
  headers: 'sensitive-page',
  content: { lists: LISTS },
}
const readable: RoutePolicy = { access: { public: true }, headers: 'open-api' }
const bearing: RoutePolicy = {
  access: { signedIn: true, scope: 'openid' },
  headers: 'open-api',
  csrf: { exempt: NO_COOKIE },
}
/**
 * What a client that lives in a page may send (Fetch §4.8). Any field: none of them is a cookie, and
 * `*` does not cover `authorization`, so it is named.
 */
const PREFLIGHT = [
  'access-control-allow-headers',
  'authorization, content-type, *',
  'access-control-max-age',
  '7200',
]

/** `/oauth/…` and its well-known documents: RFC 6749 and its successors, errors in their shape. */
export function oauthEndpoints(parts: OAuthRoutes): readonly Endpoint[] {
  const { server, pipeline } = parts
  const request = (exchange: Exchange) => pipeline.auditRequest(exchange)

  const back = (
    path: string,
    endpoint: OAuthServer['token' | 'introspect' | 'revoke'],
    policy = backChannel,
  ): Endpoint =>
    route.bodyless('POST', path, policy, async (exchange, { body }) =>
      granted(
        answered(
          await endpoint({
            parameters: fieldsOf(body),
            authorization: exchange.incoming.header('authorization'),
            request: request(exchange),
          }),
        ),
      ),
    )

  const leave = async (exchange: Exchange, fields: Fields): Promise<Outcome<Answer>> => {
    const { session } = exchange
    const { location, endSession } = await server.leave(fields, session)
    if (!endSession || session === undefined) return granted(seeOther(location))
    const cookies = await logout(parts.ground, visitOf(pipeline, exchange), session)
    return granted(seeOther(location, cookies))
  }

  const userinfo = async (exchange: Exchange): Promise<Outcome<Answer>> => {
    const { principal } = exchange
    if (principal?.scope === undefined) return refused(access.notSignedIn)
    const account = await parts.ground.stores.accounts.byId(principal.accountId)
    if (account === undefined) return refused(access.notSignedIn)
    return granted({
      status: 200,
      body: server.userinfo(account, principal.scope),
      headers: NO_STORE,
    })
  }

  const endpoints = [
    route.bodyless('GET', '/oauth/authorize', frontChannel, async exchange => {
      const fields = fieldsOf(exchange.query)
      const outcome = await server.authorize(fields, exchange.session, request(exchange))
      if (!outcome.ok) return outcome
      const { value } = outcome
      // Decision: right after a sign-in the browser is still inside the submission of that form, whose
      // page lets forms go nowhere but here; so it gets a page that leads on. Cost: one more answer.
      const inBrowser = exchange.incoming.header('sec-fetch-mode') === 'navigate'
      if (inBrowser && 'signed_in_after' in fields && !value.startsWith('/')) {
        const type = 'text/html; charset=utf-8'
        return granted({ status: 200, type, body: onward(value), headers: NO_STORE })
      }
      return granted({ status: 303, headers: to(value) })
    }),
    back('/oauth/token', server.token),
    back('/oauth/introspect', server.introspect, closedChannel),
    back('/oauth/revoke', server.revoke),
    ...(server.settings.registration === undefined
      ? []
      : [
          route.bodyless(
            'POST',
            '/oauth/register',
            { ...readable, csrf: { exempt: NO_COOKIE } },
            async (exchange, { body }) => {
              const authorization = exchange.incoming.header('authorization')
              return granted(
                answered(await server.register(body, authorization, request(exchange))),
              )
            },
          ),
        ]),
    route.bodyless('GET', '/oauth/userinfo', bearing, userinfo),
    route.bodyless(
      'POST',
      '/oauth/userinfo',
      { ...bearing, content: { consumes: [FORM] } },
      userinfo,
    ),
    route.bodyless('GET', '/oauth/logout', frontChannel, exchange =>
      leave(exchange, fieldsOf(exchange.query)),
    ),
    route.bodyless(
      'POST',
      '/oauth/logout',
      { ...frontChannel, content: { consumes: [FORM] } },
      (exchange, { body }) => leave(exchange, fieldsOf(body)),
    ),
    document('/oauth/jwks.json', server.jwks),
    document('/.well-known/oauth-authorization-server', server.authorizationMetadata),
    document('/.well-known/openid-configuration', server.authorizationMetadata),
    ...server.settings.resources.flatMap(resource => {
      const path = resourceMetadataPath(server.issuer, resource)
      return path === undefined ? [] : [document(path, () => server.resourceMetadata(resource))]
    }),
    route.bodyless('GET', '/oauth/grants', own, async ({ principal }) =>
      granted(json(await server.consents.list(principal?.accountId ?? ''))),
    ),
    route.bodyless(
      'DELETE',
      '/oauth/grants/:clientId',
      own,
      async (exchange, { params }: Input) => {
        const { accountId = '' } = exchange.principal ?? {}
        const { clientId = '' } = params
        const gone = await server.consents.revoke(accountId, clientId, request(exchange))
        return gone ? granted(done()) : refused(access.notFound)
      },
    ),
  ]
  return [...endpoints, ...preflights(endpoints)]
}

/**
 * What browsers ask before a page's request to another origin. The authorization endpoint is none of
 * these: a browser goes there, a page does not call it (RFC 9700 §2.6).
 */
function preflights(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const methods = new Map<string, string[]>()
  for (const { path, method, policy } of endpoints) {
    if (policy.headers !== 'open-api') continue
    methods.set(path, [...(methods.get(path) ?? []), method])
  }
  return [...methods].map(([path, those]) =>
    route.bodyless('OPTIONS', path, readable, () =>
      granted({
        status: 204,
        headers: ['access-control-allow-methods', those.join(', '), ...PREFLIGHT],
      }),
    ),
  )
}

function document(path: string, read: () => object): Endpoint {
  return route.bodyless('GET', path, readable, () =>
    granted({
      status: 200,
      body: read(),
      headers: ['cache-control', 'public, max-age=300'],
    }),
  )
}

/** The address holds a code: it is kept by nobody on the way. */
function to(location: string): readonly string[] {
  return ['location', location, ...NO_STORE]
}

function fieldsOf(given: unknown): Fields {
  return typeof given === 'object' && given !== null ? (given as Fields) : {}
}

/** RFC 6749 §5.1, §5.2: JSON, never stored, with the status and challenge of its error. */
function answered(answer: OAuthAnswer): Answer {
  const headers = [...NO_STORE, 'pragma', 'no-cache']
  if (answer.ok) return { status: answer.status ?? 200, body: answer.body, headers }
  const { status, error, description, challenge, retryAfterSeconds } = answer.error
  if (challenge !== undefined) headers.push('www-authenticate', challenge)
  else if (status === 401) headers.push('www-authenticate', 'Bearer')
  if (retryAfterSeconds !== undefined) headers.push('retry-after', String(retryAfterSeconds))
  return { status, body: { error, error_description: description }, headers }
}
