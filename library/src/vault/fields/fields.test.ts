import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigFault } from '../../kernel/fault.ts'
import { systemRandom } from '../../kernel/random.ts'
import { keyRing } from '../secrets/ring.ts'
import { type Field, fields } from './fields.ts'

const RUNS = process.env['THOROUGH'] === '1' ? 20_000 : 500
const OLD = 'the old root key is at least 32 bytes'
const NEW = 'a new root key that has 32 bytes, too'
const random = systemRandom()
const bytes = (text: string) => Buffer.from(text)
const before = fields({ ring: keyRing(bytes(OLD)), random })
const after = fields({ ring: keyRing(bytes(NEW), [{ root: bytes(OLD), until: 0 }]), random })
const phone = before.field('accounts', 'phone')

const codeOf = (field: Field, rowId: string, sealed: string): string => {
  const opened = field.open(rowId, sealed)
  return opened.ok ? 'opened' : opened.refusal.code
}

test('what was sealed for a row opens for that row', () => {
  const sealed = phone.seal('ann', '+49 30 1234567')
  assert.match(sealed, /^b1\.[0-9a-f]{8}\.[A-Za-z0-9_-]+$/)
  assert.doesNotMatch(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').toString(), /1234567/)
  assert.deepEqual(phone.open('ann', sealed), { ok: true, value: '+49 30 1234567' })
})

test('any text comes back as it was, sealed differently each time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ minLength: 1 }), (text, rowId) => {
      if (!text.isWellFormed()) {
        assert.throws(() => phone.seal(rowId, text), ConfigFault)
        return
      }
      const sealed = phone.seal(rowId, text)
      assert.notEqual(sealed, phone.seal(rowId, text))
      assert.deepEqual(phone.open(rowId, sealed), { ok: true, value: text })
      assert.deepEqual(phone.reseal(rowId, sealed), { ok: true, value: sealed })
    }),
    { numRuns: RUNS },
  )
})

const moves: [string, Field, string][] = [
  ['another row', phone, 'bob'],
  ['another column', before.field('accounts', 'note'), 'ann'],
  ['another table', before.field('clients', 'phone'), 'ann'],
  ['a table and column that read the same together', before.field('account', 'sphone'), 'ann'],
  ['a row that swallows the column', before.field('accounts', 'phone","ann'), ''],
]
for (const [where, field, rowId] of moves) {
  test(`a sealed value copied to ${where} does not open`, () => {
    assert.equal(codeOf(field, rowId, phone.seal('ann', 'secret')), 'fields.tampered')
  })
}

test('no two places share what a value is bound to', () => {
  const name = fc.string({ minLength: 1 })
  const place = fc.tuple(name, name, name)
  fc.assert(
    fc.property(place, place, (a, b) => {
      fc.pre(a.some((part, i) => part !== b[i]))
      const sealed = before.field(a[0], a[1]).seal(a[2], 'x')
      assert.equal(codeOf(before.field(b[0], b[1]), b[2], sealed), 'fields.tampered')
    }),
    { numRuns: RUNS },
  )
})

test('one value has one spelling', () => {
  const sealed = phone.seal('ann', 'x')
  const last = sealed.at(-1) ?? ''
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const others = [...alphabet]
    .filter(letter => letter !== last)
    .map(letter => sealed.slice(0, -1) + letter)
  for (const other of [
    ...others,
    `${sealed}=`,
    `${sealed}\n`,
    ` ${sealed}`,
    sealed.replaceAll('-', '+'),
    sealed.replaceAll('_', '/'),
    sealed.toUpperCase(),
  ]) {
    if (other !== sealed) assert.notEqual(codeOf(phone, 'ann', other), 'opened', other)
  }
})

test('nothing that an attacker writes into the column throws, or opens', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string().map(s => `b1.00000000.${s}`),
      ),
      text => {
        assert.notEqual(codeOf(phone, 'ann', text), 'opened')
      },
    ),
    { numRuns: RUNS },
  )
})

test('a value under a key that is not in the ring says so', () => {
  const stranger = fields({ ring: keyRing(bytes(NEW)), random }).field('accounts', 'phone')
  assert.equal(codeOf(phone, 'ann', stranger.seal('ann', 'x')), 'fields.unknown_key')
})

test('a value that names a key of the ring but was sealed by another is refused', () => {
  const sealed = phone.seal('ann', 'x')
  const renamed = sealed.replace(/^b1\.[0-9a-f]{8}/, `b1.${keyRing(bytes(NEW)).current.id}`)
  assert.equal(codeOf(after.field('accounts', 'phone'), 'ann', renamed), 'fields.tampered')
})

test('after a change of key old values open, and are sealed anew under the new key', () => {
  const field = after.field('accounts', 'phone')
  const old = phone.seal('ann', '+49')
  assert.equal(field.isCurrent(old), false)
  assert.deepEqual(field.open('ann', old), { ok: true, value: '+49' })
  const fresh = field.reseal('ann', old)
  assert.ok(fresh.ok)
  assert.equal(field.isCurrent(fresh.value), true)
  assert.deepEqual(field.open('ann', fresh.value), { ok: true, value: '+49' })
  assert.equal(codeOf(phone, 'ann', fresh.value), 'fields.unknown_key')
  assert.equal(field.reseal('bob', old).ok, false)
})

test('equal texts are found by their index, in their own column and no other', () => {
  const options = { normalize: (text: string) => text.toLowerCase() }
  const email = before.field('accounts', 'email', options)
  assert.equal(email.index('Ann@Example.org'), email.index('ann@example.org'))
  assert.notEqual(email.index('ann@example.org'), email.index('bob@example.org'))
  assert.notEqual(
    email.index('ann@example.org'),
    before.field('clients', 'email', options).index('ann@example.org'),
  )
  assert.match(email.index('x'), /^[0-9a-f]{8}\.[A-Za-z0-9_-]{22}$/)
})

test('during a change of key a search finds rows indexed under either', () => {
  const field = after.field('accounts', 'phone')
  const stored = [phone.index('+49'), field.index('+49')]
  for (const one of stored) assert.ok(field.indexes('+49').includes(one))
  assert.equal(field.indexes('+49')[0], field.index('+49'))
})

test('an index may be blurred, so that it narrows without naming', () => {
  const blurred = before.field('accounts', 'born', { bits: 16 })
  assert.match(blurred.index('1990-01-01'), /^[0-9a-f]{8}\.[A-Za-z0-9_-]{3}$/)
  assert.throws(() => before.field('accounts', 'born', { bits: 8 }), ConfigFault)
  assert.throws(() => before.field('accounts', 'born', { bits: 20 }), ConfigFault)
})

test('a row without an id has nothing to be bound to', () => {
  assert.throws(() => phone.seal('', 'x'), /needs its id/)
  assert.throws(() => phone.seal(undefined as unknown as string, 'x'), /needs its id/)
  assert.throws(() => before.field('', 'phone'), ConfigFault)
})

test('a value that does not open is heard of, once, without the value', () => {
  const heard: unknown[] = []
  const audit = { record: (event: unknown) => void heard.push(event) }
  const field = fields({ ring: keyRing(bytes(OLD)), random, audit }).field('accounts', 'phone')
  field.open('ann', field.seal('ann', 'x'))
  assert.deepEqual(heard, [])
  field.open('bob', field.seal('ann', 'x'))
  assert.deepEqual(heard, [
    {
      code: 'fields.open_refused',
      outcome: 'failure',
      reason: 'fields.tampered',
      targetId: 'bob',
      detail: { table: 'accounts', column: 'phone' },
    },
  ])
})
