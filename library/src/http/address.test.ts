import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigFault } from '../kernel/fault.ts'
import { clientAddress, type ProxyTrust } from './address.ts'
import { runs } from './arriving.test.kit.ts'

const looking =
  (fields: Record<string, string>) =>
  (name: string): string | undefined =>
    fields[name]

const seen = (
  trust: ProxyTrust | undefined,
  peer: string,
  fields: Record<string, string>,
  encrypted = false,
): string => {
  const { address, secure } = clientAddress(trust)(peer, encrypted, looking(fields))
  return `${address}${secure ? ' tls' : ''}`
}

const PROXY = '10.0.0.1'
const ten: ProxyTrust = { proxies: ['10.0.0.0/8', 'fd00::/8', '192.0.2.9'] }
const fwd: ProxyTrust = { ...ten, header: 'forwarded' }
const xff = (list: string, proto?: string): Record<string, string> =>
  proto === undefined
    ? { 'x-forwarded-for': list }
    : { 'x-forwarded-for': list, 'x-forwarded-proto': proto }

const cases: readonly [string, ProxyTrust | undefined, string, Record<string, string>, string][] = [
  [
    'nobody is trusted unless told',
    undefined,
    '198.51.100.7',
    xff('1.2.3.4', 'https'),
    '198.51.100.7',
  ],
  ['a mapped socket address is IPv4', undefined, '::ffff:198.51.100.7', {}, '198.51.100.7'],
  ['a zone is no part of an address', undefined, 'fe80::1%eth0', {}, 'fe80::1'],
  ['a stranger forges the field', ten, '198.51.100.7', xff('1.2.3.4', 'https'), '198.51.100.7'],
  ['our proxy names the client', ten, PROXY, xff('198.51.100.7'), '198.51.100.7'],
  ['our proxy speaks IPv6 in IPv4', ten, '::ffff:10.0.0.1', xff('198.51.100.7'), '198.51.100.7'],
  ['the client forges what is left', ten, PROXY, xff('1.2.3.4, 198.51.100.7'), '198.51.100.7'],
  ['two proxies of ours', ten, PROXY, xff('1.2.3.4, 198.51.100.7, 192.0.2.9'), '198.51.100.7'],
  ['all are proxies of ours', ten, PROXY, xff('10.0.0.3, 10.0.0.2'), '10.0.0.3'],
  ['the field is missing', ten, PROXY, {}, PROXY],
  ['the field is empty', ten, PROXY, xff(''), PROXY],
  ['the client is unknown', ten, PROXY, xff('unknown'), PROXY],
  ['an entry is garbage', ten, PROXY, xff('1.2.3.4, <script>'), PROXY],
  ['an octal address is garbage', ten, PROXY, xff('0177.0.0.1'), PROXY],
  ['a port is cut off', ten, PROXY, xff('198.51.100.7:4711'), '198.51.100.7'],
  ['IPv6 in brackets with a port', ten, PROXY, xff('[2001:DB8::0:1]:4711'), '2001:db8::1'],
  ['IPv6 bare', ten, PROXY, xff('2001:db8:0:0::1'), '2001:db8::1'],
  ['IPv6 that holds IPv4', ten, PROXY, xff('::ffff:c633:6407'), '198.51.100.7'],
  ['an IPv6 proxy of ours', ten, 'fd00::2', xff('198.51.100.7'), '198.51.100.7'],
  ['TLS ended at the proxy', ten, PROXY, xff('198.51.100.7', 'https'), '198.51.100.7 tls'],
  ['plain http at the proxy', ten, PROXY, xff('198.51.100.7', 'http'), '198.51.100.7'],
  ['a client forges TLS, the proxy appends', ten, PROXY, xff('8.8.8.8', 'https, http'), '8.8.8.8'],
  [
    'two proxies, the outer one has TLS',
    ten,
    PROXY,
    xff('8.8.8.8, 10.0.0.2', 'https,http'),
    '8.8.8.8 tls',
  ],
  ['two proxies, one scheme for all', ten, PROXY, xff('8.8.8.8, 10.0.0.2', 'https'), '8.8.8.8 tls'],
  ['the other field is not read', ten, PROXY, { forwarded: 'for=1.2.3.4' }, PROXY],
  ['RFC 7239', fwd, PROXY, { forwarded: 'for=198.51.100.7;proto=https' }, '198.51.100.7 tls'],
  [
    'RFC 7239 quoted',
    fwd,
    PROXY,
    { forwarded: 'proto=https;For="[2001:db8::1]:99"' },
    '2001:db8::1 tls',
  ],
  [
    'RFC 7239 with two hops',
    fwd,
    PROXY,
    { forwarded: 'for=6.6.6.6, for=8.8.8.8, for=10.0.0.2' },
    '8.8.8.8',
  ],
  [
    'an open quote swallows nothing',
    fwd,
    PROXY,
    { forwarded: 'for="x, for=198.51.100.7' },
    '198.51.100.7',
  ],
  [
    'a comma in quotes ends no element',
    fwd,
    PROXY,
    { forwarded: 'for=8.8.8.8;by="a,b"' },
    '8.8.8.8',
  ],
  ['an obfuscated node ends the walk', fwd, PROXY, { forwarded: 'for=_hidden' }, PROXY],
  [
    'for hides in another parameter',
    fwd,
    PROXY,
    { forwarded: 'xfor=6.6.6.6;for=8.8.8.8' },
    '8.8.8.8',
  ],
  ['one hop', { proxies: 1 }, '172.16.0.1', xff('1.2.3.4, 198.51.100.7'), '198.51.100.7'],
  [
    'two hops',
    { proxies: 2 },
    '172.16.0.1',
    xff('6.6.6.6, 198.51.100.7, 172.16.0.2'),
    '198.51.100.7',
  ],
  ['fewer entries than hops', { proxies: 3 }, '172.16.0.1', xff('198.51.100.7'), '198.51.100.7'],
  [
    'a Unix-domain peer that is trusted',
    { proxies: ['unix'] },
    '',
    xff('198.51.100.7'),
    '198.51.100.7',
  ],
  ['a Unix-domain peer that is not', ten, '', xff('198.51.100.7'), ''],
]
for (const [what, trust, peer, fields, answer] of cases) {
  test(`${what}: the client is ${answer || 'nobody'}`, () => {
    assert.equal(seen(trust, peer, fields), answer)
  })
}

test('without a proxy, TLS of the socket is TLS of the client', () => {
  assert.equal(seen(undefined, '198.51.100.7', {}, true), '198.51.100.7 tls')
  assert.equal(seen(ten, '198.51.100.7', xff('1.2.3.4', 'http'), true), '198.51.100.7 tls')
})

for (const proxies of [
  0,
  -1,
  1.5,
  Number.NaN,
  ['10.0.0.0/33'],
  ['::/0'],
  ['0.0.0.0/0'],
  ['ten'],
  ['10.0.0.0/'],
  ['::ffff:10.0.0.0/104'],
  ['10.0.0.0/8/8'],
  [''],
]) {
  test(`proxies ${JSON.stringify(proxies)} stop the start`, () => {
    assert.throws(() => clientAddress({ proxies }), ConfigFault)
  })
}

test('whatever a client puts in front, its address stays what our proxy wrote', () => {
  const of = clientAddress(ten)
  const prefix = fc.oneof(fc.string(), fc.stringMatching(/^[\d.,:" ]*$/))
  fc.assert(
    fc.property(prefix, forged => {
      const fields = xff(forged === '' ? '198.51.100.7' : `${forged}, 198.51.100.7`)
      assert.equal(of(PROXY, false, looking(fields)).address, '198.51.100.7')
      const element = forged === '' ? 'for=198.51.100.7' : `${forged}, for=198.51.100.7`
      const answer = clientAddress(fwd)(PROXY, false, looking({ forwarded: element }))
      assert.equal(answer.address, '198.51.100.7')
    }),
    runs(500),
  )
})
