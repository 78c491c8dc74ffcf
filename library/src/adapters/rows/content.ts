import { deflateRawSync, gzipSync } from 'node:zlib'
import { FORM_TYPE, JSON_TYPE, type Row } from './row.ts'

const echoed = (what: string, body: string | Buffer, got: unknown): Row => ({
  what,
  method: 'POST',
  path: '/echo',
  headers: JSON_TYPE,
  body,
  status: 200,
  says: { got },
})

const good: Row[] = [
  echoed('an object', '{"a":1}', { a: 1 }),
  echoed('a list', '[1,2,3]', [1, 2, 3]),
  echoed('a text', '"text"', 'text'),
  echoed('escapes', '"\\u00e9\\n\\"\\\\"', 'é\n"\\'),
  echoed('a pair of surrogates', '"\\ud83d\\ude00"', '😀'),
  echoed('space around', ' \n{"a" : [ ] } \t', { a: [] }),
  echoed('the largest safe integer', '{"n":9007199254740991}', { n: 9007199254740991 }),
  echoed('a fraction', '{"n":-0.5e3}', { n: -500 }),
  echoed('many names', JSON.stringify({ b: 1, a: 2 }), { b: 1, a: 2 }),
]

const bad: Row[] = (
  [
    ['a name twice', '{"a":1,"a":2}'],
    ['a name twice by escape', '{"a":1,"\\u0061":2}'],
    ['a prototype', '{"__proto__":{"admin":true}}'],
    ['a prototype inside', '{"a":{"__proto__":1}}'],
    ['a trailing comma', '{"a":1,}'],
    ['a comment', '{"a":1/**/}'],
    ['single quotes', "{'a':1}"],
    ['a bare name', '{a:1}'],
    ['trailing data', '{"a":1}{"b":2}'],
    ['a trailing NUL', '{"a":1}\0'],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['NaN', '{"a":NaN}'],
    ['Infinity', '{"a":Infinity}'],
    ['a leading zero', '{"a":01}'],
    ['a leading plus', '{"a":+1}'],
    ['a hexadecimal number', '{"a":0x1}'],
    ['a lone surrogate', '{"a":"\\ud800"}'],
    ['a bare control character', '{"a":"\u0001"}'],
    ['an unknown escape', '{"a":"\\x41"}'],
    ['a text without its end', '{"a":"b'],
    ['an object without its end', '{"a":'],
    ['nothing but space', ' '],
    ['a word', 'undefined'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['a thousand brackets', '['.repeat(1000) + ']'.repeat(1000)],
  ] as const
).map(([what, body]) => ({
  what: `JSON with ${what}`,
  method: 'POST',
  path: '/echo',
  headers: JSON_TYPE,
  body,
  status: 400,
}))

const types: Row[] = (
  [
    ['application/json; charset=utf-8', 200],
    ['application/json;charset=UTF-8', 200],
    ['APPLICATION/JSON', 200],
    ['application/json; charset="utf-8"', 200],
    ['application/json; charset=utf-16', 415],
    ['application/json; charset=iso-8859-1', 415],
    ['application/json; charset=utf-7', 415],
    ['application/jsonp', 415],
    ['application/json, text/plain', 415],
    ['application/problem+json', 415],
    ['text/json', 415],
    ['text/plain', 415],
    ['text/html', 415],
    ['application/xml', 415],
    ['application/octet-stream', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data', 415],
    ['multipart/form-data; boundary=x', 415],
    ['json', 415],
    ['application/', 415],
    ['*/*', 415],
  ] as const
).map(([type, status]) => ({
  what: `a body that says it is ${type}`,
  method: 'POST',
  path: '/echo',
  headers: { 'content-type': type },
  body: '{}',
  status,
  ...(status === 415 && {
    says: 'content.unsupported_type',
    fields: { accept: 'application/json' },
  }),
}))

const queries: Row[] = (
  [
    ['a=1', 200],
    ['a=1&b=2', 200],
    ['a=%C3%A9', 200],
    ['a=', 200],
    ['a=1&a=2', 400],
    ['a=1&%61=2', 400],
    ['a=1&b=2&a=3', 400],
    ['a=%', 400],
    ['a=%zz', 400],
    ['a=%ff', 400],
    ['a=%C0%AF', 400],
    ['__proto__=1', 400],
  ] as const
).map(([query, status]) => ({
  what: `the query ${query}`,
  method: 'GET',
  path: `/open?${query}`,
  status,
}))

const formBodies: Row[] = (
  [
    ['a=1&tag=x', 200],
    ['tag=x&tag=y', 200],
    ['a=1&a=2', 400],
    ['a=1&%61=2', 400],
    ['a=%', 400],
    ['a=%ff', 400],
    ['__proto__=1', 400],
  ] as const
).map(([body, status]) => ({
  what: `the form ${body}`,
  method: 'POST',
  path: '/form',
  headers: FORM_TYPE,
  body,
  status,
}))

const accepted: Row[] = (
  [
    ['application/json', 200],
    ['*/*', 200],
    ['application/*', 200],
    ['text/html, application/json;q=0.9', 200],
    ['text/html, */*;q=0.1', 200],
    ['image/png', 406],
    ['text/plain', 406],
    ['application/json;q=0', 406],
    ['application/xml', 406],
  ] as const
).map(([accept, status]) => ({
  what: `an answer wanted as ${accept}`,
  method: 'GET',
  path: '/open',
  headers: { accept },
  status,
}))

const small = '{"a":"b"}'
const codings: Row[] = (
  [
    ['gzip', gzipSync(small), 200, undefined],
    ['GZIP', gzipSync(small), 415, 'limits.coding'],
    ['gzip', Buffer.from('not gzip at all'), 400, 'limits.bad_coding'],
    ['gzip', gzipSync(`"${'x'.repeat(5_000_000)}"`), 413, 'limits.too_large'],
    ['br', Buffer.from('not brotli'), 400, 'limits.bad_coding'],
    ['deflate', deflateRawSync(small).subarray(0, 4), 400, 'limits.bad_coding'],
    ['compress', Buffer.from(small), 415, 'limits.coding'],
    ['gzip, gzip', gzipSync(gzipSync(small)), 415, 'limits.coding'],
    ['identity', Buffer.from(small), 200, undefined],
  ] as const
).map(([coding, body, status, says], index) => ({
  what: `a body coded as ${coding} (${index})`,
  method: 'POST',
  path: '/echo',
  headers: { ...JSON_TYPE, 'content-encoding': coding },
  body,
  status,
  ...(says !== undefined && { says }),
}))

const sizes: Row[] = [
  {
    what: 'a body of just as much as is taken',
    method: 'POST',
    path: '/echo',
    headers: JSON_TYPE,
    body: `[${' '.repeat(102_398)}]`,
    status: 200,
  },
  {
    what: 'a body of one byte more',
    method: 'POST',
    path: '/echo',
    headers: JSON_TYPE,
    body: `[${' '.repeat(102_399)}]`,
    status: 413,
    says: 'limits.too_large',
    fields: { connection: 'close' },
  },
  {
    what: 'a route that takes less',
    method: 'POST',
    path: '/small',
    headers: JSON_TYPE,
    body: '{"a":"0123456789"}',
    status: 413,
    says: 'limits.too_large',
  },
  {
    what: 'what fits a route that takes less',
    method: 'POST',
    path: '/small',
    headers: JSON_TYPE,
    body: '{"a":"0"}',
    status: 200,
  },
  {
    what: 'no body where a schema wants one',
    method: 'POST',
    path: '/strict',
    status: 400,
    says: 'content.missing_body',
  },
  {
    what: 'a body that does not fit its schema',
    method: 'POST',
    path: '/strict',
    headers: JSON_TYPE,
    body: '"text"',
    status: 422,
    says: 'content.invalid',
  },
  {
    what: 'a body on a GET',
    method: 'GET',
    path: '/open',
    headers: JSON_TYPE,
    body: '{}',
    status: 400,
    says: 'content.unexpected_body',
  },
]

/** The type of nothing is nobody's to judge. */
const nothing: Row[] = ['application/json', 'multipart/form-data; boundary=x', 'text/plain'].map(
  type => ({
    what: `nothing that says it is ${type}`,
    method: 'POST',
    path: '/hook',
    headers: { 'content-type': type, 'content-length': '0' },
    status: 200,
  }),
)

export const contentRows: readonly Row[] = [
  ...nothing,
  ...good,
  ...bad,
  ...types,
  ...queries,
  ...formBodies,
  ...accepted,
  ...codings,
  ...sizes,
]
