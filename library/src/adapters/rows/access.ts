import { JSON_TYPE, type Row } from './row.ts'

const signedIn = { cookie: '{session}' } as const

const sessions: Row[] = [
  {
    what: 'a session reads what is theirs',
    method: 'GET',
    path: '/mine',
    headers: signedIn,
    status: 200,
    fields: { 'cache-control': 'no-store', 'set-cookie': undefined },
  },
  {
    what: 'a role that the session has not',
    method: 'GET',
    path: '/admin',
    headers: signedIn,
    status: 403,
    says: 'access.refused',
  },
  {
    what: 'a role that the session has not, hidden',
    method: 'GET',
    path: '/hidden',
    headers: signedIn,
    status: 404,
    says: 'access.not_found',
  },
  { what: 'a stranger at an admin route', method: 'GET', path: '/admin', status: 401 },
  { what: 'a stranger at a hidden route', method: 'GET', path: '/hidden', status: 401 },
  ...(
    [
      ['made up', `__Host-session=${'A'.repeat(43)}`],
      ['too short', '__Host-session=abc'],
      ['empty', '__Host-session='],
      ['sent twice', '{session}; {session}'],
      ['sent beside a planted one', `__Host-session=${'A'.repeat(43)}; {session}`],
      ['under a name without its prefix', `session=${'A'.repeat(43)}`],
      ['with a letter too many', '{session}A'],
    ] as const
  ).map(([what, cookie]) => ({
    what: `a session cookie ${what}`,
    method: 'GET',
    path: '/mine',
    headers: { cookie },
    status: 401,
    says: 'access.not_signed_in',
    fields: { 'www-authenticate': 'Bearer' },
  })),
  {
    what: 'a session among other cookies',
    method: 'GET',
    path: '/mine',
    headers: { cookie: 'theme=dark; {session}; lang=en' },
    status: 200,
  },
  {
    what: 'a new token for a session',
    method: 'GET',
    path: '/csrf-token',
    headers: signedIn,
    status: 200,
    fields: { 'cache-control': 'no-store', 'set-cookie': undefined },
  },
]

const METHODS = ['PUT', 'PATCH', 'DELETE'] as const
const methods: Row[] = ['/open', '/mine', '/boom', '/things/1'].flatMap(path =>
  METHODS.map(method => ({
    what: 'a method that the path does not take',
    method,
    path,
    status: 405,
    says: 'route.method_not_allowed',
    fields: { allow: 'GET, HEAD' },
  })),
)

const ownMethods: Row[] = (
  [
    ['DELETE', '/csrf-token', 'GET, HEAD'],
    ['OPTIONS', '/csrf-token', 'GET, HEAD'],
    ['GET', '/reports/csp', 'POST'],
    ['PUT', '/reports/csp', 'POST'],
  ] as const
).map(([method, path, allow]) => ({
  what: 'a method that a route of ours does not take',
  method,
  path,
  status: 405,
  says: 'route.method_not_allowed',
  fields: { allow },
}))

const missing: Row[] = [
  ['GET', '/nowhere'],
  ['GET', '/things'],
  ['GET', '/things/1/2'],
  ['POST', '/nowhere'],
  ['DELETE', '/nowhere'],
].map(([method = '', path = '']) => ({
  what: 'a path that is not there',
  method,
  path,
  status: 404,
  says: 'route.not_found',
  fields: { 'x-content-type-options': 'nosniff', 'x-powered-by': undefined, server: undefined },
}))

/** Whatever the answer, it carries the policy and tells nothing of what we run. */
const POLICY = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': /default-src 'none'/,
  'x-powered-by': undefined,
  server: undefined,
  'strict-transport-security': undefined,
} as const
const headers: Row[] = (
  [
    ['an answer', 'GET', '/open', {}, 200],
    ['a refusal', 'GET', '/mine', {}, 401],
    ['an error', 'GET', '/boom', {}, 500],
    ['nothing there', 'GET', '/nowhere', {}, 404],
    ['a wrong method', 'DELETE', '/open', {}, 405],
    ['a broken path', 'GET', '/a%2fb', {}, 400],
    ['another host', 'GET', '/open', { host: 'evil.example' }, 421],
    ['a forged post', 'POST', '/echo', { 'sec-fetch-site': 'cross-site', ...JSON_TYPE }, 403],
  ] as const
).map(([what, method, path, given, status]) => ({
  what: `the policy on ${what}`,
  method,
  path,
  headers: given,
  status,
  fields: POLICY,
}))

const pages: Row[] = (
  [
    ['/mine', 401],
    ['/nowhere', 404],
    ['/boom', 500],
  ] as const
).flatMap(([path, status]) => [
  {
    what: 'a problem for people',
    method: 'GET',
    path,
    headers: { accept: 'text/html' },
    status,
    fields: { 'content-type': /^text\/html/, 'cache-control': 'no-store' },
  },
  {
    what: 'a problem for programs',
    method: 'GET',
    path,
    headers: { accept: 'application/json' },
    status,
    fields: { 'content-type': /^application\/problem\+json/, 'cache-control': 'no-store' },
  },
])

const heads: Row[] = [
  ['/open', 200],
  ['/mine', 401],
  ['/nowhere', 404],
  ['/boom', 500],
].map(([path, status]) => ({
  what: 'a head alone',
  method: 'HEAD',
  path: path as string,
  status: status as number,
}))

export const accessRows: readonly Row[] = [
  ...sessions,
  ...methods,
  ...ownMethods,
  ...missing,
  ...headers,
  ...pages,
  ...heads,
]
