import { JSON_TYPE, type Row } from './row.ts'

const VISITOR = /^__Host-visitor=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/
const SESSION =
  /^__Host-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax(?:; Max-Age=\d+)?$/
const NONE = undefined

/** On every answer, whatever it is. */
const EVERYWHERE = {
  'x-content-type-options': 'nosniff',
  'x-powered-by': NONE,
  server: NONE,
} as const
const API = {
  ...EVERYWHERE,
  'content-security-policy': /^default-src 'none'; frame-ancestors 'none'$/,
}
const PAGE = {
  ...EVERYWHERE,
  'content-security-policy': /script-src 'nonce-[\w+/=]{24}' 'strict-dynamic'.*trusted-types/,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': /camera=\(\)/,
  'x-frame-options': 'DENY',
} as const

const cookies = (headers: Record<string, string>): Row[] => [
  {
    what: 'a stranger’s token and the cookie it is bound to',
    method: 'GET',
    path: '/csrf-token',
    headers,
    status: 200,
    fields: { 'set-cookie': VISITOR, 'cache-control': 'no-store' },
  },
  {
    what: 'a head of it, with the same cookie',
    method: 'HEAD',
    path: '/csrf-token',
    headers,
    status: 200,
    fields: { 'set-cookie': VISITOR, 'cache-control': 'no-store' },
  },
  {
    what: 'a session that begins',
    method: 'POST',
    path: '/enter',
    headers: { ...headers, ...JSON_TYPE },
    body: '{}',
    status: 200,
    fields: { 'set-cookie': SESSION },
  },
]

/** What answers carry in development, straight from the browser. */
export const answerRows: readonly Row[] = [
  ...cookies({}),
  ...(['GET', 'HEAD'] as const).flatMap((method): Row[] => [
    {
      what: 'a redirect of the route’s own',
      method,
      path: '/moved',
      status: 302,
      fields: { ...API, location: '/open?from=moved' },
    },
    { what: 'a page', method, path: '/page', status: 200, fields: PAGE },
    {
      what: 'no page',
      method,
      path: '/nowhere',
      headers: { accept: 'text/html' },
      status: 404,
      fields: PAGE,
    },
    {
      what: 'a page that fails',
      method,
      path: '/boom',
      headers: { accept: 'text/html' },
      status: 500,
      fields: PAGE,
    },
    { what: 'an answer', method, path: '/open', status: 200, fields: API },
    { what: 'no answer', method, path: '/nowhere', status: 404, fields: API },
    { what: 'an answer that fails', method, path: '/boom', status: 500, fields: API },
  ]),
  ...['/open', '/mine', '/echo', '/nowhere'].map(
    (path): Row => ({
      what: 'OPTIONS, which nobody takes',
      method: 'OPTIONS',
      path,
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      status: path === '/nowhere' ? 404 : 405,
      fields: {
        ...API,
        'access-control-allow-origin': NONE,
        'access-control-allow-methods': NONE,
        allow: path === '/nowhere' ? NONE : path === '/echo' ? 'POST' : 'GET, HEAD',
      },
    }),
  ),
  {
    what: 'OPTIONS of a page',
    method: 'OPTIONS',
    path: '/open',
    headers: { accept: 'text/html' },
    status: 405,
    fields: PAGE,
  },
]

const over = (address: string): Record<string, string> => ({
  host: 'app.example',
  'x-forwarded-for': address,
  'x-forwarded-proto': 'https',
})
const HSTS = /^max-age=63072000; includeSubDomains/

/** What answers carry in production, behind a proxy that takes TLS off. */
export const proxiedAnswerRows: readonly Row[] = [
  ...cookies(over('203.0.113.50')).map(row => ({
    ...row,
    fields: { ...row.fields, 'strict-transport-security': HSTS },
  })),
  ...(
    [
      ['GET', '/moved', 302],
      ['GET', '/nowhere', 404],
      ['GET', '/boom', 500],
      ['DELETE', '/open', 405],
      ['OPTIONS', '/open', 405],
      ['GET', '/a%2fb', 400],
      ['GET', '/mine', 401],
    ] as const
  ).map(
    ([method, path, status], index): Row => ({
      what: 'an answer over TLS',
      method,
      path,
      headers: over(`203.0.113.${60 + index}`),
      status,
      fields: { ...API, 'strict-transport-security': HSTS },
    }),
  ),
]
