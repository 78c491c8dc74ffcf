import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from './arriving.test.kit.ts'
import { addressBucket, canonicalAddress, isLoopback } from './ip.ts'

const spellings: readonly [string, string | undefined][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['0:0:0:0:0:FFFF:C000:0201', '192.0.2.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['0177.0.0.1', undefined],
  ['127.1', undefined],
  ['2130706433', undefined],
  ['', undefined],
  ['app.example', undefined],
  ['192.0.2.1%eth0', undefined],
]
for (const [text, canonical] of spellings) {
  test(`${JSON.stringify(text)} is ${canonical ?? 'no address'}`, () => {
    assert.equal(canonicalAddress(text), canonical)
  })
}

const buckets: readonly [string, string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8::/64'],
  ['::1', '::/64'],
  ['2001:db8:1:0:3:4:5:6', '2001:db8:1::/64'],
  ['2001:DB8:1:0:3:4:5:6', '2001:db8:1::/64'],
  ['2001:db8:0:0:3:4:5:6', '2001:db8::/64'],
  ['2001:0:0:0:3:4:5:6', '2001::/64'],
  ['2001:db8:0:1:3:4:5:6', '2001:db8:0:1::/64'],
  ['2001:db8:0:1::', '2001:db8:0:1::/64'],
  ['', ''],
]
for (const [address, bucket] of buckets) {
  test(`${JSON.stringify(address)} is counted as ${bucket || 'nothing'}`, () => {
    assert.equal(addressBucket(address), bucket)
  })
}

for (const [address, loopback] of [
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['128.0.0.1', false],
  ['::2', false],
  ['127.0.0.1.example', false],
  ['', false],
] as const) {
  test(`${JSON.stringify(address)} is ${loopback ? '' : 'not '}this machine`, () => {
    assert.equal(isLoopback(address), loopback)
  })
}

test('all spellings of one address have one canonical text, and one bucket', () => {
  fc.assert(
    fc.property(fc.ipV6(), address => {
      const canonical = canonicalAddress(address)
      assert.ok(canonical !== undefined)
      assert.equal(canonicalAddress(canonical), canonical)
      assert.equal(canonicalAddress(address.toUpperCase()), canonical)
      assert.equal(addressBucket(address), addressBucket(canonical))
      assert.equal(addressBucket(address.toUpperCase()), addressBucket(canonical))
      // The URL parser is an independent speller of the same standard, but for mapped IPv4.
      if (!canonical.includes('.')) {
        assert.equal(new URL(`http://[${address}]`).hostname, `[${canonical}]`)
      }
    }),
    runs(500),
  )
})

test('no text at all makes the readers throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\da-f:.%]*$/)), text => {
      canonicalAddress(text)
      addressBucket(text)
      isLoopback(text)
    }),
    runs(500),
  )
})
