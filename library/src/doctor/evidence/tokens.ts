import { attacked, type Evidences, rowed, shown } from './shown.ts'

const OAUTH = 'reference/src/oauth.test.ts'
const REFRESH = 'library/src/session/refresh/refresh.test.ts'
const SOCIAL = 'reference/src/social.test.ts'

/** V9 self-contained tokens, V10 OAuth and OIDC. */
export const tokens: Evidences = {
  '9.1.1': shown('refresh', REFRESH, 'refuses a token that is not exactly ours', {
    how: 'A token is verified before anything in it is believed, and fails with one answer.',
  }),
  '9.1.2': attacked('refresh', 'jwt.confusion', {
    how: 'A key has one algorithm (EdDSA or ES256); what providers may use is a list.',
  }),
  '9.1.3': attacked('refresh', 'jwt.key-headers', {
    how: 'Keys come from our own ring or the pinned issuer; headers of a token name none.',
  }),
  '9.2.1': shown(
    'refresh',
    REFRESH,
    '…, …: an access token says who sends it, until its time is over',
    {
      check: 'refresh.long-access',
      how: 'A token without a time, or outside of it, is refused.',
    },
  ),
  '9.2.2': attacked('refresh', 'refresh.as-access', {
    how: 'A token of one kind is none of another: access, refresh, ID token and code.',
  }),
  '9.2.3': shown(
    'refresh',
    'library/src/routes/bearer.test.ts',
    'a token opens only the resource that it is meant for',
    { how: 'A token opens only the resource that it names.' },
  ),
  '9.2.4': attacked('oauth', 'jwt.audience-type', {
    how: 'Every access token names its resource, from the list of the configuration.',
  }),
  '10.1.1': attacked('refresh', 'refresh.storage', {
    how: 'A browser gets a cookie and no token; tokens of providers stay on the server, sealed.',
  }),
  '10.1.2': shown(
    'social',
    SOCIAL,
    'refuses the answer that another browser asked for (login CSRF)',
    {
      how: 'State, nonce and verifier are random for each flow, bound to the browser by a cookie, and used once.',
    },
  ),
  '10.2.1': attacked('social', 'social.state', { how: 'Flows use PKCE and state, both checked.' }),
  '10.2.2': attacked('social', 'social.issuer', {
    how: 'A flow remembers its issuer, an answer of another one is refused, and each provider has a path of its own.',
  }),
  '10.3.1': shown(
    'refresh',
    'library/src/routes/bearer.test.ts',
    'a token opens only the resource that it is meant for',
    { how: 'A token opens only the resource that it names.' },
  ),
  '10.3.2': shown('oauth', OAUTH, 'the token opens what its scope names, and nothing else', {
    how: 'A route names the scope that it needs; a token without it is 403.',
  }),
  '10.4.1': attacked('oauth', 'oauth.redirect-exact', {
    check: 'oauth.loopback-redirect',
    how: 'Redirect addresses are compared as text; only the port of a loopback address may differ. A wrong one is told here and sent nowhere.',
  }),
  '10.4.2': shown(
    'oauth',
    OAUTH,
    'a code that comes again with all its proofs ends what the first one got',
    {
      how: 'A code is spent by one conditional update once client and verifier are proven; a second such use ends what the first one got.',
    },
  ),
  '10.4.3': shown('oauth', OAUTH, 'a code is over after a minute'),
  '10.4.4': attacked('oauth', 'oauth.grants', {
    how: 'The grants are authorization_code, refresh_token and client_credentials, for each client as configured.',
  }),
  '10.4.5': shown(
    'refresh',
    REFRESH,
    'a spent token ends the family and its access tokens, and is told once',
    {
      how: 'A refresh token works once; a spent one that comes again ends its family and what it gave.',
    },
  ),
  '10.4.6': attacked('oauth', 'oauth.pkce-required'),
  '10.4.7': attacked('oauth', 'oauth.register', {
    check: 'oauth.open-registration',
    how: 'Registration is off unless asked for; then it is limited, and addresses are judged like an operator’s.',
  }),
  '10.4.8': shown('refresh', REFRESH, 'a family ends on its day, however often it rotated', {
    check: 'refresh.long-idle',
  }),
  '10.4.9': shown('oauth', OAUTH, 'a person sees who acts for them, and takes it back', {
    how: 'A person sees which clients act for them and takes it back; clients can revoke (RFC 7009).',
  }),
  '10.4.10': attacked('oauth', 'oauth.client-auth', {
    check: 'oauth.short-client-secret',
    how: 'Confidential clients prove themselves by a key or by a secret that is kept as a hash; wrong ones wait.',
  }),
  '10.4.11': attacked('oauth', 'oauth.scope-growth', {
    how: 'A client gets the scopes that it is configured for and no others.',
  }),
  '10.4.12': rowed('oauth', OAUTH, 'a fragment as answer', {
    how: 'An answer is always in the query; a request for another form is refused.',
  }),
  '10.5.1': attacked('social', 'social.nonce'),
  '10.5.2': attacked('social', 'social.subject'),
  '10.5.3': attacked('social', 'social.issuer'),
  '10.5.4': attacked('social', 'social.audience'),
  '10.6.1': attacked('oauth', 'oauth.grants', { how: 'The only response type is code.' }),
  '10.6.2': shown('oauth', OAUTH, 'leaving needs the proof of who is leaving', {
    how: 'Signing out by a client needs the ID token of the session, or the person’s consent.',
  }),
  '10.7.1': attacked('oauth', 'oauth.consent', {
    how: 'Consent is asked for each client and each wider scope.',
  }),
}
