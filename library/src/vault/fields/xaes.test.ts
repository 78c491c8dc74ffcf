import assert from 'node:assert/strict'
import { createHash, createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gcmOpen, gcmSeal, TAG_BYTES, xaes } from './xaes.ts'

const keyOf = (byte: number) => createSecretKey(Buffer.alloc(32, byte))
const NONCE = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX')
const PLAIN = Buffer.from('XAES-256-GCM')

// C2SP, XAES-256-GCM, "Test vectors": most significant bit of L clear, then set.
const vectors: [number, string, string][] = [
  [1, '', 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271'],
  [3, 'c2sp.org/XAES-256-GCM', '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d'],
]
for (const [byte, bound, sealed] of vectors) {
  test(`seals the published vector under key ${byte}`, () => {
    const cipher = xaes(keyOf(byte))
    assert.equal(cipher.seal(NONCE, PLAIN, Buffer.from(bound)).toString('hex'), sealed)
    assert.deepEqual(cipher.open(NONCE, Buffer.from(sealed, 'hex'), Buffer.from(bound)), PLAIN)
  })
}

test('seals ten thousand published random cases to the published digest', () => {
  const input = createHash('shake128', { outputLength: 4 * 1024 * 1024 }).digest()
  const sealed: Buffer[] = []
  let at = 0
  const take = (length: number) => {
    at += length
    return input.subarray(at - length, at)
  }
  for (let i = 0; i < 10_000; i++) {
    const cipher = xaes(createSecretKey(take(32)))
    const nonce = take(24)
    const plaintext = take(take(1)[0] ?? 0)
    const bound = take(take(1)[0] ?? 0)
    const one = cipher.seal(nonce, plaintext, bound)
    if (i % 16 === 0) assert.deepEqual(cipher.open(nonce, one, bound), Buffer.from(plaintext))
    sealed.push(one)
  }
  assert.ok(at <= input.length)
  assert.equal(
    createHash('shake128', { outputLength: 32 }).update(Buffer.concat(sealed)).digest('hex'),
    'e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939',
  )
})

interface Corpus {
  key: string
  iv: string
  msg: string
  ct: string
  modifiedTags: [number, string, string][]
  valid: { tcId: number; key: string; iv: string; msg: string; ct: string; tag: string }[]
}
const corpus: Corpus = JSON.parse(
  readFileSync(new URL('./wycheproof-aes-gcm.corpus.json', import.meta.url), 'utf8'),
)
const hex = (text: string) => Buffer.from(text, 'hex')

for (const { tcId, key, iv, msg, ct, tag } of corpus.valid) {
  test(`Wycheproof aes_gcm ${tcId}: a special tag is as good as any`, () => {
    assert.equal(gcmSeal(hex(key), hex(iv), hex(msg), Buffer.alloc(0)).toString('hex'), ct + tag)
    assert.deepEqual(gcmOpen(hex(key), hex(iv), hex(ct + tag), Buffer.alloc(0)), hex(msg))
  })
}

for (const [tcId, comment, tag] of corpus.modifiedTags) {
  test(`Wycheproof aes_gcm ${tcId}: refuses ${comment}`, () => {
    const { key, iv, ct, msg } = corpus
    assert.equal(gcmOpen(hex(key), hex(iv), hex(ct + tag), Buffer.alloc(0)), undefined)
    const honest = gcmSeal(hex(key), hex(iv), hex(msg), Buffer.alloc(0))
    assert.equal(honest.subarray(0, -TAG_BYTES).toString('hex'), ct)
  })
}

test('any one bit changed, anywhere, opens nothing', () => {
  const cipher = xaes(keyOf(7))
  const bound = Buffer.from('bound')
  const sealed = cipher.seal(NONCE, PLAIN, bound)
  for (const [what, bytes] of [
    ['nonce', NONCE],
    ['sealed', sealed],
    ['bound', bound],
  ] as const) {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const parts = { nonce: NONCE, sealed, bound, [what]: flipped(bytes, bit) }
      assert.equal(cipher.open(parts.nonce, parts.sealed, parts.bound), undefined, `${what} ${bit}`)
    }
  }
  for (let length = 0; length < sealed.length; length++) {
    assert.equal(
      cipher.open(NONCE, sealed.subarray(0, length), bound),
      undefined,
      `cut to ${length}`,
    )
  }
  assert.equal(xaes(keyOf(8)).open(NONCE, sealed, bound), undefined, 'another key')
})

function flipped(bytes: Buffer, bit: number): Buffer {
  const out = Buffer.from(bytes)
  out[bit >> 3] = (out[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return out
}
