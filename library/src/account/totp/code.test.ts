import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { base32, fromBase32 } from './base32.ts'
import { matchingStep, type TotpAlgorithm, totpCode } from './code.ts'

const SEEDS: Readonly<Record<TotpAlgorithm, Buffer>> = {
  sha1: Buffer.from('12345678901234567890'),
  sha256: Buffer.from('12345678901234567890123456789012'),
  sha512: Buffer.from('1234567890123456789012345678901234567890123456789012345678901234'),
}

/** RFC 6238, appendix B: seconds since the epoch, and the codes of eight digits. */
const VECTORS: readonly (readonly [number, string, string, string])[] = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
]

for (const [seconds, ...codes] of VECTORS) {
  for (const [index, algorithm] of (['sha1', 'sha256', 'sha512'] as const).entries()) {
    test(`RFC 6238: ${algorithm} at ${seconds} is ${codes[index]}`, () => {
      const step = Math.floor(seconds / 30)
      assert.equal(totpCode(SEEDS[algorithm], step, algorithm, 8), codes[index])
    })
  }
}

test('a code belongs to its own step only', () => {
  const code = totpCode(SEEDS.sha1, 1000)
  assert.equal(matchingStep(SEEDS.sha1, code, [999, 1000], 'sha1'), 1000)
  assert.equal(matchingStep(SEEDS.sha1, code, [1001, 1002], 'sha1'), undefined)
  for (const text of ['', '1', `${code}0`, ` ${code}`, '٠٠٠٠٠٠']) {
    assert.equal(matchingStep(SEEDS.sha1, text, [1000], 'sha1'), undefined)
  }
})

test('base32 comes back as it went, however a person types it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      const text = base32(bytes)
      assert.match(text, /^[A-Z2-7]*$/)
      assert.deepEqual(fromBase32(text), Buffer.from(bytes))
      const typed = text.toLowerCase().replace(/(.{4})/g, '$1 ')
      assert.deepEqual(fromBase32(typed), Buffer.from(bytes))
    }),
  )
  assert.equal(fromBase32('ABC1'), undefined)
})
