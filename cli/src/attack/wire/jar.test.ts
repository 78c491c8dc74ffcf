import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Jar, removes, setCookies } from './jar.ts'
import { Reply } from './reply.ts'

const sent = { method: 'GET', path: '/', fields: [], body: Buffer.alloc(0), chunked: false }
const reply = (...lines: string[]) =>
  new Reply({
    status: 200,
    fields: lines.map(line => ['Set-Cookie', line] as const),
    body: Buffer.alloc(0),
    ms: 1,
    sent,
  })

test('cookies are kept, replaced and taken away as a browser does', () => {
  const jar = new Jar()
  jar.take(reply('a=1; Path=/', 'b=2'))
  jar.take(reply('a=3; Secure', 'b=; Max-Age=0'))
  assert.equal(jar.header, 'a=3')
  jar.take(reply('a=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT'))
  assert.equal(jar.header, undefined)
})

test('the version grows only when something changed', () => {
  const jar = new Jar()
  jar.take(reply('a=1'))
  const before = jar.version
  jar.take(reply('a=1; HttpOnly'))
  assert.equal(jar.version, before)
})

test('attributes are read whatever their case, and bare ones have no value', () => {
  const [cookie] = setCookies(reply('__Host-s=x=y; SECURE; samesite = Lax'))
  assert.equal(cookie?.name, '__Host-s')
  assert.equal(cookie?.value, 'x=y')
  assert.equal(cookie?.attributes.get('secure'), '')
  assert.equal(cookie?.attributes.get('samesite'), 'Lax')
  assert.ok(cookie !== undefined && !removes(cookie))
})
