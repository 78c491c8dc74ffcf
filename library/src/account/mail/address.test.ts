import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalEmail } from './address.ts'

const rows: readonly [text: string, address: string | undefined][] = [
  ['ann@example.com', 'ann@example.com'],
  ['Ann.Archer@Example.COM', 'ann.archer@example.com'],
  ['ann+shop@example.co.uk', 'ann+shop@example.co.uk'],
  ["o'brien@example.com", "o'brien@example.com"],
  ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
  ['ann@xn--bcher-kva.example', 'ann@xn--bcher-kva.example'],
  ['a@b.example', 'a@b.example'],
  ['', undefined],
  ['ann', undefined],
  ['@example.com', undefined],
  ['ann@', undefined],
  ['ann@localhost', undefined],
  ['ann@@example.com', undefined],
  ['a@b@example.com', undefined],
  [' ann@example.com', undefined],
  ['ann@example.com ', undefined],
  ['ann@example.com\r\nBcc: evil@e.example', undefined],
  ['ann@example.com,evil@e.example', undefined],
  ['ann@example.com;evil@e.example', undefined],
  ['"x@y.z" <evil@e.example>', undefined],
  ['<evil@e.example>', undefined],
  ['"ann"@example.com', undefined],
  ['ann(comment)@example.com', undefined],
  ['group: ann@example.com;', undefined],
  ['ann%evil.example@example.com', undefined],
  ['evil.example!ann@example.com', undefined],
  ['|sh@example.com', undefined],
  ['-oQ/tmp@example.com', undefined],
  ['ann..archer@example.com', undefined],
  ['.ann@example.com', undefined],
  ['ann.@example.com', undefined],
  ['ann@example..com', undefined],
  ['ann@.example.com', undefined],
  ['ann@example.com.', undefined],
  ['ann@-example.com', undefined],
  ['ann@exa_mple.com', undefined],
  ['ann@192.0.2.1', undefined],
  ['ann@[192.0.2.1]', undefined],
  ['ann@example.com/path', undefined],
  ['ann@example.com#x', undefined],
  ['ann@exa%6dple.com', undefined],
  ['ann@example.com\0', undefined],
  ['änn@example.com', undefined],
  ['ann@exam\u200bple.com', undefined],
  [`${'a'.repeat(65)}@example.com`, undefined],
  [`a@${'b'.repeat(64)}.example`, undefined],
  [`a@${'b.'.repeat(130)}example`, undefined],
]
for (const [text, address] of rows) {
  test(`${address === undefined ? 'refuses' : 'takes'} ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.equal(canonicalEmail(text), address)
  })
}

test('what is canonical stays what it is, and is plain', () => {
  const part = fc.stringMatching(/^[A-Za-z0-9.+'_@\p{L} -]{1,20}$/u)
  fc.assert(
    fc.property(fc.tuple(part, part), ([local, domain]) => {
      const once = canonicalEmail(`${local}@${domain}.example`)
      if (once === undefined) return
      assert.equal(canonicalEmail(once), once)
      assert.match(once, /^[!-~]+@[a-z0-9.-]+$/)
      assert.doesNotMatch(once, /[,;<>"()[\]\\:\s]/)
    }),
  )
})

test('never throws, whatever is typed', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => void canonicalEmail(text)))
})
