import type { Row } from './row.ts'

const paths: Row[] = (
  [
    ['/things/a%2fb', 'an encoded slash'],
    ['/things/a%2Fb', 'an encoded slash in capitals'],
    ['/things/a%5cb', 'an encoded backslash'],
    ['/things/a%00b', 'an encoded NUL'],
    ['/things/a%0d%0ab', 'an encoded line end'],
    ['/things/a%25%32%66b', 'a percent encoded twice'],
    ['/things/a%252fb', 'a slash encoded twice'],
    ['/things/%2e%2e', 'encoded dots'],
    ['/things/../open', 'dots'],
    ['/things/./open', 'a dot'],
    ['/things/a%ff', 'bytes that are no UTF-8'],
    ['/things/a%zz', 'a broken escape'],
    ['/things/a%', 'half an escape'],
    ['//open', 'two slashes'],
    ['/things//a', 'two slashes inside'],
    ['/things\\a', 'a backslash'],
    ['/open;v=1', 'a path parameter'],
    ['/open#part', 'a fragment'],
  ] as const
).map(([path, what]) => ({ what: `a path with ${what}`, method: 'GET', path, status: 400 }))

const hosts: Row[] = (
  [
    ['evil.example', 421],
    ['localhost.evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['evil.example:80', 421],
    ['localhost', 200],
    ['LOCALHOST:3000', 200],
    ['127.0.0.1:1', 200],
    ['[::1]:80', 200],
    ['inside.example', 200],
    ['INSIDE.example', 200],
    ['outside.example', 421],
    ['localhost@evil.example', 400],
    ['evil.example/localhost', 400],
    ['localhost, evil.example', 400],
    ['local host', 400],
    ['localhost:http', 400],
  ] as const
).map(([host, status]) => ({
  what: `a request for the host ${host}`,
  method: 'GET',
  path: '/open',
  headers: { host },
  status,
}))

const fields: Row[] = [
  {
    what: 'a field with an underscore',
    method: 'GET',
    path: '/open',
    headers: { x_forwarded_for: '1.2.3.4' },
    status: 400,
  },
  {
    what: 'a path of nine thousand letters',
    method: 'GET',
    path: `/${'a'.repeat(9000)}`,
    status: 414,
    says: 'target.too_long',
  },
  {
    what: 'a hundred and twenty fields',
    method: 'GET',
    path: '/open',
    headers: Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`x-${at}`, 'y'])),
    status: 431,
  },
  { what: 'TRACE', method: 'TRACE', path: '/open', status: 405 },
  {
    what: 'a method override, which nobody heeds',
    method: 'GET',
    path: '/open',
    headers: { 'x-http-method-override': 'DELETE' },
    status: 200,
  },
]

export const framingRows: readonly Row[] = [...paths, ...hosts, ...fields]
