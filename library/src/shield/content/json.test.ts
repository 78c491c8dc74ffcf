import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../http/arriving.test.kit.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { type JsonLimits, jsonParser, parseJson } from './json.ts'

const BOM = String.fromCharCode(0xfeff)
const q = '"'
const b = '\\'
const limits: JsonLimits = { maxDepth: 4, maxKeys: 10, maxStringLength: 20, maxBytes: 500 }
const parse = jsonParser(limits)

for (const text of [
  '{}',
  '[]',
  'null',
  'true',
  'false',
  '0',
  '-0',
  '"a"',
  '""',
  ' { "a" : [ 1 , 2.5 , -3e2 ] } ',
  '\t\n\r[\n]\n',
  '[[[[]]]]',
  '"\u{1f600}"',
  `"${b}ud83d${b}ude00"`,
  `"${b}u0041${b}n${b}/"`,
  '9007199254740991',
  '-9007199254740991',
  '1e15',
  '0.1',
  '5e-324',
  '1.7976931348623157e-100',
  '{"toString":1,"valueOf":2,"hasOwnProperty":3}',
  '{"constructor":1}',
  '{"constructor":{"a":1}}',
  '{"prototype":{}}',
  '{"":1}',
  '{"1":1,"0":2}',
  `{"a${b}u0000":1}`,
  '"\u2028\u2029\x7f"',
]) {
  test(`takes ${JSON.stringify(text)} as JSON.parse does`, () => {
    const outcome = parse(text)
    assert.ok(outcome.ok)
    assert.deepStrictEqual(outcome.value, JSON.parse(text))
    const bytes = parse(Buffer.from(text))
    assert.ok(bytes.ok)
    assert.deepStrictEqual(bytes.value, outcome.value)
  })
}

/** What is sent, the code, the pointer and the offset. */
const refused: readonly [string, string, string?, number?][] = [
  ['', 'json.empty', '', 0],
  [' \n ', 'json.empty', '', 3],
  [`${BOM}{}`, 'json.bom', '', 0],
  ['{} {}', 'json.trailing', '', 3],
  ['{},', 'json.trailing', '', 2],
  ['null,1', 'json.trailing', '', 4],
  ['01', 'json.trailing', '', 1],
  ['1.', 'json.trailing'],
  ['1e', 'json.trailing'],
  ['0x10', 'json.trailing'],
  ['{"a":1,"a":2}', 'json.duplicate_key', '/a', 7],
  [`{"a":1,"${b}u0061":2}`, 'json.duplicate_key', '/a', 7],
  ['{"x":[{"role":"user","role":"admin"}]}', 'json.duplicate_key', '/x/0/role', 21],
  ['{"toString":1,"toString":2}', 'json.duplicate_key', '/toString', 14],
  ['{"a/b":{"~":1,"~":1}}', 'json.duplicate_key', '/a~1b/~0'],
  ['{"__proto__":{"admin":true}}', 'json.prototype', '/__proto__', 1],
  [`{"__pro${b}u0074o__":1}`, 'json.prototype', '/__proto__', 1],
  ['[{"a":{"__proto__":null}}]', 'json.prototype', '/0/a/__proto__'],
  ['{"constructor":{"prototype":{"admin":1}}}', 'json.prototype', '/constructor', 1],
  [`{"const${b}u0072uctor":{"proto${b}u0074ype":1}}`, 'json.prototype', '/constructor'],
  [`"${b}ud83d"`, 'json.surrogate'],
  [`"${b}ude00${b}ud83d"`, 'json.surrogate'],
  [`{"${b}udc00":1}`, 'json.surrogate'],
  [`"${String.fromCharCode(0xd800)}"`, 'json.surrogate'],
  ['9007199254740992', 'json.number', '', 0],
  ['[1,-9007199254740993]', 'json.number', '/1', 3],
  ['{"id":12345678901234567890}', 'json.number', '/id'],
  ['1e400', 'json.number'],
  ['-1e400', 'json.number'],
  ['1e-400', 'json.number'],
  ['0.0e-1', ''],
  ['1e20', 'json.number'],
  ['9'.repeat(400), 'json.number'],
  ['[[[[[]]]]]', 'json.too_deep', '/0/0/0/0', 4],
  ['{"a":{"a":{"a":{"a":{}}}}}', 'json.too_deep', '/a/a/a/a'],
  ['[1,2,3,4,5,6,7,8,9,10,11]', 'json.too_many_keys', '/10'],
  ['[[1,2],[3,4],[5,6],[7,8]]', 'json.too_many_keys', '/3/0'],
  [
    `{${'abcdefghijk'
      .split('')
      .map(k => `"${k}":1`)
      .join()}}`,
    'json.too_many_keys',
    '/k',
  ],
  [`"${'a'.repeat(21)}"`, 'json.too_long', '', 0],
  [`{"${'a'.repeat(21)}":1}`, 'json.too_long'],
  [`"${`${b}n`.repeat(21)}"`, 'json.too_long'],
  [`"${`${b}u0041`.repeat(21)}"`, 'json.too_long'],
  [`"${' '.repeat(500)}"`, 'json.too_large', '', 0],
  ['nul', 'json.syntax'],
  ['True', 'json.syntax'],
  ['NaN', 'json.syntax'],
  ['Infinity', 'json.syntax'],
  ['undefined', 'json.syntax'],
  ["'a'", 'json.syntax'],
  ['{a:1}', 'json.syntax'],
  ['+1', 'json.syntax'],
  ['.5', 'json.syntax'],
  ['-', 'json.syntax'],
  ['[1,]', 'json.syntax', '/1'],
  ['[,1]', 'json.syntax', '/0'],
  ['[1 2]', 'json.syntax'],
  ['{"a":1,}', 'json.syntax'],
  ['{"a"}', 'json.syntax'],
  ['{"a" 1}', 'json.syntax'],
  ['{"a":}', 'json.syntax', '/a', 5],
  ['{"a":1', 'json.syntax'],
  ['[', 'json.syntax'],
  ['[1', 'json.syntax'],
  ['"a', 'json.syntax'],
  ['"a\n"', 'json.syntax'],
  ['"\t"', 'json.syntax'],
  [`"${b}x"`, 'json.syntax'],
  [`"${b}u12"`, 'json.syntax'],
  [`"${b}`, 'json.syntax'],
  [`"${b}${q}`, 'json.syntax'],
  ['// x\n1', 'json.syntax'],
  ['/* x */1', 'json.syntax'],
  ['{"a":1}\0', 'json.trailing'],
  ['\xa0{}', 'json.syntax'],
  ['\v{}', 'json.syntax'],
]
for (const [text, code, pointer, offset] of refused) {
  const shown = JSON.stringify(text.length > 50 ? `${text.slice(0, 50)}…` : text)
  test(`${code === '' ? 'takes' : `answers ${code} to`} ${shown}`, () => {
    const outcome = parse(text)
    if (code === '') return assert.ok(outcome.ok)
    assert.ok(!outcome.ok)
    assert.equal(outcome.refusal.code, code)
    assert.equal(outcome.refusal.status, code === 'json.too_large' ? 413 : 400)
    const [complaint] = outcome.refusal.errors ?? []
    if (pointer !== undefined) assert.equal(complaint?.pointer, pointer)
    if (offset !== undefined)
      assert.match(complaint?.detail ?? '', new RegExp(`offset ${offset}\\)`))
  })
}

for (const [what, bytes, code] of [
  ['a byte order mark', [0xef, 0xbb, 0xbf, 0x7b, 0x7d], 'json.bom'],
  ['UTF-16', [0x7b, 0, 0x7d, 0], 'json.syntax'],
  ['UTF-16 with its mark', [0xff, 0xfe, 0x7b, 0, 0x7d, 0], 'json.not_utf8'],
  ['Latin-1', [0x22, 0xfc, 0x22], 'json.not_utf8'],
  ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22], 'json.not_utf8'],
  ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22], 'json.not_utf8'],
  ['a cut character', [0x22, 0xe2, 0x82], 'json.not_utf8'],
] as const) {
  test(`answers ${code} to ${what}`, () => {
    const outcome = parse(Uint8Array.from(bytes))
    assert.ok(!outcome.ok)
    assert.equal(outcome.refusal.code, code)
  })
}

test('a refusal repeats nothing that was sent but the names on the way', () => {
  const outcome = parse('{"user":{"secret":"hunter2","n":1e999}}')
  assert.ok(!outcome.ok)
  assert.doesNotMatch(JSON.stringify(outcome.refusal), /hunter2|1e999/)
})

test('a million brackets cost neither the stack nor time', () => {
  const wide = { maxBytes: 1e7, maxDepth: 1000, maxKeys: 1e7, maxStringLength: 1e7 }
  const start = performance.now()
  for (const text of [
    '['.repeat(1e6),
    '{"a":'.repeat(1e6),
    `[${'1,'.repeat(1e6)}`,
    `"${b}`.repeat(5e5),
  ]) {
    assert.ok(!parseJson(text, wide).ok)
  }
  assert.ok(performance.now() - start < 2000)
})

test('a limit that is none stops the start', () => {
  for (const bad of [
    { maxDepth: 0 },
    { maxKeys: 1.5 },
    { maxDepth: 1001 },
    { maxBytes: Number.NaN },
    { depth: 3 } as JsonLimits,
  ]) {
    assert.throws(() => jsonParser(bad), ConfigFault)
  }
})

const wide = jsonParser({ maxBytes: 1e6, maxDepth: 100, maxKeys: 1e6, maxStringLength: 1e6 })

test('whatever it takes, JSON.parse takes, with an equal value', () => {
  const json = fc.oneof(
    fc.json(),
    fc.jsonValue().map(value => JSON.stringify(value, null, '\t')),
  )
  const noise = fc.stringMatching(/^[[\]{}",:\\ 01.eEu+\-tfnal]{0,40}$/)
  const spoilt = fc.tuple(json, fc.nat(), fc.string({ maxLength: 2 })).map(([text, at, with_]) => {
    const cut = at % (text.length + 1)
    return text.slice(0, cut) + with_ + text.slice(cut + 1)
  })
  let taken = 0
  fc.assert(
    fc.property(fc.oneof(json, noise, spoilt, fc.string()), text => {
      const outcome = wide(text)
      if (!outcome.ok) return
      taken++
      assert.deepStrictEqual(outcome.value, JSON.parse(text))
    }),
    runs(3000),
  )
  assert.ok(taken > 100, `only ${taken} texts were taken`)
})

test('whatever JSON.stringify writes without odd numbers and names, it takes', () => {
  const value = fc.letrec(tie => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'grapheme' }),
      fc.boolean(),
      fc.constant(null),
      fc.maxSafeInteger(),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('any'), { maxLength: 5 }),
    map: fc.dictionary(
      fc
        .string({ unit: 'grapheme' })
        .filter(name => name !== '__proto__' && name !== 'constructor'),
      tie('any'),
      { maxKeys: 5, noNullPrototype: true },
    ),
  })).any
  fc.assert(
    fc.property(value, any => {
      const text = JSON.stringify(any)
      const outcome = wide(text)
      assert.ok(outcome.ok, text)
      assert.deepStrictEqual(outcome.value, JSON.parse(text))
    }),
    runs(500),
  )
})

test('no bytes at all make it throw or pollute a prototype', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.json().map(text => new TextEncoder().encode(text)),
      ),
      bytes => {
        const outcome = wide(bytes)
        assert.equal(typeof outcome.ok, 'boolean')
        assert.equal(Object.keys(Object.prototype).length, 0)
      },
    ),
    runs(1000),
  )
})
