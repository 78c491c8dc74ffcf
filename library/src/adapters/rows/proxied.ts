import { JSON_TYPE, type Row } from './row.ts'

/** What a request brings when our proxy took it over TLS, from an address of its own. */
const from = (address: string, scheme = 'https'): Record<string, string> => ({
  host: 'app.example',
  'x-forwarded-for': address,
  'x-forwarded-proto': scheme,
})

const HSTS = 'max-age=63072000; includeSubDomains'

const transport: Row[] = [
  {
    what: 'a request over TLS through our proxy',
    method: 'GET',
    path: '/open',
    headers: from('192.0.2.1'),
    status: 200,
    fields: { 'strict-transport-security': new RegExp(`^${HSTS}`) },
  },
  {
    what: 'a navigation over plain http',
    method: 'GET',
    path: '/open?a=1',
    headers: { ...from('192.0.2.2', 'http'), 'sec-fetch-mode': 'navigate' },
    status: 308,
    fields: {
      location: 'https://app.example/open?a=1',
      'strict-transport-security': undefined,
      'cache-control': 'no-store',
    },
  },
  {
    what: 'a browser without Fetch Metadata over plain http',
    method: 'GET',
    path: '/open',
    headers: { ...from('192.0.2.2', 'http'), accept: 'text/html' },
    status: 308,
    fields: { location: 'https://app.example/open' },
  },
  {
    what: 'a program over plain http',
    method: 'GET',
    path: '/open',
    headers: from('192.0.2.3', 'http'),
    status: 403,
    says: 'transport.insecure',
  },
  {
    what: 'a form over plain http, which is not sent on',
    method: 'POST',
    path: '/form',
    headers: { ...from('192.0.2.3', 'http'), accept: 'text/html' },
    status: 403,
  },
  {
    what: 'a client who claims TLS to a proxy that saw none',
    method: 'GET',
    path: '/open',
    headers: from('192.0.2.4', 'https, http'),
    status: 403,
    says: 'transport.insecure',
  },
  {
    what: 'a loopback name in production',
    method: 'GET',
    path: '/open',
    headers: { ...from('192.0.2.5'), host: 'localhost' },
    status: 421,
  },
  ...(
    [
      ['https://app.example', 200],
      ['https://www.app.example', 403],
      ['http://app.example', 403],
      ['https://app.example.evil.example', 403],
      ['null', 403],
    ] as const
  ).map(([origin, status], index) => ({
    what: `a post from ${origin}`,
    method: 'POST',
    path: '/echo',
    headers: { ...from(`192.0.2.${100 + index}`), ...JSON_TYPE, origin },
    body: '{}',
    status,
  })),
]

/** Three a minute and address: what is left is told, then 429 with a time to come back. */
const throttle: Row[] = ['198.51.100.1', '2001:db8:1:1::1'].flatMap(address => [
  ...[2, 1, 0].map(left => ({
    what: `a request of ${address} with ${left} left`,
    method: 'GET',
    path: '/open',
    headers: from(address),
    status: 200,
    fields: {
      'ratelimit-policy': '"default";q=3;w=60',
      ratelimit: new RegExp(`^"default";r=${left};t=\\d+$`),
      'retry-after': undefined,
    },
  })),
  {
    what: `a request too many of ${address}`,
    method: 'GET',
    path: '/open',
    headers: from(address),
    status: 429,
    says: 'throttle.limited',
    fields: { 'retry-after': /^\d+$/, ratelimit: /^"default";r=0;t=\d+$/ },
  },
  {
    what: `another method of ${address}, counted alike`,
    method: 'POST',
    path: '/echo',
    headers: { ...from(address), ...JSON_TYPE },
    body: '{}',
    status: 429,
  },
  {
    what: `${address} asks for what is not there, counted alike`,
    method: 'GET',
    path: '/nowhere',
    headers: from(address),
    status: 429,
  },
])

const neighbours: Row[] = [
  {
    what: 'another address of the same IPv6 network',
    method: 'GET',
    path: '/open',
    headers: from('2001:db8:1:1:ffff::2'),
    status: 429,
  },
  {
    what: 'the next IPv6 network',
    method: 'GET',
    path: '/open',
    headers: from('2001:db8:1:2::1'),
    status: 200,
  },
  {
    what: 'an address that the client put in front of its own',
    method: 'GET',
    path: '/open',
    headers: { ...from('203.0.113.9, 198.51.100.1') },
    status: 429,
  },
]

/** In this order: each row counts. */
export const proxiedRows: readonly Row[] = [...transport, ...throttle, ...neighbours]
