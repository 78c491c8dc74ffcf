import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../http/arriving.test.kit.ts'
import { systemRandom } from '../../kernel/random.ts'
import { visitors } from './visitor.ts'

const random = systemRandom()
const mine = visitors({ key: createSecretKey(Buffer.alloc(32, 1)), random })
const others = visitors({ key: createSecretKey(Buffer.alloc(32, 2)), random })

test('a visitor is known again by the cookie that was issued', () => {
  const value = mine.issue()
  const binding = mine.read(value)
  assert.equal(binding, `visitor.${value.slice(0, 43)}`)
  assert.notEqual(mine.read(mine.issue()), binding)
})

test('the cookie can be neither planted by a sibling nor read by a script', () => {
  assert.equal(mine.cookieName, '__Host-visitor')
  assert.equal(mine.setCookie('v'), '__Host-visitor=v; Path=/; HttpOnly; SameSite=Lax; Secure')
})

test('in development over http it is an ordinary cookie', () => {
  const plain = visitors({
    key: createSecretKey(Buffer.alloc(32, 1)),
    random,
    dangerouslyAllowHttp: true,
  })
  assert.equal(plain.setCookie('v'), 'visitor=v; Path=/; HttpOnly; SameSite=Lax')
})

for (const [what, value] of [
  ['made up', `${'A'.repeat(43)}.${'A'.repeat(43)}`],
  ['of another key', others.issue()],
  ['without its MAC', mine.issue().slice(0, 43)],
  ['with a changed id', mine.issue().replace(/^./, first => (first === 'A' ? 'B' : 'A'))],
  ['cut', mine.issue().slice(0, -1)],
  ['longer', `${mine.issue()}A`],
  ['empty', ''],
] as const) {
  test(`a value ${what} is nobody’s`, () => assert.equal(mine.read(value), undefined))
}

test('no value but an issued one is ever read', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\w-]{43}\.[\w-]{43}$/)), value => {
      assert.equal(mine.read(value), undefined)
    }),
    runs(300),
  )
})
