import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admit, isLoopback, TargetRefused } from './gate.ts'

const to = (...addresses: string[]) => ({ resolve: async () => addresses })

test('a name of this machine is pinned to its address', async () => {
  const place = await admit('http://app.internal:3000/path', to('127.0.0.1'))
  assert.equal(place.address, '127.0.0.1')
  assert.equal(place.origin, 'http://app.internal:3000')
  assert.equal(place.host, 'app.internal:3000')
})

test('localhost is this machine without asking a resolver, which might lie', async () => {
  const liar = { resolve: () => Promise.reject(new Error('asked')) }
  assert.ok((await admit('localhost:1', liar)).loopback)
  assert.ok((await admit('http://shop.localhost:1', liar)).loopback)
})

test('an address without a scheme is taken as plain HTTP', async () => {
  assert.equal((await admit('127.0.0.1:8080')).origin, 'http://127.0.0.1:8080')
})

for (const [what, url, addresses] of [
  ['a host elsewhere', 'http://shop.example', ['192.0.2.7']],
  [
    'a host here and elsewhere, which could change its mind',
    'http://shop.example',
    ['127.0.0.1', '192.0.2.7'],
  ],
  ['an address elsewhere', 'http://192.0.2.7', []],
  ['an IPv6 address elsewhere', 'http://[2001:db8::1]/', []],
  ['a name that does not resolve', 'http://shop.example', []],
  ['a file', 'file:///etc/passwd', []],
] as const)
  test(`${what} is refused`, async () => {
    await assert.rejects(admit(url, to(...addresses)), TargetRefused)
  })

test('a host elsewhere needs to be declared by exactly its name', async () => {
  const at = { resolve: async () => ['192.0.2.7'] }
  await assert.rejects(admit('http://shop.example', { ...at, own: 'example' }), TargetRefused)
  const place = await admit('http://shop.example', { ...at, own: 'shop.example' })
  assert.equal(place.loopback, false)
  assert.equal(place.address, '192.0.2.7')
})

for (const [address, expected] of [
  ['127.0.0.1', true],
  ['127.255.0.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['128.0.0.1', false],
  ['::', false],
  ['0.0.0.0', false],
  ['::ffff:10.0.0.1', false],
] as const)
  test(`${address} is ${expected ? '' : 'not '}loopback`, () =>
    assert.equal(isLoopback(address), expected))
