import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigFault } from '../kernel/fault.ts'
import { judge, type Principal, require } from './access.ts'
import { aalOf, secondsOf } from './assurance.ts'
import { checkedPolicy } from './policy.ts'

const NOW = Date.UTC(2026, 0, 1)
const proven = (...words: readonly string[]) => words.map(factor => ({ factor, at: NOW }))
const who = (factors: Principal['factors'], authenticatedAt = NOW): Principal => ({
  accountId: 'ann',
  role: 'user',
  authenticatedAt,
  factors,
})

const levels: readonly (readonly [string, readonly string[], string])[] = [
  ['nothing', [], 'aal1'],
  ['a password', ['pwd'], 'aal1'],
  ['a provider’s word', ['fed'], 'aal1'],
  ['a password and a provider’s word', ['pwd', 'fed'], 'aal1'],
  ['a password on a trusted browser', ['pwd', 'device'], 'aal1'],
  ['a password and an app', ['pwd', 'otp'], 'aal2'],
  ['a provider’s word and an app', ['fed', 'otp'], 'aal2'],
  ['a password and a code on paper', ['pwd', 'recovery'], 'aal2'],
  ['a password and a key that did not verify its user', ['pwd', 'hwk'], 'aal2'],
  ['a key that verified its user', ['hwk', 'user'], 'aal2'],
  ['a key that did not', ['hwk'], 'aal1'],
  ['an app alone', ['otp'], 'aal1'],
  ['an app and a key, both only had', ['otp', 'hwk'], 'aal1'],
  ['a word that nobody knows', ['pwd', 'sms'], 'aal1'],
]
for (const [what, words, level] of levels) {
  test(`${what} is ${level}`, () => assert.equal(aalOf(proven(...words)), level))
}

test('one more proof never lowers the level, and no first factor alone raises it', () => {
  const word = fc.constantFrom('pwd', 'fed', 'otp', 'hwk', 'user', 'recovery', 'device', 'x')
  fc.assert(
    fc.property(fc.array(word), word, (words, more) => {
      if (aalOf(proven(...words)) === 'aal2') {
        assert.equal(aalOf(proven(...words, more)), 'aal2')
      }
    }),
  )
  const first = fc.constantFrom('pwd', 'fed', 'device', 'user')
  fc.assert(fc.property(fc.array(first), words => aalOf(proven(...words)) === 'aal1'))
})

const ago = (factor: string, minutes: number) => ({ factor, at: NOW - minutes * 60_000 })
const rows: readonly (readonly [string, ReturnType<typeof require>, Principal, string?])[] = [
  ['a passkey of a minute ago', require({ factor: 'passkey', within: '5m' }), who([ago('hwk', 1)])],
  [
    'a passkey of six minutes ago',
    require({ factor: 'passkey', within: '5m' }),
    who([ago('hwk', 6)]),
    'access.factor',
  ],
  ['an app for a passkey', require({ factor: 'passkey' }), who([ago('otp', 0)]), 'access.factor'],
  ['an app where any will do', require(), who([ago('pwd', 0), ago('otp', 700)])],
  ['a provider’s word for a second factor', require(), who([ago('fed', 0)]), 'access.factor'],
  ['a verified user without a key', require(), who([ago('user', 0)]), 'access.factor'],
  ['a trusted browser for a second factor', require(), who([ago('device', 0)]), 'access.factor'],
  ['a code on paper', require({ factor: ['totp', 'backup-code'] }), who([ago('recovery', 1)])],
  [
    'a fresh password on a trusted browser, where a fresh proof is asked for',
    { signedIn: true, stepUpSeconds: 300 },
    who([ago('pwd', 0), ago('device', 0)]),
    'access.step_up',
  ],
]
for (const [what, policy, principal, code] of rows) {
  test(`${code === undefined ? 'lets through' : 'refuses'} ${what}`, () => {
    assert.equal(judge(checkedPolicy(policy, 'GET /x'), principal, NOW)?.code, code)
  })
}

test('times are said in seconds, minutes, hours or days, and nothing else', () => {
  assert.deepEqual(['90s', '5m', '12h', '1d', 7].map(secondsOf), [90, 300, 43_200, 86_400, 7])
  for (const wrong of ['', '5', 'm', '0m', '-5m', '1.5h', '5 m', '5M', 0, -1, 1.5, Number.NaN]) {
    assert.throws(() => secondsOf(wrong), ConfigFault, String(wrong))
  }
})
