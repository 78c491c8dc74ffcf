import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { StoreFault } from 'bulwark/fault'
import { running } from './testing/running.ts'

const at = await running('memory')
after(() => at.stop())
const ann = await at.signedIn('ann@example.com')
const { csrfToken } = (await ann.get('/csrf-token')).json
const port = Number(new URL(at.origin).port)

const json = { 'content-type': 'application/json' }
const deep = '['.repeat(100) + ']'.repeat(100)

/** What is sent to `POST /api/orders`, and what must come back. */
const bodies: readonly (readonly [string, Record<string, string>, string | Buffer, number])[] = [
  ['no body', json, '', 400],
  ['half a body', json, '{"item":', 400],
  ['two bodies', json, '{"item":"a","quantity":1}{}', 400],
  ['a key twice', json, '{"item":"a","item":"b","quantity":1}', 400],
  ['a prototype', json, '{"item":"a","quantity":1,"__proto__":{"admin":true}}', 400],
  ['a hundred levels', json, `{"item":${deep},"quantity":1}`, 400],
  ['a number beyond all numbers', json, '{"item":"a","quantity":1e400}', 400],
  ['a number that loses digits', json, '{"item":"a","quantity":9007199254740993}', 400],
  ['a byte order mark', json, '\ufeff{"item":"a","quantity":1}', 400],
  ['half a surrogate pair', json, '{"item":"\\ud800","quantity":1}', 400],
  ['bytes that are no UTF-8', json, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
  ['a text for a number', json, '{"item":"a","quantity":"1"}', 422],
  ['a list for an object', json, '[]', 422],
  ['null', json, 'null', 422],
  ['a member too many', json, '{"item":"a","quantity":1,"owner":"bob"}', 422],
  ['a quantity of none', json, '{"item":"a","quantity":0}', 422],
  ['no item', json, '{"quantity":1}', 422],
  ['a long item', json, JSON.stringify({ item: 'a'.repeat(201), quantity: 1 }), 422],
  ['another charset', { 'content-type': 'application/json; charset=utf-16' }, '{}', 415],
  ['text', { 'content-type': 'text/plain' }, '{"item":"a","quantity":1}', 415],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'item=a&quantity=1', 415],
  ['a type with a tail', { 'content-type': 'application/json\t;x' }, '{}', 415],
  ['no type', {}, '{"item":"a","quantity":1}', 415],
  ['an unknown coding', { ...json, 'content-encoding': 'zstd, gzip' }, '{}', 415],
  ['a long body', json, `{"item":"${'a'.repeat(200_000)}","quantity":1}`, 413],
]

async function post(
  headers: Record<string, string>,
  body: string | Buffer,
  chunked: boolean,
): Promise<{ status: number; type: string; code: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number
    type: string
    code: string
  }>()
  const sent = request(
    {
      port,
      host: 'localhost',
      method: 'POST',
      path: '/api/orders',
      headers: {
        cookie: ann.cookies,
        'x-csrf-token': csrfToken,
        ...(chunked
          ? { 'transfer-encoding': 'chunked' }
          : { 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
    },
    async response => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const problem = JSON.parse(Buffer.concat(chunks).toString())
      resolve({
        status: response.statusCode ?? 0,
        type: response.headers['content-type'] ?? '',
        code: problem.code,
      })
    },
  )
  sent.on('error', reject)
  sent.end(body)
  return promise
}

for (const [what, headers, body, status] of bodies) {
  for (const chunked of [false, true]) {
    if (chunked && body.length === 0) continue
    test(`${what}${chunked ? ', in chunks,' : ''} is told what is wrong with it`, async () => {
      const answer = await post(headers, body, chunked)
      assert.equal(answer.status, status, answer.code)
      assert.match(answer.type, /^application\/problem\+json/)
    })
  }
}

for (const [method, path, status] of [
  ['GET', '/nowhere', 404],
  ['PUT', '/api/orders', 405],
  ['GET', '/api/orders/not-a-uuid', 404],
  ['GET', '/api/orders?limit=1&limit=2', 400],
  ['GET', '/api/orders?%zz=1', 400],
  ['GET', '/api/..%2forders', 400],
  ['GET', '/api//orders', 400],
  ['GET', '/api/orders/%00', 400],
  ['GET', '/api\\orders', 400],
  ['TRACE', '/', 405],
  ['TRACK', '/', 400],
  ['PROPFIND', '/', 405],
] as const) {
  test(`${method} ${path} is answered ${status}`, async () => {
    const head = `${method} ${path} HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: close\r\ncookie: ${ann.cookies}\r\nx-csrf-token: ${csrfToken}\r\n\r\n`
    const text = await raw(head)
    const [line] = text.split('\r\n')
    assert.match(line ?? '', new RegExp(`^HTTP/1.1 ${status} `))
    assert.match(text, /content-type: application\/problem\+json/i)
  })
}

for (const [what, fields] of [
  ['two hosts', `host: localhost:${port}\r\nhost: evil.example`],
  ['no host', 'accept: */*'],
  ['two lengths', `host: localhost:${port}\r\ncontent-length: 1\r\ncontent-length: 2`],
  [
    'a length and chunks',
    `host: localhost:${port}\r\ncontent-length: 1\r\ntransfer-encoding: chunked`,
  ],
  ['gzip as framing', `host: localhost:${port}\r\ntransfer-encoding: gzip, chunked`],
  ['a header name with a space', `host: localhost:${port}\r\nx y: 1`],
] as const) {
  test(`a request with ${what} is refused and its connection ends`, async () => {
    const text = await raw(`POST /api/orders HTTP/1.1\r\n${fields}\r\n\r\n`)
    assert.match(text, /^HTTP\/1\.1 (400|501) /)
    assert.match(text, /connection: close/i)
  })
}

/** Sends bytes and reads until the server ends the connection. */
function raw(text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect(port, 'localhost')
  let answer = ''
  socket.on('data', chunk => {
    answer += chunk.toString('latin1')
  })
  socket.on('close', () => resolve(answer))
  socket.on('error', reject)
  socket.write(text)
  return promise
}

for (const [what, error, status] of [
  ['a bug', new Error('password=hunter2 at /srv/app.ts:12'), 500],
  ['a store that is gone', new StoreFault('sessions.ofAccount', new Error('hunter2')), 503],
] as const) {
  test(`${what} is answered ${status} and says nothing about why`, async () => {
    const { sessions } = at.app.bulwark.stores
    const { ofAccount } = sessions
    Object.assign(sessions, { ofAccount: () => Promise.reject(error) })
    const answer = await ann.get('/auth/sessions')
    Object.assign(sessions, { ofAccount })
    assert.equal(answer.status, status)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    assert.equal(answer.headers.get('retry-after'), status === 503 ? '5' : null)
    assert.doesNotMatch(answer.text, /hunter2|srv|sessions/)
  })
}

for (const [what, type, length] of [
  ['a form without a body', 'application/x-www-form-urlencoded', '0'],
  ['multipart without a body', 'multipart/form-data; boundary=x', '0'],
  ['text without a body', 'text/plain', '0'],
  ['no type at all', undefined, '0'],
] as const) {
  test(`${what} does not get around the token of its session`, async () => {
    const eve = await at.signedIn(`eve-${what.replaceAll(' ', '-')}@example.com`)
    const text = await raw(
      `POST /auth/logout HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: close\r\ncookie: ${eve.cookies}\r\n${type === undefined ? '' : `content-type: ${type}\r\n`}content-length: ${length}\r\n\r\n`,
    )
    assert.match(text, /^HTTP\/1\.1 403 /)
    assert.equal((await eve.get('/auth/me')).status, 200, 'still signed in')
  })
}
