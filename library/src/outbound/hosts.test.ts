import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalHost, hostMatcher, localNameRule } from './hosts.ts'

const numRuns = process.env['THOROUGH'] === '1' ? 50_000 : 2000

const label = fc
  .stringMatching(/^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?$/)
  .filter(text => !/^\d/.test(text))
const host = fc.array(label, { minLength: 2, maxLength: 5 }).map(labels => labels.join('.'))

test('an exact entry matches itself and no mutation of itself', () => {
  fc.assert(
    fc.property(host, host, fc.nat(20), fc.string({ maxLength: 3 }), (listed, other, at, noise) => {
      const matches = hostMatcher('allowHosts', [listed])
      assert.equal(matches(listed), true)
      const mutation = listed.slice(0, at) + noise + listed.slice(at)
      for (const candidate of [other, mutation, `${listed}.${other}`, `${other}.${listed}`]) {
        assert.equal(matches(candidate), candidate === listed, candidate)
      }
    }),
    { numRuns },
  )
})

test('a pattern matches below its suffix, at a label boundary, and nothing else', () => {
  fc.assert(
    fc.property(host, host, label, (suffix, other, below) => {
      const matches = hostMatcher('allowHosts', [`*.${suffix}`])
      assert.equal(matches(`${below}.${suffix}`), true)
      assert.equal(matches(`x.${below}.${suffix}`), true)
      assert.equal(matches(suffix), false)
      assert.equal(matches(`${below}${suffix}`), false)
      assert.equal(matches(`${below}.${suffix}.${other}`), other.endsWith(`.${suffix}`))
    }),
    { numRuns },
  )
})

for (const [written, meant] of [
  ['127.1', '127.0.0.1'],
  ['0x7f.1', '127.0.0.1'],
  ['2130706433', '127.0.0.1'],
  ['::1', '[::1]'],
  ['[::ffff:7f00:1]', '[::ffff:7f00:1]'],
  ['A.Example.COM', 'a.example.com'],
  ['münchen.de', 'xn--mnchen-3ya.de'],
  ['%6c%6f%63%61%6c%68%6f%73%74', 'localhost'],
  ['a.example.com:8080', undefined],
  ['user@a.example.com', undefined],
  ['a.example.com/x', undefined],
  ['a.example.com\\x', undefined],
  ['a.example.com#x', undefined],
  ['a b', undefined],
  ['', undefined],
  ['fe80::1%eth0', undefined],
  ['1.2.3.4.5', undefined],
] as const) {
  test(`a client's host ${JSON.stringify(written)} means ${meant ?? 'nothing'}`, () => {
    assert.equal(canonicalHost(written), meant)
  })
}

for (const entry of [
  '*',
  '*.',
  '*.*.example.com',
  'a.*.com',
  'http://a.example.com',
  'a.example.com/x',
  '*.10.0.0.1',
  '*.[::1]',
  '',
]) {
  test(`the list entry ${JSON.stringify(entry)} stops the start`, () => {
    assert.throws(() => hostMatcher('allowHosts', [entry]), { option: 'outbound.allowHosts' })
  })
}

test('no host makes the name rule throw, and below a local name everything is local', () => {
  const judge = localNameRule([])
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), host, (junk, name) => {
      judge(junk)
      for (const local of [
        'localhost',
        'local',
        'internal',
        'home.arpa',
        'test',
        'metadata.goog',
      ]) {
        assert.equal(judge(local)?.code, 'outbound.local_name')
        assert.equal(judge(`${name}.${local}`)?.code, 'outbound.local_name')
      }
    }),
    { numRuns },
  )
})
