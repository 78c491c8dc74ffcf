import assert from 'node:assert/strict'
import { SocketAddress } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { readAddress, readBlock, within, writeAddress } from './address.ts'
import { embeddedIn } from './embedded.ts'
import { isPublic } from './oracle.test.kit.ts'
import { reachOf } from './reachable.ts'

const numRuns = process.env['THOROUGH'] === '1' ? 200_000 : 4000

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6()

/** Addresses near the places where something is decided. */
const edge = fc
  .tuple(
    fc.constantFrom(
      '0',
      '40',
      '64',
      '100',
      '2000',
      '2001',
      '2002',
      '2620',
      '3fff',
      '5f00',
      'fc00',
      'fe80',
      'fec0',
      'ff02',
    ),
    fc.constantFrom('0', '1', '2', '10', '20', '30', '4f', 'db8', 'ff9b', '1ff', '200'),
    fc.constantFrom('0', '1', '112', '8000', 'ffff'),
    fc.constantFrom('0', '1', 'ffff'),
    fc.constantFrom('0', '5efe', '200'),
    fc.constantFrom('0', '5efe', 'ffff'),
    fc.constantFrom('0', '1', '808', '7f00', 'a00', 'c0a8', 'a9fe', 'a83f'),
    fc.constantFrom('0', '1', '808', '101', 'a9fe', '8110'),
  )
  .map(hextets => hextets.join(':'))

test('every address reads back as it was written', () => {
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6, edge), text => {
      const address = readAddress(text)
      assert.ok(address)
      const again = readAddress(writeAddress(address))
      assert.deepEqual(again, address)
      const family = text.includes(':') ? 'ipv6' : 'ipv4'
      const theirs = new SocketAddress({ address: text, family }).address
      assert.deepEqual(readAddress(theirs), address, 'and as the platform reads it')
    }),
    { numRuns },
  )
})

test('no text is read as an address unless it is one, and none throws', () => {
  const near = fc.stringMatching(/^[0-9a-fx:.%[\]/]{0,40}$/)
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), text => {
      const address = readAddress(text)
      readBlock(text)
      if (address !== undefined) assert.match(text, /^[\da-fA-F:.]+$/)
    }),
    { numRuns },
  )
})

for (const text of [
  '127.1',
  '0177.0.0.1',
  '0x7f000001',
  '2130706433',
  '127.0.0.1.',
  ' 127.0.0.1',
  'fe80::1%eth0',
  '::1%',
  '[::1]',
  '1::2::3',
  '::ffff:1.2.3',
  '',
  'localhost',
]) {
  test(`${JSON.stringify(text)} is no address`, () => assert.equal(readAddress(text), undefined))
}

for (const text of [
  '10.0.0.0/33',
  '10.0.0.1/8',
  '10.0.0.0/08',
  '10.0.0.0/-1',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '::/129',
  '2001:db8::1/32',
  '/8',
  'fe80::%1/10',
]) {
  test(`${JSON.stringify(text)} is no block`, () => assert.equal(readBlock(text), undefined))
}

test('an address lies in exactly the blocks that share its leading bits', () => {
  const bits = (address: readonly number[]): string =>
    address.map(word => word.toString(2).padStart(32, '0')).join('')
  fc.assert(
    fc.property(
      fc.oneof(ipv4, ipv6, edge),
      fc.oneof(ipv4, ipv6, edge),
      fc.nat(128),
      (a, b, length) => {
        const [address = [], base = []] = [readAddress(a), readAddress(b)]
        const prefix = Math.min(length, base.length * 32)
        const shares =
          address.length === base.length &&
          bits(address).slice(0, prefix) === bits(base).slice(0, prefix)
        assert.equal(within(address, { base, prefix }), shares)
      },
    ),
    { numRuns },
  )
})

test('a second reading of the registries, by other means, agrees on every address', () => {
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6, edge, edge), text => {
      const address = readAddress(text) ?? []
      const inner = embeddedIn(address, []).map(({ address }) => address)
      const reachable = [address, ...inner].every(one => reachOf(one).reachable)
      assert.equal(reachable, isPublic(text))
    }),
    { numRuns: numRuns / 4 },
  )
})

test('what a /96 translator embeds is found again', () => {
  fc.assert(
    fc.property(fc.ipV4(), text => {
      const found = (outer: string): (string | undefined)[] =>
        embeddedIn(readAddress(outer) ?? [], []).map(({ address }) => writeAddress(address))
      const quad = text.split('.').map(Number)
      const hex = [0, 2].map(at => ((quad[at] ?? 0) * 256 + (quad[at + 1] ?? 0)).toString(16))
      assert.ok(found(`64:ff9b::${text}`).includes(text))
      assert.ok(found(`::ffff:${text}`).includes(text))
      assert.ok(found(`::ffff:0:${text}`).includes(text))
      assert.ok(found(`2002:${hex.join(':')}::`).includes(text))
      assert.ok(found(`2a00::5efe:${text}`).includes(text))
    }),
    { numRuns: 500 },
  )
})

// RFC 6052 §2.4, with its documentation prefix.
for (const [prefix, address] of [
  ['2001:db8::/32', '2001:db8:c000:221::'],
  ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
  ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
  ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
  ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100::'],
  ['2001:db8:122:344::/96', '2001:db8:122:344::192.0.2.33'],
] as const) {
  test(`the RFC 6052 example for ${prefix} holds 192.0.2.33`, () => {
    const block = readBlock(prefix)
    assert.ok(block)
    const found = embeddedIn(readAddress(address) ?? [], [block])
    assert.deepEqual(
      found.map(({ address }) => writeAddress(address)),
      ['192.0.2.33'],
    )
  })
}
