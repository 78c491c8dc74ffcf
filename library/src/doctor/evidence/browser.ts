import { attacked, type Evidences, rowed, shown } from './shown.ts'

const OFF = { check: 'headers.off' } as const

/** V3 web frontend, V4 API and web service. */
export const browser: Evidences = {
  '3.2.1': shown(
    'headers',
    'library/src/shield/headers/headers.test.ts',
    'JSON gets the short policy, and nothing that only documents need',
    {
      ...OFF,
      how: "JSON and files carry nosniff and default-src 'none'; frame-ancestors 'none', files a sandbox as well, and are sent as attachments.",
    },
  ),
  '3.2.2': shown(
    'pages',
    'reference/src/console.test.ts',
    'all of it ran under a policy without inline script and without trusted types',
    {
      of: 'reference',
      how: 'The console runs under a policy with require-trusted-types-for and no policy of types, so that no markup can be made of text.',
    },
  ),
  '3.3.1': shown(
    'session',
    'library/src/session/cookies/cookies.test.ts',
    'a cookie is bound to this host, https and the server unless told otherwise',
    {
      check: 'sessions.plain-http-cookie',
      how: 'Every cookie has Secure and the prefix __Host-; over plain http, in development, it says so in its name.',
    },
  ),
  '3.3.2': attacked('session', 'cookie.samesite', {
    how: 'SameSite is always written: Lax for the session, Strict for flows; there is no None.',
  }),
  '3.3.3': shown(
    'session',
    'library/src/session/cookies/cookies.test.ts',
    'refuses a cookie that a sibling subdomain planted beside ours',
    {
      check: 'sessions.plain-http-cookie',
      how: 'Cookies have the prefix __Host-, no Domain and Path=/; a name that comes twice is not believed.',
    },
  ),
  '3.3.4': attacked('session', 'cookie.httponly', {
    how: 'Cookies are HttpOnly, and what they bear stands in no body, field or address.',
  }),
  '3.3.5': attacked('session', 'cookie.size', {
    how: 'A cookie of more than 4,096 bytes is refused where it is written; sessions are kept on the server.',
  }),
  '3.4.1': shown(
    'headers',
    'library/src/shield/headers/headers.test.ts',
    '…: HSTS goes over TLS only, and nosniff always',
    {
      check: 'headers.hsts-off',
      how: 'Strict-Transport-Security is sent on every reply over TLS and on none over plain HTTP.',
    },
  ),
  '3.4.2': attacked('headers', 'cors.lookalike', {
    how: 'No reply with somebody’s data allows another origin to read it, whatever Origin says; public metadata of OAuth may be read by all.',
  }),
  '3.4.3': shown(
    'headers',
    'library/src/shield/headers/headers.test.ts',
    'a page gets a policy under which only scripts with this answer’s nonce run',
    { check: 'headers.unsafe-scripts' },
  ),
  '3.4.4': attacked('headers', 'hdr.nosniff', OFF),
  '3.4.5': shown(
    'headers',
    'library/src/shield/headers/headers.test.ts',
    'login and reset pages tell nobody where one came from, and are kept by nobody',
    {
      ...OFF,
      how: 'JSON, sign-in and reset pages send no-referrer; other pages tell other sites the origin at most.',
    },
  ),
  '3.4.6': attacked('headers', 'hdr.frame', {
    check: 'headers.framing',
    how: "frame-ancestors 'none' is on every reply unless a setting says otherwise.",
  }),
  '3.4.7': attacked('headers', 'hdr.csp-report', {
    ...OFF,
    how: 'The policy names a place for reports, which takes them bounded and strips what is private.',
  }),
  '3.4.8': attacked('headers', 'hdr.coop', {
    check: 'headers.isolation-off',
    how: 'Pages are isolated by Cross-Origin-Opener-Policy.',
  }),
  '3.5.1': shown(
    'csrf',
    'library/src/shield/csrf/csrf.test.ts',
    'no value of Sec-Fetch-Site but two ever passes a foreign POST',
    {
      check: 'csrf.off',
      how: 'A request with the session cookie that changes something needs Fetch Metadata or Origin to be ours, and a token of its session.',
    },
  ),
  '3.5.2': attacked('content', 'csrf.text-plain-json', {
    check: 'content.plain-text',
    how: 'A route takes the media types that it names, and a request with the session cookie needs its token besides.',
  }),
  '3.5.3': attacked('csrf', 'csrf.get-mutates', {
    how: 'Nothing is changed by GET, HEAD or OPTIONS.',
  }),
  '3.5.6': shown(
    'always on',
    'reference/src/absent.test.ts',
    'no reply is wrapped in a callback that the query names',
    { how: 'No reply is ever wrapped in a callback.' },
  ),
  '3.5.7': attacked('headers', 'reply.json-as-html', {
    ...OFF,
    how: 'What belongs to somebody is JSON with nosniff and Cross-Origin-Resource-Policy: same-origin, so that no script element of another site can load it.',
  }),
  '3.5.8': attacked('headers', 'hdr.corp', {
    ...OFF,
    how: 'Cross-Origin-Resource-Policy: same-origin on every reply, unless a route says otherwise.',
  }),
  '3.6.1': attacked('pages', 'deps.sri', {
    of: 'reference',
    how: 'Pages load nothing from other origins.',
  }),
  '3.7.2': attacked('always on', 'redirect.open', {
    how: 'A redirect leads to a path of our own origin or to a registered address; whatever else is asked for goes to the first page.',
  }),
  '3.7.5': shown(
    'csrf',
    'library/src/shield/csrf/csrf.test.ts',
    'no Origin but our own and our friends’ ever passes an old browser’s POST',
    {
      check: 'csrf.off',
      how: 'A browser without Fetch Metadata is judged by Origin, as the page about csrf says.',
    },
  ),
  '4.1.1': attacked('content', 'reply.type-matches', {
    how: 'Every body has a type, texts with their charset.',
  }),
  '4.1.2': rowed('transport', 'library/src/adapters/rows/proxied.ts', 'a program over plain http', {
    check: 'http.transport-off',
    how: 'Over plain http a navigation is redirected, everything else is refused and not processed.',
  }),
  '4.1.3': shown(
    'trustedProxies',
    'library/src/http/address.test.ts',
    'whatever a client puts in front, its address stays what our proxy wrote',
    {
      check: 'http.proxies-everyone',
      how: 'Forwarding headers count only from listed proxies, from the right.',
    },
  ),
  '4.1.4': attacked('framing', 'err.method', {
    how: 'Methods that a route does not have are 405 with Allow; headers that name another method count for nothing.',
  }),
  '4.1.5': shown(
    'webhooks',
    'reference/src/webhooks/webhooks.test.ts',
    'an order is told to its owner’s service, signed so that the standard library believes it',
    { how: 'Deliveries are signed by the Standard Webhooks scheme; a helper verifies them.' },
  ),
  '4.2.1': shown(
    'framing',
    'library/src/http/framing.test.ts',
    'nothing but one exact transfer coding ever passes',
    {
      check: 'http.insecure-parser',
      how: 'What two readers could read differently is refused and its connection ends; Node’s strict parser stays on.',
    },
  ),
  '4.4.2': shown('csrf', 'library/src/shield/csrf/csrf.test.ts', '… a WebSocket …', {
    check: 'csrf.off',
    how: 'A handshake that brings a cookie must come from our own origin or a trusted one.',
  }),
}
