import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { ask, houses, type Seen } from './house.test.kit.ts'
import { accessRows } from './rows/access.ts'
import { answerRows, proxiedAnswerRows } from './rows/answers.ts'
import { contentRows } from './rows/content.ts'
import { csrfRows } from './rows/csrf.ts'
import { framingRows } from './rows/framing.ts'
import { proxiedRows } from './rows/proxied.ts'
import { FORM_TYPE, JSON_TYPE, type Row } from './rows/row.ts'

const json = JSON_TYPE
const form = FORM_TYPE

const firstRows: readonly Row[] = [
  {
    what: 'a stranger reads',
    method: 'GET',
    path: '/open',
    status: 200,
    says: { route: 'GET /open' },
  },
  { what: 'a stranger asks for the head', method: 'HEAD', path: '/open', status: 200 },
  {
    what: 'a stranger asks for what is not theirs',
    method: 'GET',
    path: '/mine',
    status: 401,
    says: 'access.not_signed_in',
  },
  { what: 'a parameter', method: 'GET', path: '/things/a%20b', status: 200, says: { id: 'a b' } },
  {
    what: 'a JSON body',
    method: 'POST',
    path: '/echo',
    headers: json,
    body: '{"a":[1,null]}',
    status: 200,
    says: { got: { a: [1, null] } },
  },
  {
    what: 'a form',
    method: 'POST',
    path: '/form',
    headers: form,
    body: 'a=1&tag=x&tag=y',
    status: 200,
    says: { got: { a: '1', tag: ['x', 'y'] } },
  },
  {
    what: 'a form field twice',
    method: 'POST',
    path: '/form',
    headers: form,
    body: 'a=1&a=2',
    status: 400,
    says: 'form.repeated',
  },
  {
    what: 'a key twice',
    method: 'POST',
    path: '/echo',
    headers: json,
    body: '{"a":1,"a":2}',
    status: 400,
  },
  {
    what: 'a prototype',
    method: 'POST',
    path: '/echo',
    headers: json,
    body: '{"__proto__":{}}',
    status: 400,
  },
  {
    what: 'no body where one is declared',
    method: 'POST',
    path: '/echo',
    headers: json,
    body: ' ',
    status: 400,
  },
  {
    what: 'text',
    method: 'POST',
    path: '/echo',
    headers: { 'content-type': 'text/plain' },
    body: '{}',
    status: 415,
  },
  {
    what: 'a form where JSON is taken',
    method: 'POST',
    path: '/echo',
    headers: form,
    body: 'a=1',
    status: 415,
  },
  {
    what: 'a body too long',
    method: 'POST',
    path: '/echo',
    headers: json,
    body: `"${'x'.repeat(120_000)}"`,
    status: 413,
  },
  {
    what: 'a query name twice',
    method: 'GET',
    path: '/open?a=1&a=2',
    status: 400,
    says: 'form.repeated',
  },
  {
    what: 'a path that is not there',
    method: 'GET',
    path: '/nowhere',
    status: 404,
    says: 'route.not_found',
  },
  {
    what: 'a method that is not there',
    method: 'DELETE',
    path: '/open',
    status: 405,
    says: 'route.method_not_allowed',
  },
  {
    what: 'a route that fails',
    method: 'GET',
    path: '/boom',
    status: 500,
    says: 'service.faulted',
  },
  {
    what: 'another host',
    method: 'GET',
    path: '/open',
    headers: { host: 'evil.example' },
    status: 421,
  },
  { what: 'an encoded slash', method: 'GET', path: '/things/a%2fb', status: 400 },
  { what: 'two slashes', method: 'GET', path: '//open', status: 400 },
  {
    what: 'a form from another site',
    method: 'POST',
    path: '/form',
    headers: { ...form, 'sec-fetch-site': 'cross-site' },
    body: 'a=1',
    status: 403,
  },
  {
    what: 'a post from another origin',
    method: 'POST',
    path: '/echo',
    headers: { ...json, origin: 'https://evil.example' },
    body: '{}',
    status: 403,
  },
  {
    what: 'a browser that takes no JSON',
    method: 'GET',
    path: '/open',
    headers: { accept: 'image/png' },
    status: 406,
  },
  {
    what: 'a page reader',
    method: 'GET',
    path: '/mine',
    headers: { accept: 'text/html' },
    status: 401,
  },
]

/** What depends on the moment, the connection or the framework's own way of framing. */
const IGNORED = new Set([
  'date',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'etag',
  'content-security-policy',
])

function comparable(headers: Seen['headers']): Record<string, unknown> {
  const kept = Object.entries(headers).filter(([name]) => !IGNORED.has(name))
  return Object.fromEntries(
    kept
      .map(([name, value]) => [
        name,
        String(value)
          .replace(/; charset=utf-8$/i, '')
          // A cookie's value is made up each time; its name and attributes are not.
          .replace(/^(__host-\w+)=[^;]+;/i, '$1;')
          .toLowerCase(),
      ])
      .sort(),
  )
}

function judge(name: string, row: Row, seen: Seen): void {
  assert.equal(seen.status, row.status, `${name}: ${seen.text}`)
  if (typeof row.says === 'string') assert.equal(JSON.parse(seen.text).code, row.says, name)
  if (typeof row.says === 'object') assert.deepEqual(JSON.parse(seen.text), row.says, name)
  for (const [field, wanted] of Object.entries(row.fields ?? {})) {
    const value = seen.headers[field]
    if (wanted instanceof RegExp) assert.match(String(value), wanted, `${name}: ${field}`)
    else assert.equal(value, wanted, `${name}: ${field}`)
  }
  assert.doesNotMatch(seen.text, /hunter2|node_modules/)
}

const ownHouses = await houses({
  mode: 'development',
  hosts: ['inside.example'],
  csrf: {
    trustedOrigins: ['https://friend.example'],
    exempt: { 'POST /hook': 'its sender signs each message' },
  },
})
const proxiedHouses = await houses({
  mode: 'production',
  origin: 'https://app.example',
  rootKey: randomBytes(32),
  trustedProxies: ['127.0.0.1'],
  throttle: { default: { by: 'address', limit: 3, windowSeconds: 60 } },
  doctor: {
    accept: {
      'store.memory': 'a test ends before anything is worth keeping',
      'audit.in-memory': 'a test ends before anything is worth keeping',
    },
  },
})
after(() => {
  for (const { server } of [...ownHouses.values(), ...proxiedHouses.values()]) {
    server.closeAllConnections()
    server.close()
  }
})

const ROWS = [
  [
    ownHouses,
    [...firstRows, ...csrfRows, ...contentRows, ...framingRows, ...accessRows, ...answerRows],
  ],
  [proxiedHouses, [...proxiedRows, ...proxiedAnswerRows]],
] as const

for (const [those, rows] of ROWS) {
  for (const row of rows) {
    test(`${row.what} (${row.method} ${row.path.slice(0, 40)}) meets ${row.status}, the same on every framework`, async () => {
      let first: Record<string, unknown> | undefined
      for (const [name, house] of those) {
        const seen = await ask(house, row)
        judge(name, row, seen)
        first ??= comparable(seen.headers)
        assert.deepEqual(comparable(seen.headers), first, name)
      }
    })
  }
}

test('no less than three hundred rows', () => {
  assert.ok(ROWS.flatMap(([, rows]) => rows).length >= 300)
})
