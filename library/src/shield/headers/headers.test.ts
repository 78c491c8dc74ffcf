import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../http/arriving.test.kit.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { systemRandom } from '../../kernel/random.ts'
import { type Circumstances, type HeadersOptions, headers, nonce } from './headers.ts'

const NONCE = 'AAAAAAAAAAAAAAAAAAAAAA=='
const open: Circumstances = { secure: true, signedIn: false }
const own: Circumstances = { secure: true, signedIn: true }
const plain: Circumstances = { secure: false, signedIn: false }
const usual = headers()

function fields(flat: readonly string[]): Record<string, string> {
  const all: Record<string, string> = {}
  for (let at = 0; at < flat.length; at += 2) {
    const name = flat[at] as string
    assert.equal(name, name.toLowerCase())
    assert.ok(!(name in all), `${name} comes once`)
    all[name] = flat[at + 1] as string
  }
  return all
}
const page = (options: HeadersOptions = {}, circumstances = open) =>
  fields(headers(options).page(NONCE, circumstances))

test('JSON gets the short policy, and nothing that only documents need', () => {
  assert.deepEqual(fields(usual.api(open)), {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'strict-transport-security': 'max-age=63072000; includeSubDomains',
  })
})

test('a page gets a policy under which only scripts with this answer’s nonce run', () => {
  const all = page()
  assert.equal(
    all['content-security-policy'],
    "default-src 'none'; script-src 'nonce-AAAAAAAAAAAAAAAAAAAAAA==' 'strict-dynamic'; " +
      "style-src 'self' 'nonce-AAAAAAAAAAAAAAAAAAAAAA=='; img-src 'self' data:; font-src 'self'; " +
      "connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; " +
      "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  )
  assert.equal(all['x-frame-options'], 'DENY')
  assert.equal(all['referrer-policy'], 'strict-origin-when-cross-origin')
  assert.equal(all['cross-origin-opener-policy'], 'same-origin')
  assert.equal(all['cross-origin-resource-policy'], 'same-origin')
  assert.equal(all['origin-agent-cluster'], '?1')
  assert.match(all['permissions-policy'] ?? '', /camera=\(\), .*geolocation=\(\)/)
  assert.equal(all['cache-control'], 'private, no-cache')
})

test('login and reset pages tell nobody where one came from, and are kept by nobody', () => {
  const all = fields(usual.sensitivePage(NONCE, open))
  assert.equal(all['referrer-policy'], 'no-referrer')
  assert.equal(all['cache-control'], 'no-store')
})

test('foreign bytes are in a box', () => {
  assert.match(
    fields(usual.download(open))['content-security-policy'] ?? '',
    /default-src 'none'.*sandbox$/,
  )
})

for (const kind of ['api', 'asset', 'download', 'page', 'sensitivePage'] as const) {
  const pick = (circumstances: Circumstances) =>
    fields(
      kind === 'page' || kind === 'sensitivePage'
        ? usual[kind](NONCE, circumstances)
        : usual[kind](circumstances),
    )
  test(`${kind}: what belongs to somebody is stored by nobody`, () => {
    assert.equal(pick(own)['cache-control'], 'no-store')
  })
  test(`${kind}: HSTS goes over TLS only, and nosniff always`, () => {
    assert.equal(pick(plain)['strict-transport-security'], undefined)
    assert.match(pick(open)['strict-transport-security'] ?? '', /^max-age=63072000/)
    assert.equal(pick(plain)['x-content-type-options'], 'nosniff')
    assert.match(pick(open)['content-security-policy'] ?? '', /frame-ancestors 'none'/)
  })
}

test('nothing is built again but what holds the nonce', () => {
  assert.equal(usual.api(open), usual.api({ ...open }))
  assert.notEqual(usual.api(open), usual.api(own))
  const other = fields(usual.page('BBBBBBBBBBBBBBBBBBBBBBBB', open))
  assert.doesNotMatch(other['content-security-policy'] ?? '', /AAAA/)
})

test('node writes the arrays as they are', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, [...usual.page(NONCE, own), 'content-type', 'text/html'])
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const answer = await fetch(`http://127.0.0.1:${port}`)
  assert.deepEqual(
    fields(usual.page(NONCE, own))['content-security-policy'],
    answer.headers.get('content-security-policy'),
  )
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  server.close()
})

test('a nonce is 128 fresh bits, and nothing else is taken for one', () => {
  const random = systemRandom()
  assert.match(nonce(random), /^[\w-]{22}$/)
  assert.notEqual(nonce(random), nonce(random))
  for (const bad of [
    '',
    'short',
    "AAAAAAAAAAAAAAAAAAAAAA' 'unsafe-inline'",
    'AAAAAAAAAAAAAAAAAAAAAA;x',
  ]) {
    assert.throws(() => usual.page(bad, open), ConfigFault)
  }
})

test('options are laid over the strict policy, directive by directive', () => {
  const policy =
    page({
      page: {
        'img-src': ["'self'", 'https://img.example'],
        'trusted-types': ['app'],
        'font-src': false,
      },
    })['content-security-policy'] ?? ''
  assert.match(policy, /img-src 'self' https:\/\/img\.example;/)
  assert.match(policy, /trusted-types app/)
  assert.doesNotMatch(policy, /font-src/)
  assert.match(policy, /object-src 'none'/)
})

test('a stricter policy is tried out beside the enforced one, and both report', () => {
  const all = page({ pageReportOnly: { 'style-src': ["'nonce'"] }, reportsTo: '/reports/csp' })
  assert.match(all['content-security-policy-report-only'] ?? '', /style-src 'nonce-A+==';/)
  assert.match(
    all['content-security-policy'] ?? '',
    /style-src 'self' 'nonce-A+==';.*report-uri \/reports\/csp; report-to csp$/,
  )
  assert.match(all['content-security-policy-report-only'] ?? '', /report-to csp$/)
  assert.equal(all['reporting-endpoints'], 'csp="/reports/csp"')
})

test('isolation has presets', () => {
  assert.equal(page({ isolation: 'strict' })['cross-origin-embedder-policy'], 'require-corp')
  assert.equal(
    page({ isolation: 'popups' })['cross-origin-opener-policy'],
    'same-origin-allow-popups',
  )
  assert.equal(page({ isolation: 'off' })['cross-origin-opener-policy'], undefined)
})

test('a feature is opened by name', () => {
  const policy = page({ permissions: { camera: '(self)' } })['permissions-policy'] ?? ''
  assert.match(policy, /camera=\(self\)/)
  assert.match(policy, /microphone=\(\)/)
})

for (const [hsts, value] of [
  ['minutes', 'max-age=300; includeSubDomains'],
  ['week', 'max-age=604800; includeSubDomains'],
  ['month', 'max-age=2592000; includeSubDomains'],
  ['full', 'max-age=63072000; includeSubDomains'],
  [{ maxAgeSeconds: 0 }, 'max-age=0; includeSubDomains'],
  [{ maxAgeSeconds: 31_536_000, preload: true }, 'max-age=31536000; includeSubDomains; preload'],
  [{ maxAgeSeconds: 60, includeSubDomains: false }, 'max-age=60'],
  [false, undefined],
] as const) {
  test(`hsts ${JSON.stringify(hsts)} is ${value ?? 'not sent'}`, () => {
    assert.equal(page({ hsts })['strict-transport-security'], value)
  })
}

test('sign-out wipes caches and storage, and leaves the cookie of the known device', () => {
  assert.deepEqual(usual.signOut, ['clear-site-data', '"cache", "storage"'])
  assert.deepEqual(headers({ signOut: ['cookies'] }).signOut, ['clear-site-data', '"cookies"'])
})

for (const [what, options] of [
  ['misspelt options', { permission: {} } as HeadersOptions],
  ['inline scripts', { page: { 'script-src': ["'unsafe-inline'"] } }],
  ['eval', { page: { 'script-src': ["'self'", "'unsafe-eval'"] } }],
  ['scripts from anywhere', { page: { 'script-src': ['*'] } }],
  ['scripts from any https', { page: { 'default-src': ['https:'] } }],
  ['scripts from data:', { page: { 'script-src-elem': ['data:'] } }],
  ['a source that ends its directive', { page: { 'img-src': ["'self'; script-src *"] } }],
  ['a source with a line feed', { page: { 'img-src': ['x\r\nset-cookie: a=b'] } }],
  ['two sources in one', { page: { 'img-src': ["'self' data:"] } }],
  ['a source with a comma', { page: { 'img-src': ['a,b'] } }],
  ['an empty source', { page: { 'img-src': [''] } }],
  ['a directive that is none', { page: { 'img src': ["'self'"] } }],
  ['reports to plain http', { reportsTo: 'http://x.example' }],
  ['reports to another host by two slashes', { reportsTo: '//x.example' }],
  ['reports with a quote', { reportsTo: '/x"y' }],
  ['a feature list that is none', { permissions: { camera: 'self' } }],
  ['preload for a week', { hsts: { maxAgeSeconds: 604_800, preload: true } }],
  [
    'preload without subdomains',
    { hsts: { maxAgeSeconds: 63_072_000, preload: true, includeSubDomains: false } },
  ],
  ['half a second of HSTS', { hsts: { maxAgeSeconds: 0.5 } }],
] as readonly [string, HeadersOptions][]) {
  test(`${what} stop the start`, () => assert.throws(() => headers(options), ConfigFault))
}

test('who needs unsafe scripts has to say so', () => {
  const options: HeadersOptions = {
    page: { 'script-src': ["'self'", "'unsafe-inline'"] },
    dangerouslyAllowUnsafeScripts: true,
  }
  assert.match(page(options)['content-security-policy'] ?? '', /script-src 'self' 'unsafe-inline'/)
})

test('no source that is let in can leave its directive or its field', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), source => {
      try {
        const policy = page({ page: { 'img-src': [source] } })['content-security-policy'] ?? ''
        assert.equal(policy.split('; ').length, 13)
        assert.match(policy, /^[ -~]+$/)
      } catch (error) {
        if (!(error instanceof ConfigFault)) throw error
      }
    }),
    runs(300),
  )
})
