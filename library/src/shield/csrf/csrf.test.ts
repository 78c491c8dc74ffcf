import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { arriving, runs } from '../../http/arriving.test.kit.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { systemRandom } from '../../kernel/random.ts'
import { type CsrfOptions, csrf } from './csrf.ts'

const key = createSecretKey(Buffer.alloc(32, 1))
const random = systemRandom()
const made = (options: Partial<CsrfOptions> = {}) => csrf({ key, random, ...options })
const guard = made({
  origins: ['https://www.app.example'],
  trustedOrigins: ['https://partner.example'],
  exempt: {
    'POST /hooks/pay': 'signed by the payment provider',
    'POST /open/*': 'public forms without any session',
  },
})
type Fields = Record<string, string>

const cross: Fields = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }
const cookie: Fields = { cookie: '__Host-session=x' }

const judged: readonly [string, string, Fields, string | undefined, string?][] = [
  ['a form post from our own page', 'POST', { 'sec-fetch-site': 'same-origin' }, undefined],
  [
    'a post from our own no-referrer page',
    'POST',
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    undefined,
  ],
  ['a post that the user typed', 'POST', { 'sec-fetch-site': 'none' }, undefined],
  ['an old browser on our own page', 'POST', { origin: 'https://app.example' }, undefined],
  [
    'an old browser with Referer only',
    'POST',
    { referer: 'https://app.example/cart?x=1' },
    undefined,
  ],
  [
    'a post from another origin of ours',
    'POST',
    { 'sec-fetch-site': 'same-site', origin: 'https://www.app.example' },
    undefined,
  ],
  [
    'a post from a trusted partner',
    'POST',
    { 'sec-fetch-site': 'cross-site', origin: 'https://partner.example' },
    undefined,
  ],
  ['a program without browser fields', 'POST', {}, undefined],
  ['a cross-site GET', 'GET', cross, undefined],
  ['a cross-site HEAD', 'HEAD', cross, undefined],
  ['a preflight', 'OPTIONS', cross, undefined],
  ['an exempt route', 'POST', cross, undefined, '/hooks/pay'],
  ['an exempt route with a query', 'POST', cross, undefined, '/hooks/pay?id=1'],
  ['a route under an exempt path', 'POST', cross, undefined, '/open/a/b'],
  ['a cross-site form post', 'POST', cross, 'csrf.cross_site'],
  ['a cross-site PUT', 'PUT', cross, 'csrf.cross_site'],
  ['a cross-site DELETE', 'DELETE', cross, 'csrf.cross_site'],
  ['a method nobody knows', 'PURGE', cross, 'csrf.cross_site'],
  [
    'a same-site sibling post',
    'POST',
    { 'sec-fetch-site': 'same-site', origin: 'https://blog.app.example' },
    'csrf.same_site',
  ],
  [
    'a sandboxed frame',
    'POST',
    { 'sec-fetch-site': 'cross-site', origin: 'null' },
    'csrf.cross_site',
  ],
  ['an unknown site value', 'POST', { 'sec-fetch-site': 'same-planet' }, 'csrf.cross_site'],
  ['a site value in capitals', 'POST', { 'sec-fetch-site': 'Same-Origin' }, 'csrf.cross_site'],
  [
    'a list of site values',
    'POST',
    { 'sec-fetch-site': 'same-origin, cross-site' },
    'csrf.cross_site',
  ],
  [
    'an old browser on another site',
    'POST',
    { origin: 'https://evil.test' },
    'csrf.foreign_origin',
  ],
  ['an old browser in a sandboxed frame', 'POST', { origin: 'null' }, 'csrf.foreign_origin'],
  ['an empty Origin', 'POST', { origin: '' }, 'csrf.foreign_origin'],
  [
    'our origin as a prefix',
    'POST',
    { origin: 'https://app.example.evil.test' },
    'csrf.foreign_origin',
  ],
  ['our origin as a suffix', 'POST', { origin: 'https://evilapp.example' }, 'csrf.foreign_origin'],
  [
    'our origin on another port',
    'POST',
    { origin: 'https://app.example:8443' },
    'csrf.foreign_origin',
  ],
  ['our origin in another scheme', 'POST', { origin: 'http://app.example' }, 'csrf.foreign_origin'],
  ['our origin in capitals', 'POST', { origin: 'https://APP.example' }, 'csrf.foreign_origin'],
  [
    'our origin as a user name',
    'POST',
    { origin: 'https://app.example@evil.test' },
    'csrf.foreign_origin',
  ],
  ['our origin with a path', 'POST', { origin: 'https://app.example/' }, 'csrf.foreign_origin'],
  [
    'Origin against Referer',
    'POST',
    { origin: 'https://evil.test', referer: 'https://app.example/' },
    'csrf.foreign_origin',
  ],
  ['a foreign Referer', 'POST', { referer: 'https://evil.test/' }, 'csrf.foreign_referer'],
  [
    'our origin inside a foreign Referer',
    'POST',
    { referer: 'https://evil.test/https://app.example/' },
    'csrf.foreign_referer',
  ],
  ['a Referer that is no URL', 'POST', { referer: 'app.example' }, 'csrf.foreign_referer'],
  [
    'a Referer with our name as user',
    'POST',
    { referer: 'https://app.example@evil.test/' },
    'csrf.foreign_referer',
  ],
  ['a neighbour of an exempt route', 'POST', cross, 'csrf.cross_site', '/hooks/payment'],
  ['an exempt route by another method', 'PUT', cross, 'csrf.cross_site', '/hooks/pay'],
  ['the parent of an exempt path', 'POST', cross, 'csrf.cross_site', '/open'],
]
for (const [what, method, fields, code, target] of judged) {
  test(`${code === undefined ? 'lets through' : 'refuses'} ${what}`, () => {
    for (const body of [
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const request = arriving(
        method,
        { ...fields, ...cookie, 'content-type': body },
        target ? { target } : {},
      )
      assert.equal(guard.judge(request)?.code, code)
    }
  })
}

test('a service that was told no origin takes no empty one for its own', () => {
  for (const fields of [{ origin: '' }, { referer: 'nonsense' }, { origin: 'null' }]) {
    assert.notEqual(guard.judge(arriving('POST', fields, { origin: '' })), undefined)
  }
})

const upgrade: Fields = { upgrade: 'WebSocket', connection: 'Upgrade', ...cookie }
for (const [what, fields, code] of [
  [
    'from our own page',
    { 'sec-fetch-site': 'same-origin', origin: 'https://app.example' },
    undefined,
  ],
  ['from our own page in an old browser', { origin: 'https://app.example' }, undefined],
  ['from another site', cross, 'csrf.cross_site'],
  ['from another site in an old browser', { origin: 'https://evil.test' }, 'csrf.foreign_origin'],
  [
    'from a sibling',
    { 'sec-fetch-site': 'same-site', origin: 'https://blog.app.example' },
    'csrf.same_site',
  ],
  ['with cookies and no word of its origin', {}, 'csrf.unknown_origin'],
] as const) {
  test(`${code === undefined ? 'lets through' : 'refuses'} a WebSocket ${what}`, () => {
    assert.equal(guard.judge(arriving('GET', { ...upgrade, ...fields }))?.code, code)
  })
}

test('lets through a program’s WebSocket that brings no cookie', () => {
  assert.equal(guard.judge(arriving('GET', { upgrade: 'websocket' })), undefined)
})

const BINDING = 'hash-of-a-session-id'
const verify = (fields: Fields, binding: string | undefined = BINDING, formToken?: string) =>
  guard.verify(arriving('POST', { ...cookie, ...fields }), binding, formToken)?.code

test('a token lets its own session through, in the header and in the form', () => {
  assert.equal(verify({ 'x-csrf-token': guard.issue(BINDING) }), undefined)
  assert.equal(verify({}, BINDING, guard.issue(BINDING)), undefined)
})

const other = made({ key: createSecretKey(Buffer.alloc(32, 2)) })
const flip = (token: string): string => (token[0] === 'A' ? 'B' : 'A') + token.slice(1)
for (const [what, fields, code, binding] of [
  ['no token', () => ({}), 'csrf.token_missing'],
  ['an empty token', () => ({ 'x-csrf-token': '' }), 'csrf.token_missing'],
  [
    'another session’s token',
    () => ({ 'x-csrf-token': guard.issue('another') }),
    'csrf.token_invalid',
  ],
  [
    'a token under another key',
    () => ({ 'x-csrf-token': other.issue(BINDING) }),
    'csrf.token_invalid',
  ],
  ['a changed token', () => ({ 'x-csrf-token': flip(guard.issue(BINDING)) }), 'csrf.token_invalid'],
  [
    'a cut token',
    () => ({ 'x-csrf-token': guard.issue(BINDING).slice(0, -1) }),
    'csrf.token_invalid',
  ],
  [
    'a token and more',
    () => ({ 'x-csrf-token': `${guard.issue(BINDING)}A` }),
    'csrf.token_invalid',
  ],
  [
    'two tokens joined',
    () => ({ 'x-csrf-token': `${guard.issue(BINDING)}, x` }),
    'csrf.token_invalid',
  ],
  [
    'a planted cookie and header',
    () => ({ cookie: 'csrf=evil', 'x-csrf-token': 'evil' }),
    'csrf.token_invalid',
  ],
  [
    'a token and nothing it is bound to',
    () => ({ 'x-csrf-token': guard.issue('') }),
    'csrf.token_unbound',
    null,
  ],
  [
    'Basic credentials without a token',
    () => ({ authorization: 'Basic YTpi' }),
    'csrf.token_missing',
  ],
  ['a Bearer scheme without a token', () => ({ authorization: 'Bearer' }), 'csrf.token_missing'],
] as const) {
  test(`refuses ${what}`, () => {
    const request = arriving('POST', { ...cookie, ...fields() })
    const refusal = guard.verify(request, binding === null ? undefined : BINDING)
    assert.equal(refusal?.code, code)
    assert.equal(refusal?.status, 403)
  })
}

test('a token in a header counts before one in the form, so that none can be smuggled beside it', () => {
  assert.equal(
    verify({ 'x-csrf-token': 'wrong' }, BINDING, guard.issue(BINDING)),
    'csrf.token_invalid',
  )
})

test('needs no token where no cookie came along, or a Bearer token speaks for the request', () => {
  assert.equal(guard.verify(arriving('POST'), undefined), undefined)
  assert.equal(verify({ authorization: 'Bearer abc' }, undefined), undefined)
  assert.equal(verify({ authorization: 'DPoP abc' }, undefined), undefined)
  assert.equal(guard.verify(arriving('GET', cookie), BINDING), undefined)
  assert.equal(
    guard.verify(arriving('POST', cookie, { target: '/hooks/pay' }), undefined),
    undefined,
  )
})

test('two tokens of one session have nothing in common to be guessed by', () => {
  const [one, two] = [guard.issue(BINDING), guard.issue(BINDING)]
  assert.equal(one.length, 86)
  const same = [...one].filter((char, at) => char === two[at]).length
  assert.ok(same < 20, `${same} characters of 86 are equal`)
  assert.ok(!one.includes(BINDING))
})

test('every refusal but the missing token looks the same to the client', () => {
  const says = new Set(
    judged.map(
      ([, method, fields, , target]) =>
        guard.judge(arriving(method, fields, target ? { target } : {}))?.says,
    ),
  )
  assert.deepEqual([...says].filter(Boolean), ['csrf.refused'])
})

for (const [what, options] of [
  ['a trusted origin with a path', { trustedOrigins: ['https://a.example/x'] }],
  ['a trusted origin without a scheme', { trustedOrigins: ['a.example'] }],
  ['an own origin with a query', { origins: ['https://a.example?x'] }],
  ['an exemption without a method', { exempt: { '/hooks': 'signed by the provider' } }],
  ['an exemption without a reason', { exempt: { 'POST /hooks': '' } }],
  ['an exemption with hardly a reason', { exempt: { 'POST /hooks': 'because' } }],
] as const) {
  test(`${what} stops the start`, () => assert.throws(() => made(options), ConfigFault))
}

test('no value of Sec-Fetch-Site but two ever passes a foreign POST', () => {
  const anySite = fc.oneof(
    fc.string(),
    fc.constantFrom('same-origin', 'same-site', 'none', 'NONE', 'same-origin '),
  )
  fc.assert(
    fc.property(anySite, site => {
      const request = arriving('POST', { 'sec-fetch-site': site, origin: 'https://evil.test' })
      const passes = guard.judge(request) === undefined
      assert.equal(passes, site === 'same-origin' || site === 'none')
    }),
    runs(500),
  )
})

test('no Origin but our own and our friends’ ever passes an old browser’s POST', () => {
  const ours = ['https://app.example', 'https://www.app.example', 'https://partner.example']
  const near = fc.constantFrom(...ours, 'https://app.example:443', 'https://app.example.', 'null')
  fc.assert(
    fc.property(fc.oneof(fc.string(), near, fc.webUrl()), origin => {
      const passes = guard.judge(arriving('POST', { origin })) === undefined
      assert.equal(passes, ours.includes(origin))
    }),
    runs(500),
  )
})

test('no token but an issued one passes, and it passes for its own binding only', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (binding, foreign, noise) => {
      const token = guard.issue(binding)
      assert.equal(verify({ 'x-csrf-token': token }, binding), undefined)
      if (foreign !== binding)
        assert.equal(verify({ 'x-csrf-token': token }, foreign), 'csrf.token_invalid')
      if (noise !== '') assert.notEqual(verify({ 'x-csrf-token': noise }, binding), undefined)
    }),
    runs(200),
  )
})
