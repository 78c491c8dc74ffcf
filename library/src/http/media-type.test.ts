import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from './arriving.test.kit.ts'
import { accepts, mediaType } from './media-type.ts'

const good: readonly [string, string, Record<string, string>][] = [
  ['application/json', 'application/json', {}],
  ['Application/JSON', 'application/json', {}],
  ['application/json; charset=utf-8', 'application/json', { charset: 'utf-8' }],
  ['application/json;charset=UTF-8', 'application/json', { charset: 'UTF-8' }],
  ['text/plain; Charset="utf-8"', 'text/plain', { charset: 'utf-8' }],
  ['multipart/form-data; boundary=----x', 'multipart/form-data', { boundary: '----x' }],
  ['multipart/form-data; boundary="a b;c"', 'multipart/form-data', { boundary: 'a b;c' }],
  ['a/b; c="\\"d\\\\"', 'a/b', { c: '"d\\' }],
  ['application/vnd.api+json', 'application/vnd.api+json', {}],
]
for (const [text, essence, parameters] of good) {
  test(`reads ${text}`, () => {
    const read = mediaType(text)
    assert.equal(read?.essence, essence)
    assert.deepEqual(Object.fromEntries(read?.parameters ?? []), parameters)
  })
}

for (const text of [
  '',
  'json',
  'application',
  'application/',
  '/json',
  'application/json ',
  ' application/json',
  'application/json\t',
  'application/json\t; charset=utf-8',
  'application/json ;charset=utf-8',
  'application/json;  charset=utf-8',
  'application/json;',
  'application/json; charset',
  'application/json; charset=',
  'application/json, text/plain',
  'application/json text/plain',
  'application/json; charset=utf-8 x',
  'application/json; charset=utf-8; charset=utf-7',
  'application/json; charset="utf-8',
  'application/json; charset="a\nb"',
  'application/json\0',
  'application/json; charset = utf-8',
  'text/plain;text/html',
  `a/${'b'.repeat(300)}`,
  '*/*;',
]) {
  test(`refuses ${JSON.stringify(text.slice(0, 60))}`, () =>
    assert.equal(mediaType(text), undefined))
}

const JSON_ONLY = ['application/json', 'application/problem+json']
for (const [accept, answer] of [
  [undefined, true],
  ['', true],
  ['*/*', true],
  ['application/json', true],
  ['application/*', true],
  ['text/html, */*;q=0.1', true],
  ['APPLICATION/JSON', true],
  ['text/html', false],
  ['text/html, text/*', false],
  ['application/json;q=0', false],
  ['*/*;q=0', false],
  ['*/*, application/json;q=0.0, application/problem+json;q=0', false],
  ['application/json;q=0.5', true],
  ['image/png, application/problem+json', true],
  ['garbage', false],
] as const) {
  test(`Accept ${JSON.stringify(accept)} ${answer ? 'takes' : 'does not take'} JSON`, () => {
    assert.equal(accepts(accept, JSON_ONLY), answer)
  })
}

test('what is read, written down again, is read as the same', () => {
  const token = fc.stringMatching(/^[a-z0-9!#$&^_.+-]{1,12}$/)
  const parameter = fc.tuple(token, fc.stringMatching(/^[ -~]{0,12}$/))
  fc.assert(
    fc.property(
      token,
      token,
      fc.uniqueArray(parameter, { selector: ([name]) => name, maxLength: 3 }),
      (type, subtype, parameters) => {
        const quoted = parameters.map(
          ([name, value]) => `; ${name}="${value.replace(/["\\]/g, '\\$&')}"`,
        )
        const read = mediaType(`${type}/${subtype}${quoted.join('')}`)
        assert.equal(read?.essence, `${type}/${subtype}`)
        assert.deepEqual([...(read?.parameters ?? [])], parameters)
      },
    ),
    runs(300),
  )
})

test('no text makes the readers throw, or hang', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.stringMatching(/^[a/;="\\ ,q0.*-]{0,200}$/),
  )
  fc.assert(
    fc.property(text, any => {
      mediaType(any)
      accepts(any, JSON_ONLY)
    }),
    runs(500),
  )
})
