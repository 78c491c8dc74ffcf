import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base32Decode, base32Encode, totp } from './totp.ts'

const seed = base32Encode(Buffer.from('12345678901234567890'))

// RFC 6238 appendix B, the last six digits of the SHA-1 column.
for (const [seconds, code] of [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const)
  test(`at ${seconds} s the app shows ${code}`, () =>
    assert.equal(totp(seed, 0, seconds * 1000), code))

test('a seed is read with spaces, dashes and in lower case', () => {
  assert.equal(base32Decode('gezd gnbv-GY3T QOJQ').toString(), '1234567890')
  assert.equal(base32Encode(base32Decode('JBSWY3DPEHPK3PXP')), 'JBSWY3DPEHPK3PXP')
})

test('one step back is the code of half a minute ago', () => {
  assert.equal(totp(seed, -1, 90_000), totp(seed, 0, 60_000))
})
