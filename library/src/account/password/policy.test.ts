import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { commonPasswords } from './blocklist.ts'
import { LENGTH, passwordPolicy } from './policy.ts'
import { period } from './predictable.ts'

const judge = await passwordPolicy({ contextWords: ['Otter Shop'] })
const judgeShort = await passwordPolicy({ minLength: LENGTH.withSecondFactor })

const rows: readonly [password: string, code: string | undefined, context?: readonly string[]][] = [
  ['purple otter walks home', undefined],
  ['correct horse battery staple', undefined],
  ['Tr0ub4dor&3', 'password.too_short'],
  ['           walks', 'password.predictable'],
  ['  spaces count here  ', undefined],
  ['Passw0rdPassw0rd', 'password.common'],
  ['passwordpassword', 'password.common'],
  ['PasswordPassword', 'password.common'],
  ['123456789012345', 'password.common'],
  ['qwertyuiopasdfgh', 'password.common'],
  ['1qaz2wsx3edc4rfv', 'password.common'],
  ['password!!!!!!!!!!!!', 'password.common'],
  ['2024football20242024', 'password.common'],
  ['aaaaaaaaaaaaaaaaaaa', 'password.predictable'],
  ['abcdefghijklmnopqrs', 'password.predictable'],
  ['xk4xk4xk4xk4xk4xk4', 'password.predictable'],
  ['zyxwvutsrqponmlkjih', 'password.predictable'],
  ['ann.archer@example.com', 'password.context', ['ann.archer@example.com', 'Ann Archer']],
  ['OtterShopOtterShop1', 'password.context'],
  ['archer-archer-2026!', 'password.context', ['ann.archer@example.com', 'Ann Archer']],
  ['archer likes green pears', undefined, ['ann.archer@example.com', 'Ann Archer']],
  ['пароль для выдры у реки', undefined],
  ['🦦🦦🦊🦊🐢🐢🦉🦉🐝🐝🦀🦀🐙🐙🦋', undefined],
  [`${'seven quiet rivers '.repeat(13)}and a sea`, undefined],
  ['x'.repeat(257), 'password.too_long'],
  [`${'🦦'.repeat(257)}`, 'password.too_long'],
  ['a lone half of a pair \ud83e', 'password.malformed'],
  ['ends in the middle\0of it', 'password.malformed'],
]
for (const [password, code, context] of rows) {
  const shown = JSON.stringify(password.slice(0, 24))
  test(`${code === undefined ? 'takes' : `refuses as ${code}`} ${shown}`, () => {
    assert.equal(judge(password, context)?.code, code)
  })
}

test('asks for no class of characters', () => {
  for (const password of [
    'only small letters here',
    'ONLY LARGE LETTERS HERE',
    '83920 11748 2 59103',
  ]) {
    assert.equal(judge(password), undefined)
  }
})

test('with a second factor enforced eight characters do, if nobody else uses them', () => {
  assert.equal(judgeShort('vK3#pq9z'), undefined)
  for (const common of ['password', 'Football', '12345678', 'iloveyou', 'trustno1', 'p@ssw0rd']) {
    assert.ok(judgeShort(common), common)
  }
})

test('says how long is long enough, and never repeats the password', () => {
  const refusal = judge('tiny weasel')
  assert.deepEqual(refusal?.errors, [
    { pointer: '/password', detail: 'is shorter than 15 characters' },
  ])
  assert.ok(!JSON.stringify(refusal).includes('weasel'))
})

test('G37: a breach check works with the network cut: the list needs none', async () => {
  const isCommon = await commonPasswords()
  const long = [
    '123456789123456789',
    'polniypizdec0211',
    'qazwsxedcrfvtgb',
    '30secondstomars',
    'PERASPERAADASTRA',
  ]
  for (const password of long) assert.equal(isCommon(password), true, password)
  assert.equal(isCommon('purple otter walks home'), false)
})

test('random passwords are not on the list', async () => {
  const isCommon = await commonPasswords()
  fc.assert(fc.property(fc.string({ minLength: 20, maxLength: 40 }), text => !isCommon(text)))
})

test('the shortest repeated piece is found', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 6 }),
      fc.integer({ min: 2, max: 6 }),
      (piece, times) => {
        const text = piece.repeat(times)
        const length = period(text)
        assert.ok(length <= piece.length)
        assert.equal(
          text
            .slice(0, length)
            .repeat(times * 6)
            .slice(0, text.length),
          text,
        )
      },
    ),
  )
})
