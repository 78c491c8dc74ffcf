import assert from 'node:assert/strict'
import { createHmac, createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { keyedHash } from './bytes.ts'

describe('a keyed hash', () => {
  it('is HMAC-SHA-256, whatever the text and the length of the key', () => {
    const key = fc.uint8Array({ minLength: 1, maxLength: 100 })
    const text = fc.string({ unit: 'binary', maxLength: 400 })
    fc.assert(
      fc.property(key, text, (bytes, said) => {
        const secret = createSecretKey(bytes)
        const expected = createHmac('sha256', secret).update(said).digest('base64url')
        assert.equal(keyedHash(secret, said), expected)
        assert.equal(keyedHash(secret, said), expected)
      }),
    )
  })

  it('is that of RFC 4231, test case 2', () => {
    const key = createSecretKey(Buffer.from('Jefe'))
    assert.equal(
      Buffer.from(keyedHash(key, 'what do ya want for nothing?'), 'base64url').toString('hex'),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })
})
