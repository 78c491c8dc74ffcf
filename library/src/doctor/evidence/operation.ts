import { attacked, type Evidences, rowed, shown } from './shown.ts'

const HANGS = 'library/src/store/redis/redis.bad-days.test.ts'
const POSTGRES = 'library/src/store/postgres/postgres.bad-days.test.ts'
const SECRETS = 'library/src/vault/secrets/secrets.test.ts'
const AUDITED = { check: 'audit.off' } as const

/** V13 configuration, V14 data protection, V15 architecture, V16 logging and errors. */
export const operation: Evidences = {
  '13.2.3': shown('rootKey', SECRETS, 'what repeats itself, counts up or is short is called weak', {
    check: 'secrets.made-up-key',
    how: 'Placeholders and weak secrets stop a production start; nothing has a default secret.',
  }),
  '13.2.4': shown(
    'outbound',
    'library/src/outbound/hosts.test.ts',
    'an exact entry matches itself and no mutation of itself',
    {
      check: 'outbound.no-purpose',
      how: 'What goes out goes by a named policy with its hosts, ports and schemes; a test forbids other ways out of the library.',
    },
  ),
  '13.2.6': shown(
    'stores',
    HANGS,
    '…: a server that hangs fails checks in time and lets nobody in; accounts go on',
    {
      how: 'Clients of stores, mail and what goes out have deadlines and bounded lines; what happens then is written on their pages.',
    },
  ),
  '13.3.1': shown(
    'rootKey',
    'library/src/vault/secrets/canary.test.ts',
    'a secret does not come out of …',
    {
      check: 'secrets.key-beside-data',
      how: 'Secrets come from files, credentials or the environment into a type that never prints; scan secrets looks for them in the repository.',
    },
  ),
  '13.3.2': shown('rootKey', SECRETS, '… a secret from a file …', {
    how: 'A file with a secret that others may read is refused; every use has a key of its own, derived from the root.',
  }),
  '13.3.4': shown(
    'previousRootKeys',
    'reference/src/keys.test.ts',
    'a new root key signs nobody out, and the old one ends on its day',
    {
      check: 'secrets.expired-key',
      how: 'Previous keys stand in the ring until their date; the newest seals and signs.',
    },
  ),
  '13.4.1': attacked('framing', 'secret.vcs', {
    how: 'Files of version control are not served: only what is listed is.',
  }),
  '13.4.2': attacked('mode', 'deploy.debug', {
    check: 'service.development-mode',
    how: 'Production shows no stack and no debugger; an open inspector or development mode stops the start.',
  }),
  '13.4.3': attacked('pages', 'deploy.listing', {
    of: 'reference',
    how: 'Only listed files are served; there are no listings.',
  }),
  '13.4.4': shown('framing', 'library/src/http/framing.test.ts', 'answers 405 with Allow to …', {
    how: 'TRACE is 405 before the framework sees it.',
  }),
  '13.4.5': attacked('access', 'deploy.docs', {
    check: 'routes.documentation',
    how: 'Metrics and the API document need their guard in production; health says that and no more.',
  }),
  '13.4.6': attacked('headers', 'hdr.version', {
    how: 'No reply names software or its version; errors look alike on every framework.',
  }),
  '13.4.7': attacked('pages', 'secret.files', {
    of: 'reference',
    how: 'Only listed files are served.',
  }),
  '14.2.1': attacked('account', 'session.in-url', {
    how: 'Nothing secret stands in a query: links carry their token in the fragment, which is posted in a body.',
  }),
  '14.2.2': attacked('headers', 'cache.poison', {
    check: 'headers.off',
    how: 'What belongs to somebody is no-store.',
  }),
  '14.2.5': attacked('headers', 'cache.deception', {
    check: 'headers.off',
    how: 'What belongs to somebody is no-store, whatever its path ends with.',
  }),
  '14.2.7': shown(
    'stores',
    'library/src/store/housekeeping/housekeeping.test.ts',
    '…: what has ended is taken out, what lives stays',
    {
      check: 'audit.kept-for-ever',
      how: 'Sessions, flows, tokens and counters are taken out when they have ended, a few at a time; rows of the log after the days that are told.',
    },
  ),
  '14.2.8': attacked('uploads.rewrite', 'upload.metadata-kept', {
    of: 'reference',
    how: 'The reference service takes metadata out of pictures (stripMetadata).',
  }),
  '14.3.1': attacked('headers', 'session.clear-on-logout', {
    check: 'headers.off',
    how: 'Signing out sends Clear-Site-Data.',
  }),
  '14.3.2': attacked('headers', 'session.no-store', { check: 'headers.off' }),
  '14.3.3': shown(
    'pages',
    'reference/src/absent.test.ts',
    'no page keeps anything in the browser’s storage',
    { of: 'reference', how: 'Pages keep nothing in the browser’s storages.' },
  ),
  '15.2.2': shown(
    'limits',
    'library/src/shield/limits/gate.test.ts',
    'dear jobs run a few at a time, and who hangs up frees no permit before the job ends',
    {
      check: 'limits.off',
      how: 'Bodies, requests and dear work have bounds; beyond them 503 with Retry-After.',
    },
  ),
  '15.2.3': shown(
    'always on',
    'library/src/package.test.ts',
    'the tarball holds what is used and nothing else',
    {
      check: 'service.development-mode',
      how: 'The package holds built code only; no test or sample route exists in it.',
    },
  ),
  '15.2.4': shown(
    'scan deps',
    'cli/src/scan/deps/planted.test.ts',
    'a package that the registry does not know is up for grabs',
    {
      how: 'scan deps tells of foreign hosts, missing integrity, git and http sources, and names that nobody has claimed.',
    },
  ),
  '15.3.1': attacked('access', 'idor.over-exposure', {
    how: 'Replies are written member by member; no row of a store is sent as it is.',
  }),
  '15.3.2': shown(
    'outbound',
    'library/src/outbound/inward.test.ts',
    'a redirect to a literal or to a private name reaches nobody inside',
    {
      how: 'Redirects are followed by us, as many as the policy says, and each is judged like the first address.',
    },
  ),
  '15.3.3': attacked('content', 'idor.mass-assign', { check: 'routes.unvalidated' }),
  '15.3.4': shown(
    'trustedProxies',
    'library/src/http/address.test.ts',
    'whatever a client puts in front, its address stays what our proxy wrote',
    {
      check: 'http.proxies-counted',
      how: 'One function tells the client’s address, from the trusted proxies on; it feeds limits and logs.',
    },
  ),
  '15.3.5': attacked('content', 'json.type-confusion', {
    how: 'Values are fitted to exact types; a list where one text is expected is refused.',
  }),
  '15.3.6': attacked('content', 'json.prototype', {
    check: 'content.off',
    how: 'Names that every object has are refused at any depth, and maps of what users name are maps.',
  }),
  '15.3.7': attacked('content', 'param.pollution', {
    how: 'Each value has one source; a name that comes twice is refused unless it may be a list.',
  }),
  '15.4.1': shown('stores', POSTGRES, 'of four processes on one database, each thing goes to one', {
    check: 'store.sqlite-many-nodes',
    how: 'What processes share is in the store and changes by whole transitions.',
  }),
  '15.4.2': shown(
    'uploads',
    'library/src/shield/uploads/names/open-within.test.ts',
    'another process that plants links in the middle gets nobody outside',
    {
      how: 'Looking and doing are one step: one statement, transaction or script, one descriptor, and the socket that was judged.',
    },
  ),
  '15.4.3': shown(
    'stores',
    'library/src/store/conformance/counters.ts',
    "…: two keys against each other's order neither block nor overcharge",
    {
      how: 'Locks are taken in one order and end with their transaction; a holder that hangs is cut off at the deadline.',
    },
  ),
  '15.4.4': shown(
    'limits',
    'library/src/shield/limits/gate.test.ts',
    'whoever comes later cannot slip in before the line',
    {
      how: 'Dear work waits in one bounded line in the order of coming, and an address has a rate of its own.',
    },
  ),
  '16.2.1': shown(
    'audit',
    'library/src/audit/audit.test.ts',
    'the operator reads who did what, from where, in which request',
    {
      ...AUDITED,
      how: 'An event has its time, code, outcome, reason, actor, target, address, device and request id.',
    },
  ),
  '16.2.2': shown(
    'audit',
    'library/src/audit/audit.test.ts',
    'five thousand events recorded at once stand in the order they happened',
    { ...AUDITED, how: 'Times are UTC, and rows have an order of their own.' },
  ),
  '16.2.3': shown(
    'always on',
    'library/src/doctor/sources.test.ts',
    'nothing in the library writes to the console',
    {
      how: 'Events go to the log of the store and to the sinks of the options, and nowhere else.',
    },
  ),
  '16.2.4': shown(
    'audit',
    'library/src/audit/export.test.ts',
    'the JSONL reads back into the rows, links and all',
    {
      ...AUDITED,
      how: 'A row is one JSON object a line; exports are JSONL, CSV and OCSF.',
    },
  ),
  '16.2.5': attacked('audit', 'audit.no-secrets', {
    how: 'Passwords, tokens and cookies are never logged; what is handed over by mistake is masked, and personal data stands apart, to be erased.',
  }),
  '16.3.1': attacked('audit', 'audit.auth-events', {
    ...AUDITED,
    how: 'Each outcome of signing in is an event with the factors used.',
  }),
  '16.3.2': attacked('audit', 'audit.denied-events', {
    ...AUDITED,
    how: 'Every refusal is recorded by the pipeline with its true reason, and foreign ids as well.',
  }),
  '16.3.3': attacked('audit', 'audit.bypass-events', {
    ...AUDITED,
    how: 'A refusal of any defence is an event under its word.',
  }),
  '16.3.4': shown(
    'audit',
    'library/src/account/login/login.test.ts',
    'G08: with the counters out of reach the limit goes on, nobody meets a 500, and the log knows',
    {
      check: 'audit.lost-events',
      how: 'Faults, outages of stores and sinks, and lost events are recorded with a code.',
    },
  ),
  '16.4.1': attacked('audit', 'audit.injection', {
    ...AUDITED,
    how: 'A row is one line of JSON in which every control character is visible, and bounded.',
  }),
  '16.4.2': shown(
    'audit',
    'library/src/audit/verify.test.ts',
    'is found out at every …row: removed, changed, moved',
    {
      check: 'audit.no-checkpoints',
      how: 'Rows form a keyed chain with signed checkpoints; audit verify finds what was changed, moved, removed or cut off.',
    },
  ),
  '16.5.1': attacked('always on', 'err.stack-trace', {
    how: 'What nobody expected is problem+json with title, status and request id.',
  }),
  '16.5.2': shown(
    'stores',
    'library/src/store/fallback.test.ts',
    'while the store is away, a guesser gets a quarter of the attempts, not all and not none',
    {
      how: 'Stores, mail, scanner, breach service and providers have deadlines, and each a stated answer to being away.',
    },
  ),
  '16.5.3': attacked('always on', 'err.fail-open', {
    how: 'A fault in a defence is 5xx and lets nobody in.',
  }),
  '16.5.4': rowed('always on', 'library/src/adapters/house.test.ts', 'a route that fails', {
    how: 'The adapters take every fault of a handler, answer 500 alike, and record it.',
  }),
}
