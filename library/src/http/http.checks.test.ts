import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchForwarding } from './forwarding-watch.ts'
import { type HttpFacts, httpChecks } from './http.checks.ts'

const sound: HttpFacts = {
  production: true,
  origins: ['https://app.example'],
  hosts: [],
  trustedProxies: { proxies: ['10.0.0.0/8', '192.168.0.0/16', 'fd00::/8', '203.0.113.7', 'unix'] },
  framing: {},
  insecureParser: false,
}
const found = (facts: Partial<HttpFacts>): string[] =>
  httpChecks.filter(check => check.found({ ...sound, ...facts })).map(({ id }) => id)

test('nothing is found where nothing is wrong', () => assert.deepEqual(found({}), []))

for (const [id, facts] of [
  ['http.origin-missing', { origins: [] }],
  ['http.plain-origin', { origins: ['https://app.example', 'http://www.app.example'] }],
  ['http.insecure-parser', { insecureParser: true }],
  ['http.proxies-everyone', { trustedProxies: { proxies: ['0.0.0.0/1'] } }],
  ['http.proxies-everyone', { trustedProxies: { proxies: ['10.0.0.0/4'] } }],
  ['http.proxies-everyone', { trustedProxies: { proxies: ['2000::/3'] } }],
  ['http.proxies-counted', { trustedProxies: { proxies: 1 } }],
  [
    'http.proxy-not-listed',
    { forwarding: { looked: 90, strangers: 20, stranger: '10.1.1.1', direct: 0, silent: 0 } },
  ],
  [
    'http.proxy-walked-around',
    { forwarding: { looked: 90, strangers: 0, stranger: undefined, direct: 20, silent: 0 } },
  ],
  [
    'http.proxy-silent',
    { forwarding: { looked: 90, strangers: 0, stranger: undefined, direct: 0, silent: 20 } },
  ],
  ['http.wildcard-hosts', { hosts: ['*.app.example'] }],
  ['http.odd-paths', { framing: { paths: { encodedSlash: true, semicolon: false } } }],
] as readonly [string, Partial<HttpFacts>][]) {
  test(`finds ${id} in ${JSON.stringify(facts)}`, () => assert.deepEqual(found(facts), [id]))
}

test('in development an origin may be missing or plain', () => {
  assert.deepEqual(found({ production: false, origins: ['http://localhost:3000'] }), [])
})

const proxied = (name: string): string | undefined =>
  name === 'x-forwarded-for' ? '198.51.100.7' : undefined
const bare = (): undefined => undefined

test('the traffic tells of a proxy that nobody listed', () => {
  const watch = watchForwarding()
  for (let at = 0; at < 30; at++) watch.look('::ffff:10.0.0.1', proxied)
  assert.deepEqual(watch.seen, {
    looked: 30,
    strangers: 30,
    stranger: '10.0.0.1',
    direct: 0,
    silent: 0,
  })
})

test('the traffic tells of clients who found a way around, and of a proxy that says nothing', () => {
  const watch = watchForwarding({ proxies: ['10.0.0.0/8'] })
  for (let at = 0; at < 10; at++) {
    watch.look('10.0.0.1', proxied)
    watch.look('10.0.0.1', bare)
    watch.look('198.51.100.7', bare)
    watch.look('127.0.0.1', bare)
  }
  assert.deepEqual(watch.seen, {
    looked: 40,
    strangers: 0,
    stranger: undefined,
    direct: 10,
    silent: 10,
  })
})

test('after the first thousand, one request in 64 is looked at', () => {
  const watch = watchForwarding()
  for (let at = 0; at < 7400; at++) watch.look('10.0.0.1', bare)
  assert.equal(watch.seen.looked, 1100)
})
