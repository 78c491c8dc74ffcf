/** Bytes on a connection, and what every framework has to make of them. */
export interface RawRow {
  readonly what: string
  /** `\n` stands for CRLF, `{lf}` for a bare line feed; `{session}` for a cookie of the server at hand. */
  readonly sends: string
  /** Of each answer the status and what the problem says; `undefined` for one that is no problem. */
  readonly answers: readonly (readonly [status: number, says: string | undefined])[]
  /** Whether the connection takes another request afterwards. */
  readonly fate: 'kept' | 'closed'
}

const H = 'Host: localhost\n'
const GET = `GET /open HTTP/1.1\n${H}\n`
const JSON_TYPE = 'Content-Type: application/json\n'
const POST = `POST /echo HTTP/1.1\n${H}${JSON_TYPE}`
/** Stands behind what must not be read as a message of its own. */
const SMUGGLED = `GET /things/smuggled HTTP/1.1\n${H}\n`
const CHUNKED = `0\n\n${SMUGGLED}`

const refusedFraming = [400, 'framing.refused'] as const
const malformed = [400, 'server.malformed'] as const
const badHost = [400, 'hosts.malformed'] as const
const served = [200, undefined] as const

const closed = (
  answer: RawRow['answers'][number],
  rows: readonly (readonly [what: string, sends: string])[],
): RawRow[] =>
  rows.map(([what, sends]) => ({ what, sends, answers: [answer], fate: 'closed' as const }))

const kept = (
  answer: RawRow['answers'][number],
  rows: readonly (readonly [what: string, sends: string])[],
): RawRow[] =>
  rows.map(([what, sends]) => ({ what, sends, answers: [answer], fate: 'kept' as const }))

const friends: RawRow[] = kept(served, [
  ['an ordinary request', GET],
  ['a head', `HEAD /open HTTP/1.1\n${H}\n`],
  ['a body with a length', `${POST}Content-Length: 2\n\n{}`],
  ['a body in chunks', `${POST}Transfer-Encoding: chunked\n\n1\n{\n1\n}\n0\n\n`],
  ['a body in chunks, by another spelling', `${POST}TRANSFER-ENCODING: Chunked\n\n2\n{}\n0\n\n`],
  ['chunks with an extension', `${POST}Transfer-Encoding: chunked\n\n2;a=b\n{}\n0\n\n`],
  ['a hundred fields', `GET /open HTTP/1.1\n${H}${'X-A: 1\n'.repeat(99)}\n`],
  ['an empty line before', `\n${GET}`],
  ['a field of nothing', `GET /open HTTP/1.1\n${H}X-Empty:\n\n`],
])

const lengths: RawRow[] = [
  ...closed(malformed, [
    ['a length and chunks', `${POST}Content-Length: 5\nTransfer-Encoding: chunked\n\n${CHUNKED}`],
    ['chunks and a length', `${POST}Transfer-Encoding: chunked\nContent-Length: 5\n\n${CHUNKED}`],
    ['two lengths', `${POST}Content-Length: 0\nContent-Length: 60\n\n${SMUGGLED}`],
    ['the same length twice', `${POST}Content-Length: 2\nContent-Length: 2\n\n{}`],
    ['a list of lengths', `${POST}Content-Length: 2, 2\n\n{}`],
    ['a length with a sign', `${POST}Content-Length: +2\n\n{}`],
    ['a length below nothing', `${POST}Content-Length: -1\n\n${SMUGGLED}`],
    ['a length in hexadecimal', `${POST}Content-Length: 0x2\n\n{}`],
    ['a length beyond all numbers', `${POST}Content-Length: ${'9'.repeat(40)}\n\n{}`],
    ['a length of nothing', `${POST}Content-Length:\n\n{}`],
  ]),
]

const codings: RawRow[] = [
  ...closed(malformed, [
    ['a folded coding', `${POST}Transfer-Encoding:\n chunked\n\n${CHUNKED}`],
    ['a space before the colon', `${POST}Transfer-Encoding : chunked\n\n${CHUNKED}`],
    ['a tab before the colon', `${POST}Transfer-Encoding\t: chunked\n\n${CHUNKED}`],
    ['chunked not last', `${POST}Transfer-Encoding: chunked, identity\n\n${CHUNKED}`],
    ['chunked twice', `${POST}Transfer-Encoding: chunked, chunked\n\n${CHUNKED}`],
  ]),
  ...closed(refusedFraming, [
    ['gzip under chunks', `${POST}Transfer-Encoding: gzip, chunked\n\n${CHUNKED}`],
    ['an unknown coding', `${POST}Transfer-Encoding: xchunked\n\n${CHUNKED}`],
    ['identity', `${POST}Transfer-Encoding: identity\n\n${SMUGGLED}`],
    ['a quoted coding', `${POST}Transfer-Encoding: "chunked"\n\n${CHUNKED}`],
    [
      'two codings in two fields',
      `${POST}Transfer-Encoding: gzip\nTransfer-Encoding: chunked\n\n${CHUNKED}`,
    ],
    [
      'chunks in HTTP/1.0',
      `POST /echo HTTP/1.0\n${H}${JSON_TYPE}Connection: keep-alive\nTransfer-Encoding: chunked\n\n${CHUNKED}`,
    ],
  ]),
]

const chunks: RawRow[] = closed(malformed, [
  ['a chunk size with a sign', `${POST}Transfer-Encoding: chunked\n\n+2\n{}\n0\n\n`],
  ['a chunk size of 0x2', `${POST}Transfer-Encoding: chunked\n\n0x2\n{}\n0\n\n`],
  ['a chunk size of no digits', `${POST}Transfer-Encoding: chunked\n\n\n{}\n0\n\n`],
  [
    'a chunk size of many digits',
    `${POST}Transfer-Encoding: chunked\n\nfffffffffffffffff\n{}\n0\n\n`,
  ],
  ['a chunk longer than it says', `${POST}Transfer-Encoding: chunked\n\n1\n{}\n0\n\n`],
  ['a chunk ended by a bare line feed', `${POST}Transfer-Encoding: chunked\n\n2{lf}{}\n0\n\n`],
])

const lines: RawRow[] = closed(malformed, [
  ['bare line feeds', `GET /open HTTP/1.1{lf}Host: localhost{lf}{lf}`],
  ['a bare line feed between fields', `GET /open HTTP/1.1\n${H}X-A: 1{lf}X-B: 2\n\n`],
  ['a bare CR in a value', `GET /open HTTP/1.1\n${H}X-A: a\rX-B: b\n\n`],
  ['a folded field', `GET /open HTTP/1.1\n${H}X-A: a\n b\n\n`],
  ['a folded first field', `GET /open HTTP/1.1\n ${H}\n`],
  ['a NUL in a value', `GET /open HTTP/1.1\n${H}X-A: a\0b\n\n`],
  ['a field without a colon', `GET /open HTTP/1.1\n${H}X-A\n\n`],
  ['a field without a name', `GET /open HTTP/1.1\n${H}: a\n\n`],
  ['a name with a space in it', `GET /open HTTP/1.1\n${H}X A: a\n\n`],
  ['a name with a space behind', `GET /open HTTP/1.1\n${H}X-A : a\n\n`],
  ['a name in brackets', `GET /open HTTP/1.1\n${H}(X): a\n\n`],
  ['HTTP/1.2', `GET /open HTTP/1.2\n${H}\n`],
  ['http in small letters', `GET /open http/1.1\n${H}\n`],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\n\nSM\n\n'],
  ['TLS on the plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a made-up method', `EVIL /open HTTP/1.1\n${H}\n`],
  ['a method in small letters', `get /open HTTP/1.1\n${H}\n`],
  ['TRACK', `TRACK /open HTTP/1.1\n${H}\n`],
])

const names: RawRow[] = [
  ...closed(refusedFraming, [
    ['HTTP/0.9', 'GET /open\n\n'],
    ['HTTP/2.0 in clear text', `GET /open HTTP/2.0\n${H}\n`],
    ['an underscore in a name', `GET /open HTTP/1.1\n${H}Content_Length: 5\n\n`],
    ['two types', `${POST}${JSON_TYPE}Content-Length: 2\n\n{}`],
    ['two origins', `GET /open HTTP/1.1\n${H}Origin: null\nOrigin: null\n\n`],
    ['two authorizations', `GET /open HTTP/1.1\n${H}Authorization: a\nAuthorization: b\n\n`],
    [
      'two sites of origin',
      `GET /open HTTP/1.1\n${H}Sec-Fetch-Site: none\nSec-Fetch-Site: none\n\n`,
    ],
  ]),
  ...closed(
    [431, 'framing.header_count'],
    [['a hundred and one fields', `GET /open HTTP/1.1\n${H}${'X-A: 1\n'.repeat(100)}\n`]],
  ),
  ...closed(
    [431, 'server.headers_too_large'],
    [
      ['three thousand fields', `GET /open HTTP/1.1\n${H}${'a:\n'.repeat(3000)}\n`],
      ['20 KiB in one field', `GET /open HTTP/1.1\n${H}X-A: ${'a'.repeat(20_480)}\n\n`],
      [
        '20 KiB in a hundred fields',
        `GET /open HTTP/1.1\n${H}${`X-A: ${'a'.repeat(200)}\n`.repeat(99)}\n`,
      ],
      ['a name of 20 KiB', `GET /open HTTP/1.1\n${H}${'a'.repeat(20_480)}: 1\n\n`],
    ],
  ),
  ...closed(
    [414, 'target.too_long'],
    [
      ['a target of 9,000 letters', `GET /${'a'.repeat(9000)} HTTP/1.1\n${H}\n`],
      ['a query of 9,000 letters', `GET /open?${'a'.repeat(9000)} HTTP/1.1\n${H}\n`],
    ],
  ),
]

const hosts: RawRow[] = [
  ...closed(badHost, [
    ['no Host in HTTP/1.0', 'GET /open HTTP/1.0\n\n'],
    ['an empty Host', 'GET /open HTTP/1.1\nHost:\n\n'],
    ['a Host with a user', 'GET /open HTTP/1.1\nHost: localhost@evil.example\n\n'],
    ['a Host with a path', 'GET /open HTTP/1.1\nHost: localhost/evil\n\n'],
    ['a Host with a port that is none', 'GET /open HTTP/1.1\nHost: localhost:http\n\n'],
    ['a list of Hosts', 'GET /open HTTP/1.1\nHost: localhost, evil.example\n\n'],
  ]),
  ...closed(refusedFraming, [
    ['two Hosts', `GET /open HTTP/1.1\n${H}Host: evil.example\n\n`],
    ['the same Host twice', `GET /open HTTP/1.1\n${H}${H}\n`],
  ]),
  ...kept(
    [421, 'hosts.unknown'],
    [
      ['another Host', 'GET /open HTTP/1.1\nHost: evil.example\n\n'],
      [
        'another Host behind our own, by its name',
        'GET /open HTTP/1.1\nHost: localhost.evil.example\n\n',
      ],
      [
        'our Host in a field that we do not read',
        `GET /open HTTP/1.1\nHost: evil.example\nX-Forwarded-Host: localhost\nForwarded: host=localhost\n\n`,
      ],
    ],
  ),
]

const targets: RawRow[] = kept(
  refusedFraming,
  (
    [
      ['absolute form', 'http://localhost/open'],
      ['absolute form of another host', 'http://evil.example/open'],
      ['dots', '/things/../open'],
      ['encoded dots', '/things/%2e%2e/open'],
      ['an encoded slash', '/things/a%2fb'],
      ['a backslash', '/things\\a'],
      ['two slashes', '//open'],
      ['an overlong encoding', '/%c0%ae%c0%ae/'],
      ['an encoded NUL', '/things/a%00'],
      ['a path parameter', '/open;v=1'],
    ] as const
  ).map(([what, target]) => [what, `GET ${target} HTTP/1.1\n${H}\n`] as const),
)

const methods: RawRow[] = [
  ...closed(
    [405, 'framing.method'],
    [
      ['TRACE', `TRACE /open HTTP/1.1\n${H}\n`],
      ['CONNECT', `CONNECT localhost:443 HTTP/1.1\n${H}\n`],
      ['CONNECT to a path', `CONNECT /open HTTP/1.1\n${H}\n`],
    ],
  ),
  ...kept(refusedFraming, [['the asterisk form', `OPTIONS * HTTP/1.1\n${H}\n`]]),
  ...kept(
    [405, 'route.method_not_allowed'],
    [
      ['OPTIONS', `OPTIONS /open HTTP/1.1\n${H}\n`],
      [
        'a preflight from another site',
        `OPTIONS /echo HTTP/1.1\n${H}Origin: https://evil.example\nAccess-Control-Request-Method: POST\n\n`,
      ],
      ['a method of WebDAV', `PROPFIND /open HTTP/1.1\n${H}\n`],
      ['DELETE', `DELETE /open HTTP/1.1\n${H}\n`],
    ],
  ),
  ...kept([404, undefined], [['a head of what is not there', `HEAD /nowhere HTTP/1.1\n${H}\n`]]),
  ...kept([401, undefined], [['a head of what is not theirs', `HEAD /mine HTTP/1.1\n${H}\n`]]),
  ...kept([500, undefined], [['a head of what fails', `HEAD /boom HTTP/1.1\n${H}\n`]]),
  ...kept([500, 'service.faulted'], [['what fails', `GET /boom HTTP/1.1\n${H}\n`]]),
  ...kept([404, 'route.not_found'], [['what is not there', `GET /nowhere HTTP/1.1\n${H}\n`]]),
  ...closed(
    [413, 'limits.too_large'],
    [
      [
        'a small body that is too large for its route',
        `POST /small HTTP/1.1\n${H}${JSON_TYPE}Content-Length: 20\n\n{"a":"0123456789ab"}`,
      ],
    ],
  ),
  ...kept(
    [400, 'content.unexpected_body'],
    [['a body on a GET', `GET /open HTTP/1.1\n${H}${JSON_TYPE}Content-Length: 2\n\n{}`]],
  ),
  ...closed(
    [417, 'server.expectation'],
    [['an expectation that nobody knows', `GET /open HTTP/1.1\n${H}Expect: wonders\n\n`]],
  ),
]

const versions: RawRow[] = closed(served, [
  ['HTTP/1.0', `GET /open HTTP/1.0\n${H}\n`],
  ['a request that is the last, with a body', `${POST}Connection: close\nContent-Length: 2\n\n{}`],
  ['a request that is the last', `GET /open HTTP/1.1\n${H}Connection: close\n\n`],
])

const lasts: RawRow[] = closed(
  [400, 'json.syntax'],
  [
    [
      'a body that cannot be read, of a request that is the last',
      `${POST}Connection: close\nContent-Length: 1\n\n{`,
    ],
  ],
)

const pipelined: RawRow[] = [
  { what: 'two requests at once', sends: GET + GET, answers: [served, served], fate: 'kept' },
  {
    what: 'a request behind one that is refused for itself',
    sends: `GET /a%2fb HTTP/1.1\n${H}\n${GET}`,
    answers: [refusedFraming, served],
    fate: 'kept',
  },
  {
    what: 'a request behind one that is refused for good',
    sends: `GET /open HTTP/1.1\n${H}${H}\n${SMUGGLED}`,
    answers: [refusedFraming],
    fate: 'closed',
  },
  {
    what: 'a request behind a refused TRACE',
    sends: `TRACE /open HTTP/1.1\n${H}\n${SMUGGLED}`,
    answers: [[405, 'framing.method']],
    fate: 'closed',
  },
  {
    what: 'a broken message behind a request',
    sends: `${GET}GET /open HTTP/1.1\nHost\n\n${SMUGGLED}`,
    answers: [served, malformed],
    fate: 'closed',
  },
  {
    what: 'a broken message behind two requests',
    sends: `${GET}${GET}\0\n\n`,
    answers: [served, served, malformed],
    fate: 'closed',
  },
  {
    what: 'a request behind a body that is refused unread',
    sends: `POST /echo HTTP/1.1\n${H}Content-Type: text/plain\nContent-Length: 2\n\n{}${GET}`,
    answers: [[415, 'content.unsupported_type'], served],
    fate: 'kept',
  },
  {
    what: 'a request behind chunks that are refused unread',
    sends: `POST /echo HTTP/1.1\n${H}Content-Type: text/plain\nTransfer-Encoding: chunked\n\n2\n{}\n0\n\n${GET}`,
    answers: [[415, 'content.unsupported_type']],
    fate: 'closed',
  },
  {
    what: 'a request behind one that says it is the last',
    sends: `GET /open HTTP/1.1\n${H}Connection: close\n\n${SMUGGLED}`,
    answers: [served],
    fate: 'closed',
  },
]

const UPGRADE = `GET /live HTTP/1.1\n${H}Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n`
const COOKIE = 'Cookie: {session}\n'
const switched = [101, undefined] as const
const forged = [403, 'csrf.refused'] as const
const upgrades: RawRow[] = [
  ...closed(switched, [
    ['a handshake of a program', `${UPGRADE}\n`],
    ['a handshake of our own page', `${UPGRADE}${COOKIE}Sec-Fetch-Site: same-origin\n\n`],
    [
      'a handshake of our own page, by an old browser',
      `${UPGRADE}${COOKIE}Origin: http://localhost\n\n`,
    ],
    ['a handshake of a friend', `${UPGRADE}${COOKIE}Origin: https://friend.example\n\n`],
    ['a handshake in capitals', `${UPGRADE.replace('websocket', 'WebSocket')}\n`],
  ]),
  ...closed(forged, [
    [
      'a handshake of another site',
      `${UPGRADE}${COOKIE}Sec-Fetch-Site: cross-site\nOrigin: https://evil.example\n\n`,
    ],
    [
      'a handshake of a sibling',
      `${UPGRADE}${COOKIE}Sec-Fetch-Site: same-site\nOrigin: http://sibling.localhost\n\n`,
    ],
    [
      'a handshake of another site, by an old browser',
      `${UPGRADE}${COOKIE}Origin: https://evil.example\n\n`,
    ],
    ['a handshake of a sandbox', `${UPGRADE}${COOKIE}Origin: null\n\n`],
    ['a handshake of nowhere, with a session', `${UPGRADE}${COOKIE}\n`],
    ['a stranger’s handshake of another site', `${UPGRADE}Origin: https://evil.example\n\n`],
    [
      'a handshake in capitals, of another site',
      `${UPGRADE.replace('websocket', 'WEBSOCKET')}Origin: https://evil.example\n\n`,
    ],
  ]),
  ...closed(malformed, [
    ['an upgrade to HTTP/2', `${UPGRADE.replace('websocket', 'h2c')}HTTP2-Settings: AAMAAABk\n\n`],
    ['an upgrade to TLS', `${UPGRADE.replace('websocket', 'TLS/1.2')}\n`],
    ['an upgrade to two things', `${UPGRADE.replace('websocket', 'websocket, h2c')}\n`],
    ['a handshake by POST', `${UPGRADE.replace('GET', 'POST')}\n`],
  ]),
  ...closed(
    [421, 'hosts.unknown'],
    [['a handshake with another host', `${UPGRADE.replace(H, 'Host: evil.example\n')}\n`]],
  ),
  ...closed(refusedFraming, [
    ['a handshake with two hosts', `${UPGRADE}${H}\n`],
    ['a handshake on an odd path', `${UPGRADE.replace('/live', '/a/../live')}\n`],
  ]),
]

export const rawRows: readonly RawRow[] = [
  ...friends,
  ...lengths,
  ...codings,
  ...chunks,
  ...lines,
  ...names,
  ...hosts,
  ...targets,
  ...methods,
  ...versions,
  ...lasts,
  ...pipelined,
  ...upgrades,
]

const P = 'Host: app.example\n'
const PROXIED = `GET /live HTTP/1.1\n${P}Connection: Upgrade\nUpgrade: websocket\n`

/** Handshakes in production, behind a proxy that takes TLS off. */
export const proxiedRawRows: readonly RawRow[] = [
  ...closed(switched, [
    [
      'a handshake over TLS',
      `${PROXIED}X-Forwarded-For: 192.0.2.1\nX-Forwarded-Proto: https\nOrigin: https://app.example\n\n`,
    ],
  ]),
  ...closed(
    [403, 'transport.insecure'],
    [
      [
        'a handshake over plain http',
        `${PROXIED}X-Forwarded-For: 192.0.2.1\nX-Forwarded-Proto: http\nOrigin: https://app.example\n\n`,
      ],
      ['a handshake that no proxy took over TLS', `${PROXIED}Origin: https://app.example\n\n`],
    ],
  ),
  ...closed(forged, [
    [
      'a handshake of another origin over TLS',
      `${PROXIED}X-Forwarded-For: 192.0.2.1\nX-Forwarded-Proto: https\nOrigin: https://evil.example\n\n`,
    ],
  ]),
]
