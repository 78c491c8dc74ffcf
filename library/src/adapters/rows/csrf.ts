import { FORM_TYPE, JSON_TYPE, type Row } from './row.ts'

const OWN = '{own}'
const FRIEND = 'https://friend.example'
const EVIL = 'https://evil.example'

const SITES = [undefined, 'same-origin', 'none', 'same-site', 'cross-site', 'SAME-ORIGIN'] as const
const ORIGINS = [undefined, OWN, FRIEND, EVIL, 'null'] as const

/** `+` passes on to the token, `-` is refused. Lines are SITES, columns ORIGINS. */
const VERDICTS = ['+++--', '+++++', '+++++', '-++--', '-++--', '-++--'] as const

/** Who asks, what they bring, and what it means where the browser's word was good. */
const ASKERS = [
  ['a stranger', {}, 200, undefined],
  [
    'somebody signed in with a token',
    { cookie: '{session}', 'x-csrf-token': '{token}' },
    200,
    undefined,
  ],
  ['somebody signed in without a token', { cookie: '{session}' }, 403, 'csrf.token_missing'],
  [
    'somebody signed in with a made-up token',
    { cookie: '{session}', 'x-csrf-token': 'x'.repeat(86) },
    403,
    'csrf.refused',
  ],
] as const

const browsers: Row[] = SITES.flatMap((site, line) =>
  ORIGINS.flatMap((origin, column) =>
    ASKERS.map(([who, brings, status, says]): Row => {
      const passes = VERDICTS[line]?.[column] === '+'
      return {
        what: `${who}, site ${site ?? 'unsaid'}, origin ${origin ?? 'unsaid'}`,
        method: 'POST',
        path: '/echo',
        headers: {
          ...JSON_TYPE,
          ...brings,
          ...(site !== undefined && { 'sec-fetch-site': site }),
          ...(origin !== undefined && { origin }),
        },
        body: '{}',
        status: passes ? status : 403,
        ...(passes ? says !== undefined && { says } : { says: 'csrf.refused' }),
      }
    }),
  ),
)

const referers: Row[] = (
  [
    ['our own page', `${OWN}/page?q=1`, 200],
    ['a friend', `${FRIEND}/page`, 200],
    ['another site', `${EVIL}/page`, 403],
    ['a name that begins like ours', `${OWN}.evil.example/`, 403],
    ['text that is no address', 'about:blank', 403],
    ['nothing', '', 403],
  ] as const
).map(([whence, referer, status]) => ({
  what: `a post that comes from ${whence} by its Referer`,
  method: 'POST',
  path: '/echo',
  headers: { ...JSON_TYPE, referer },
  body: '{}',
  status,
}))

const safe: Row[] = ['GET', 'HEAD'].flatMap(method =>
  SITES.map(site => ({
    what: `a link followed, site ${site ?? 'unsaid'}`,
    method,
    path: '/open',
    headers: { cookie: '{session}', ...(site !== undefined && { 'sec-fetch-site': site }) },
    status: 200,
  })),
)

const exempt: Row[] = SITES.flatMap(site =>
  [{}, { cookie: '{session}' }].map(brings => ({
    what: `an exempt route, site ${site ?? 'unsaid'}, ${'cookie' in brings ? 'with' : 'without'} a session`,
    method: 'POST',
    path: '/hook',
    headers: {
      ...JSON_TYPE,
      ...brings,
      origin: EVIL,
      ...(site !== undefined && { 'sec-fetch-site': site }),
    },
    body: '{}',
    status: 200,
  })),
)

const forms: Row[] = (
  [
    ['a first visit', {}, 'a=1', 200, undefined],
    ['a visitor without a token', { cookie: '{visitor}' }, 'a=1', 403, 'csrf.token_missing'],
    ['a session without a token', { cookie: '{session}' }, 'a=1', 403, 'csrf.token_missing'],
    [
      'a session, the token as a field',
      { cookie: '{session}' },
      'a=1&_csrf={token}',
      200,
      undefined,
    ],
    [
      'a session, a made-up token as a field',
      { cookie: '{session}' },
      `_csrf=${'x'.repeat(86)}`,
      403,
      'csrf.refused',
    ],
    ['a session, an empty token', { cookie: '{session}' }, '_csrf=', 403, 'csrf.token_missing'],
    [
      'a session, two tokens as fields',
      { cookie: '{session}' },
      '_csrf={token}&_csrf={token}',
      400,
      'form.repeated',
    ],
    [
      'a session, the token as a header',
      { cookie: '{session}', 'x-csrf-token': '{token}' },
      'a=1',
      200,
      undefined,
    ],
    [
      "a visitor with a session's token",
      { cookie: '{visitor}', 'x-csrf-token': '{token}' },
      'a=1',
      403,
      'csrf.refused',
    ],
  ] as const
).flatMap(([who, brings, body, status, says]) =>
  ['same-origin', undefined].map(site => ({
    what: `a form of ${who}, site ${site ?? 'unsaid'}`,
    method: 'POST',
    path: '/form',
    headers: { ...FORM_TYPE, ...brings, ...(site !== undefined && { 'sec-fetch-site': site }) },
    body,
    status,
    ...(says !== undefined && { says }),
  })),
)

const tricks: Row[] = (
  ['text/plain', 'text/plain;charset=utf-8', 'multipart/form-data'] as const
).map(type => ({
  what: `JSON dressed as ${type}, with a session`,
  method: 'POST',
  path: '/echo',
  headers: { cookie: '{session}', 'content-type': type },
  body: '{"a":"="}',
  status: 415,
}))

/** Sec-Fetch-Site × Origin × Referer × token × session × content type × exempt routes. */
export const csrfRows: readonly Row[] = [
  ...browsers,
  ...referers,
  ...safe,
  ...exempt,
  ...forms,
  ...tricks,
]
