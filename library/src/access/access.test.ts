import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigFault } from '../kernel/fault.ts'
import { type AccessPolicy, judge, type Principal, refusals } from './access.ts'
import { checkedPolicy } from './policy.ts'
import { uuid } from './uuid.ts'

const NOW = Date.UTC(2026, 0, 1)
const minutesAgo = (minutes: number) => NOW - minutes * 60_000
const ann: Principal = {
  accountId: 'ann',
  role: 'user',
  authenticatedAt: minutesAgo(10),
  factors: [{ factor: 'pwd', at: minutesAgo(10) }],
}
const admin: Principal = {
  accountId: 'root',
  role: 'admin',
  authenticatedAt: minutesAgo(1),
  factors: [
    { factor: 'pwd', at: minutesAgo(1) },
    { factor: 'otp', at: minutesAgo(30) },
  ],
}
const fromTomorrow = { ...ann, authenticatedAt: NOW + 3_600_000 }

const cases: [string, AccessPolicy, Principal | undefined, string | undefined][] = [
  ['a stranger on a public route', { public: true }, undefined, undefined],
  ['somebody signed in on a public route', { public: true }, ann, undefined],
  ['a stranger', { signedIn: true }, undefined, 'access.not_signed_in'],
  ['somebody signed in', { signedIn: true }, ann, undefined],
  ['a user where an admin is asked for', { signedIn: true, role: 'admin' }, ann, 'access.role'],
  ['an admin', { signedIn: true, role: 'admin' }, admin, undefined],
  ['an admin among others', { signedIn: true, role: ['support', 'admin'] }, admin, undefined],
  [
    'a user on a hidden route',
    { signedIn: true, role: 'admin', hidden: true },
    ann,
    'access.hidden_role',
  ],
  [
    'a proof ten minutes old, where fifteen do',
    { signedIn: true, stepUpSeconds: 900 },
    ann,
    undefined,
  ],
  ['a proof exactly as old as allowed', { signedIn: true, stepUpSeconds: 600 }, ann, undefined],
  ['a proof a second too old', { signedIn: true, stepUpSeconds: 599 }, ann, 'access.step_up'],
  ['a proof from tomorrow', { signedIn: true, stepUpSeconds: 599 }, fromTomorrow, 'access.step_up'],
  ['a user without a second factor', { signedIn: true, factor: 'second' }, ann, 'access.factor'],
  ['an admin with a second factor', { signedIn: true, factor: 'second' }, admin, undefined],
  [
    'an admin with one of two factors',
    { signedIn: true, factor: ['hwk', 'otp'] },
    admin,
    undefined,
  ],
  ['an admin without a key', { signedIn: true, factor: 'hwk' }, admin, 'access.factor'],
  [
    'a second factor proven long ago, where a fresh one is asked for',
    { signedIn: true, factor: 'second', stepUpSeconds: 300 },
    admin,
    'access.factor',
  ],
  [
    'a user without rights and without a fresh proof: not asked for a password in vain',
    { signedIn: true, role: 'admin', stepUpSeconds: 1 },
    ann,
    'access.role',
  ],
]
for (const [who, policy, principal, code] of cases) {
  test(`${code ? `answers ${code} to` : 'lets through'} ${who}`, () => {
    assert.equal(judge(policy, principal, NOW)?.code, code)
  })
}

test('who may not, whoever it is and whatever is asked, is never let through', () => {
  const policy = fc.record(
    {
      signedIn: fc.constant(true as const),
      role: fc.constantFrom('admin', 'support'),
      stepUpSeconds: fc.integer({ min: 1, max: 1000 }),
      factor: fc.constantFrom('otp', 'second'),
      hidden: fc.boolean(),
    },
    { requiredKeys: ['signedIn', 'role'] },
  )
  fc.assert(
    fc.property(policy, one => {
      const asked = one as AccessPolicy
      assert.notEqual(judge(asked, undefined, NOW), undefined)
      assert.notEqual(judge(asked, { ...admin, role: 'user' }, NOW), undefined)
    }),
  )
})

test('a 401 carries a challenge, and what is hidden reads like what is absent', () => {
  assert.equal(refusals.notSignedIn.headers['www-authenticate'], 'Bearer')
  const absent = [refusals.notFound, refusals.malformedId, refusals.hiddenRole]
  assert.deepEqual(
    new Set(absent.map(({ says, status }) => `${status} ${says}`)),
    new Set(['404 access.not_found']),
  )
})

const policies: [string, unknown, RegExp | undefined][] = [
  ['none at all', undefined, /access of GET \/x: is missing/],
  ['an empty one', {}, /write \{ public: true \}/],
  ['a list', [], /is missing/],
  ['one that is public', { public: true }, undefined],
  [
    'one that is public and yet asks for a role',
    { public: true, role: 'admin' },
    /is public and yet has role/,
  ],
  ['one that is not public', { public: false }, /write \{ public: true \}/],
  ['one that is signed in', { signedIn: true }, undefined],
  [
    'one with everything',
    { signedIn: true, role: ['a'], stepUpSeconds: 1, factor: 'otp', hidden: true },
    undefined,
  ],
  ['a misspelt member', { signedIn: true, rolle: 'admin' }, /does not know rolle/],
  ['an empty list of roles', { signedIn: true, role: [] }, /role must be/],
  ['a role that is no word', { signedIn: true, role: 7 }, /role must be/],
  ['an empty factor', { signedIn: true, factor: '' }, /factor must be/],
  ['a window of nothing', { signedIn: true, stepUpSeconds: 0 }, /stepUpSeconds/],
  ['a window of text', { signedIn: true, stepUpSeconds: '5m' }, /stepUpSeconds/],
  ['a hidden that is no yes or no', { signedIn: true, hidden: 'yes' }, /hidden/],
]
for (const [what, policy, says] of policies) {
  test(`${says ? 'stops the start at' : 'starts with'} a route whose policy is ${what}`, () => {
    const check = () => checkedPolicy(policy, 'GET /x')
    if (says === undefined) assert.deepEqual(check(), policy)
    else
      assert.throws(
        check,
        (error: Error) => error instanceof ConfigFault && says.test(error.message),
      )
  })
}

const ids: [string, unknown, boolean][] = [
  ['a random id', '0b3f3a54-1111-4222-8333-0123456789ab', true],
  ['an id with time in it', '01890a5d-ac96-774b-bcce-b302099a8057', true],
  ['upper case', '0B3F3A54-1111-4222-8333-0123456789AB', true],
  ['an id of an old version', '0b3f3a54-1111-1222-8333-0123456789ab', false],
  ['an id of no variant', '0b3f3a54-1111-4222-c333-0123456789ab', false],
  ['braces', '{0b3f3a54-1111-4222-8333-0123456789ab}', false],
  ['no hyphens', '0b3f3a54111142228333' + '0123456789ab', false],
  ['a line break after it', '0b3f3a54-1111-4222-8333-0123456789ab\n', false],
  ['a number', 1, false],
  ['a list of one', ['0b3f3a54-1111-4222-8333-0123456789ab'], false],
  ['SQL', "' or 1=1 --", false],
  ['nothing', undefined, false],
]
for (const [what, text, ok] of ids) {
  test(`${ok ? 'takes' : 'refuses'} ${what} for an id`, () => {
    const parsed = uuid(text)
    assert.equal(parsed.ok, ok)
    if (parsed.ok) assert.equal(parsed.value, String(text).toLowerCase())
    else assert.equal(parsed.refusal.code, 'access.malformed_id')
  })
}
