import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../http/arriving.test.kit.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { type FieldRules, judgeLists, parseForm, parseQuery } from './form.ts'

const fieldsOf = (text: string, rules?: FieldRules): unknown => {
  const outcome = parseForm(text, rules)
  return outcome.ok ? { ...outcome.value } : outcome.refusal.code
}

for (const [text, fields, rules] of [
  ['', {}],
  ['a=1', { a: '1' }],
  ['a=1&b=2', { a: '1', b: '2' }],
  ['a=1&', { a: '1' }],
  ['&&a=1', { a: '1' }],
  ['a', { a: '' }],
  ['a=', { a: '' }],
  ['a=b=c', { a: 'b=c' }],
  ['a=x+y%2Bz', { a: 'x y+z' }],
  ['a=%C3%BC&b=ü', { a: 'ü', b: 'ü' }],
  ['a=%0D%0A%09', { a: '\r\n\t' }],
  ['user.name=ann', { 'user.name': 'ann' }],
  ['_csrf=x', { _csrf: 'x' }],
  ['tag=1&tag=2', { tag: ['1', '2'] }, { lists: ['tag'] }],
  ['tag=1', { tag: ['1'] }, { lists: ['tag'] }],
  ['', { tag: [] }, { lists: ['tag'] }],
  ['ids[]=1&ids[]=2', { 'ids[]': ['1', '2'] }, { lists: ['ids[]'] }],
  ['a=1&a=2', 'form.repeated'],
  ['a=1&%61=2', 'form.repeated'],
  ['tag=1&a=1&a=2', 'form.repeated', { lists: ['tag'] }],
  ['a[]=1', 'form.name'],
  ['a[$ne]=1', 'form.name'],
  ['a%5B%24ne%5D=1', 'form.name'],
  ['a.=1', 'form.name'],
  ['$where=1', 'form.name'],
  ['=1', 'form.name'],
  ['__proto__=1', 'form.name'],
  ['constructor=1', 'form.name'],
  ['prototype=1', 'form.name'],
  ['a b=1', 'form.name'],
  ['a=%', 'form.malformed'],
  ['a=%zz', 'form.malformed'],
  ['a=%c0%af', 'form.malformed'],
  ['a=%ed%a0%80', 'form.malformed'],
  ['a=%00', 'form.malformed'],
  ['%ff=1', 'form.malformed'],
  [`a=${String.fromCharCode(0xd800)}`, 'form.malformed'],
  ['a=1&b=2&c=3', 'form.too_many_fields', { maxFields: 2 }],
  [`${'a'.repeat(129)}=1`, 'form.name_too_long'],
  ['a=12345', 'form.value_too_long', { maxValueLength: 4 }],
] as readonly [string, unknown, FieldRules?][]) {
  test(`${JSON.stringify(text.slice(0, 40))} is ${typeof fields === 'string' ? `answered ${fields}` : JSON.stringify(fields)}`, () => {
    assert.deepEqual(fieldsOf(text, rules), fields)
  })
}

test('a complaint points at the field, in the body or in the query', () => {
  for (const [parse, pointer] of [
    [parseForm, '/a'],
    [parseQuery, '#/query/a'],
  ] as const) {
    const outcome = parse('a=1&a=2')
    assert.ok(!outcome.ok)
    assert.equal(outcome.refusal.errors?.[0]?.pointer, pointer)
    assert.equal(outcome.refusal.status, 400)
  }
})

test('bytes that are not UTF-8 are no form', () => {
  const outcome = parseForm(Uint8Array.from([0x61, 0x3d, 0xfc]))
  assert.ok(!outcome.ok)
  assert.equal(outcome.refusal.code, 'form.malformed')
})

test('what is read has no prototype to inherit a value from', () => {
  const outcome = parseForm('a=1')
  assert.ok(outcome.ok)
  assert.equal(Object.getPrototypeOf(outcome.value), null)
  assert.equal(outcome.value['toString'], undefined)
})

test('a list under a name that could never be read stops the start', () => {
  assert.throws(() => judgeLists(['__proto__'], 'content.lists'), ConfigFault)
  judgeLists(['ids[]'], 'content.lists')
})

test('what URLSearchParams writes is read back, each name once', () => {
  const name = fc
    .stringMatching(/^[a-z][a-z0-9_]{0,10}$/)
    .filter(text => !['constructor', 'prototype'].includes(text))
  const value = fc
    .string({ unit: 'grapheme' })
    .filter(text => text.isWellFormed() && !text.includes('\0'))
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: true }), fields => {
      const text = new URLSearchParams(fields).toString()
      assert.deepEqual(fieldsOf(text), { ...fields })
    }),
    runs(300),
  )
})

test('no text makes it throw, and no name is ever read twice', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[ab=&%0-9+[\].]{0,40}$/))
  fc.assert(
    fc.property(text, any => {
      const outcome = parseForm(any)
      if (!outcome.ok) return
      const theirs = new URLSearchParams(any)
      for (const [name, value] of Object.entries(outcome.value)) {
        assert.deepEqual(theirs.getAll(name), [value])
      }
    }),
    runs(1000),
  )
})
