import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from './arriving.test.kit.ts'
import { judgeTarget } from './target.ts'

const strict = judgeTarget(8192, {})

const cases: readonly [string, string | undefined][] = [
  ['/', undefined],
  ['/orders', undefined],
  ['/orders/', undefined],
  ['/orders/0b3c1c0e-7c52-4b43-9a57-2f1e7d6b5a11?expand=items&x=%00', undefined],
  ['/.well-known/security.txt', undefined],
  ['/files/a.b.c', undefined],
  ['/files/a%20b', undefined],
  ['/files/%C3%BC', undefined],
  ['/files/...', undefined],
  ['/@ann/~notes,(1)', undefined],
  ['/x?next=//evil.test\\@', undefined],
  ['', 'target.form'],
  ['*', 'target.form'],
  ['orders', 'target.form'],
  ['http://app.example/orders', 'target.form'],
  ['app.example:443', 'target.form'],
  ['//evil.test/orders', 'target.double_slash'],
  ['/orders//1', 'target.double_slash'],
  ['/orders/../admin', 'target.dots'],
  ['/orders/..', 'target.dots'],
  ['/orders/./1', 'target.dots'],
  ['/orders/%2e%2e/admin', 'target.dots'],
  ['/orders/.%2E/admin', 'target.dots'],
  ['/orders/x%2ephp', 'target.dots'],
  ['/orders\\..\\admin', 'target.backslash'],
  ['/orders/%5c..%5cadmin', 'target.backslash'],
  ['/orders%2fadmin', 'target.encoded_slash'],
  ['/orders%2Fadmin', 'target.encoded_slash'],
  ['/orders/%252e%252e/admin', 'target.encoded_percent'],
  ['/orders/%00', 'target.control'],
  ['/orders/%0d%0aset-cookie:x', 'target.control'],
  ['/orders/%7F', 'target.control'],
  ['/orders/%', 'target.percent'],
  ['/orders/%zz', 'target.percent'],
  ['/orders/%u002e', 'target.percent'],
  ['/orders/%c0%af', 'target.not_utf8'],
  ['/orders/%e0%80%af', 'target.not_utf8'],
  ['/orders/%ed%a0%80', 'target.not_utf8'],
  ['/orders/%c3', 'target.not_utf8'],
  ['/me;x.css', 'target.semicolon'],
  ['/me%3bx.css', 'target.semicolon'],
  ['/orders#x', 'target.character'],
  ['/orders?x#y', 'target.character'],
  ['/or ders', 'target.character'],
  ['/or\tders', 'target.character'],
  ['/or\nders', 'target.character'],
  ['/orders/ü', 'target.character'],
  [`/${'a'.repeat(8192)}`, 'target.too_long'],
]
for (const [target, code] of cases) {
  const shown = target.length > 40 ? `${target.slice(0, 40)}…` : target
  test(`${code === undefined ? 'lets through' : `answers ${code} to`} ${JSON.stringify(shown)}`, () => {
    assert.equal(strict(target)?.code, code)
  })
}

for (const [option, target] of [
  ['encodedSlash', '/projects/a%2fb'],
  ['encodedPercent', '/files/100%25'],
  ['doubleSlash', '/proxy/https://a'],
  ['semicolon', '/map;v=1'],
] as const) {
  test(`${option} opens ${target}, and nothing else`, () => {
    const open = judgeTarget(8192, { [option]: true })
    assert.equal(open(target), undefined)
    for (const [other, code] of cases) {
      const verdict = open(other)?.code
      if (verdict !== code) assert.equal(verdict, undefined, other)
    }
    assert.equal(open('/a/%2e%2e/b')?.code, 'target.dots')
  })
}

test('what is let through has no dot segment, slash or control left in it, decoded once or twice', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2f',
    '%252f',
    '%5c',
    '\\',
    'a',
    '%00',
    '%c0%ae',
    ';',
    '%',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
      const path = `/${pieces.join('')}`
      if (strict(path) !== undefined) return
      const once = decodeURIComponent(path)
      assert.equal(once, decodeURIComponent(once))
      assert.equal(once.split('/').length, path.split('/').length)
      assert.doesNotMatch(once, /(^|\/)\.{1,2}(\/|$)|\\|[\0-\x1f]/)
      assert.equal(new URL(path, 'http://app.example').pathname, path)
    }),
    runs(2000),
  )
})

test('a path of many segments is judged in no time', () => {
  const path = `/${'a/'.repeat(4000)}..`
  const start = performance.now()
  assert.equal(strict(path)?.code, 'target.dots')
  assert.ok(performance.now() - start < 50)
})
