import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { street } from './decoy.test.kit.ts'
import { judgeUrl, outboundPolicy, safeFetch } from './outbound.ts'
import { pathMatcher } from './paths.ts'

const policy = outboundPolicy({ name: 'p', allowPaths: ['/hooks', '/v1/in/'] })

for (const [path, isAllowed] of [
  ['/hooks', true],
  ['/hooks/', true],
  ['/hooks/a/b?c=/../d#e', true],
  ['/v1/in/x', true],
  ['/a/../hooks/x', true],
  ['/hooks/%2e%2e/hooks/x', true],
  ['/hooks%20/', false],
  ['/hooks2', false],
  ['/Hooks', false],
  ['/', false],
  ['', false],
  ['/v1/in', false],
  ['/v1/inside', false],
  ['/hooks/../admin', false],
  ['/hooks/%2e%2e/admin', false],
  ['/hooks/.%2E/admin', false],
  ['/hooks\\..\\admin', false],
  ['/hooks/..%2fadmin', false],
  ['/hooks/..%5Cadmin', false],
  ['/hooks/%252e%252e/admin', false],
  ['/hooks/..%252fadmin', false],
  ['/hooks/..;/admin', false],
  ['/hooks/%2e%2e;x=1/admin', false],
  ['//hooks/x', false],
  ['/admin?/hooks/', false],
  ['/admin#/hooks/', false],
] as const) {
  test(`${isAllowed ? 'lets through' : 'refuses'} the path ${JSON.stringify(path)} where /hooks and /v1/in/ are listed`, () => {
    const refusal = judgeUrl(`https://shop.example.com${path}`, policy)
    assert.equal(refusal?.code, isAllowed ? undefined : 'outbound.path')
    if (refusal !== undefined) assert.equal(refusal.says, 'outbound.refused')
  })
}

test('without a list every path is let through', () => {
  const open = outboundPolicy({ name: 'p' })
  assert.equal(judgeUrl('https://shop.example.com/..%2fadmin', open), undefined)
})

test('a narrowed policy judges by its own list and by the one it was narrowed from', () => {
  const narrow = policy.narrowed({ allowPaths: ['/hooks/ann', '/elsewhere'] })
  for (const [path, code] of [
    ['/hooks/ann/1', undefined],
    ['/hooks/bob', 'outbound.path'],
    ['/elsewhere', 'outbound.path'],
  ] as const) {
    assert.equal(judgeUrl(`https://shop.example.com${path}`, narrow)?.code, code, path)
  }
})

test('a redirect to a path that is not listed is not followed', async () => {
  const asked: (string | undefined)[] = []
  const at = await street((request, response) => {
    asked.push(request.url)
    response.writeHead(302, { location: '/admin' }).end()
  })
  const using = outboundPolicy({
    name: 'p',
    ports: [at.port],
    allowAddresses: ['127.0.0.1/32'],
    allowPaths: ['/hooks'],
    refusalStepMs: 0,
  })
  const outcome = await safeFetch(`http://127.0.0.1:${at.port}/hooks`, { policy: using })
  assert.equal(outcome.ok ? '' : outcome.refusal.code, 'outbound.path')
  assert.deepEqual(asked, ['/hooks'])
  await using.close()
  await at.close()
})

for (const prefix of [
  'hooks',
  '',
  '/a/../b',
  '/a?b',
  '/a#b',
  '/a b',
  '/a%2fb',
  '\\a',
  '/a/..;/b',
]) {
  test(`${JSON.stringify(prefix)} in allowPaths stops the start`, () => {
    assert.throws(() => outboundPolicy({ name: 'p', allowPaths: [prefix] }), {
      option: 'outbound.allowPaths',
    })
  })
}

test('whatever is let through begins with a listed prefix however often it is decoded', () => {
  const allows = pathMatcher(['/hooks'])
  const piece = fc.constantFrom('/', '..', '.', '%2e', '%2f', '%5c', '%25', ';', 'a', 'hooks', '\\')
  const path = fc.array(piece, { maxLength: 12 }).map(pieces => `/hooks/${pieces.join('')}`)
  fc.assert(
    fc.property(path, given => {
      let now = new URL(given, 'http://h').pathname
      if (!allows(now)) return true
      for (let i = 0; i < 3; i++) {
        const url = URL.parse(now.replaceAll('%2f', '/').replaceAll('%5c', '/'), 'http://h')
        now = (url?.pathname ?? '/').replaceAll('%25', '%')
        if (i === 0 && !(now === '/hooks' || now.startsWith('/hooks/'))) return false
      }
      return true
    }),
  )
})
