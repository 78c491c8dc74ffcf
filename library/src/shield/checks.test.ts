import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Check } from '../kernel/check.ts'
import { type ContentFacts, contentChecks } from './content/content.checks.ts'
import { JSON_DEFAULTS } from './content/json.ts'
import { type CsrfFacts, csrfChecks } from './csrf/csrf.checks.ts'
import { type HeadersFacts, headersChecks } from './headers/headers.checks.ts'
import { type LimitsFacts, limitsChecks } from './limits/limits.checks.ts'
import { type LimitsOptions, limits } from './limits/limits.ts'
import { type ThrottleFacts, throttleChecks } from './throttle/throttle.checks.ts'

const page = (directives: object): Partial<HeadersFacts> => ({
  options: { reportsTo: '/reports/csp', page: directives as never },
})
const limited = (options: LimitsOptions): Partial<LimitsFacts> => ({ limits: limits(options) })
const rate = { by: 'address', limit: 10, windowSeconds: 60 } as const

function rows<Facts>(
  checks: readonly Check<Facts>[],
  sound: Facts,
  cases: readonly (readonly [string, Partial<Facts>])[],
): void {
  const found = (facts: Partial<Facts>): string[] =>
    checks.filter(check => check.found({ ...sound, ...facts })).map(({ id }) => id)
  const word = checks[0]?.id.split('.')[0]
  test(`${word}: nothing is found where nothing is wrong`, () => assert.deepEqual(found({}), []))
  for (const [id, facts] of cases) {
    test(`finds ${id}`, () => assert.deepEqual(found(facts), [id]))
  }
  test(`${word}: every check has its row, and says what to do`, () => {
    const bare = checks.map(({ id }) => id).filter(id => !cases.some(([one]) => one === id))
    assert.deepEqual(bare, word === 'csrf' ? ['csrf.exempt-tree'] : [])
    for (const { what, why, fix } of checks) {
      for (const text of [what, why, fix]) assert.match(text, /^[A-Z].*\.$/)
    }
  })
}

rows<CsrfFacts>(
  csrfChecks,
  {
    on: true,
    trustedOrigins: ['https://partner.example', 'http://localhost:5173'],
    exempt: new Map(),
  },
  [
    ['csrf.off', { on: false }],
    ['csrf.plain-friend', { trustedOrigins: ['http://partner.example'] }],
    [
      'csrf.many-friends',
      { trustedOrigins: Array.from({ length: 6 }, (_, at) => `https://p${at}.example`) },
    ],
    ['csrf.exempt-routes', { exempt: new Map([['POST /hooks', 'signed by the provider']]) }],
  ],
)

test('finds csrf.exempt-tree, beside naming the route', () => {
  const exempt = new Map([['POST /hooks/*', 'signed by the provider']])
  const found = csrfChecks
    .map(check => check.found({ on: true, trustedOrigins: [], exempt }))
    .filter(Boolean)
  assert.deepEqual(found, ['POST /hooks/*', 'POST /hooks/* (signed by the provider)'])
})

rows<HeadersFacts>(
  headersChecks,
  { production: true, on: true, options: { reportsTo: '/reports/csp' } },
  [
    ['headers.off', { on: false }],
    [
      'headers.unsafe-scripts',
      { options: { reportsTo: '/r', dangerouslyAllowUnsafeScripts: true } },
    ],
    ['headers.framing', page({ 'frame-ancestors': ['*'] })],
    ['headers.framing', page({ 'frame-ancestors': false })],
    ['headers.hsts-off', { options: { reportsTo: '/r', hsts: false } }],
    ['headers.hsts-ramp', { options: { reportsTo: '/r', hsts: 'week' } }],
    ['headers.hsts-ramp', { options: { reportsTo: '/r', hsts: { maxAgeSeconds: 60 } } }],
    ['headers.trusted-types-off', page({ 'require-trusted-types-for': false })],
    ['headers.isolation-off', { options: { reportsTo: '/r', isolation: 'off' } }],
  ],
)

rows<ContentFacts>(
  contentChecks,
  { on: true, json: JSON_DEFAULTS, consumes: new Map([['POST /orders', ['application/json']]]) },
  [
    ['content.off', { on: false }],
    ['content.plain-text', { consumes: new Map([['POST /notes', ['text/plain']]]) }],
    ['content.xml', { consumes: new Map([['POST /feed', ['application/atom+xml']]]) }],
    ['content.deep-json', { json: { ...JSON_DEFAULTS, maxDepth: 500 } }],
    ['content.many-keys', { json: { ...JSON_DEFAULTS, maxKeys: 1e6 } }],
  ],
)

rows<LimitsFacts>(
  limitsChecks,
  { on: true, hardened: true, limits: limits(), heapLimitBytes: 4 * 2 ** 30 },
  [
    ['limits.off', { on: false }],
    ['limits.not-hardened', { hardened: false }],
    [
      'limits.large-json',
      { heapLimitBytes: 2 ** 40, ...limited({ body: { json: 20 * 2 ** 20 } }) },
    ],
    ['limits.bodies-and-heap', { heapLimitBytes: 2 ** 28 }],
    ['limits.ratio', limited({ body: { maxRatio: 1000 } })],
    ['limits.slow-headers', limited({ server: { headersSeconds: 120 } })],
    ['limits.slow-check', limited({ server: { checkSeconds: 30 } })],
    ['limits.slow-rates', limited({ server: { minBodyBytesPerSecond: 1 } })],
    ['limits.many-sockets', limited({ server: { maxSocketsPerAddress: 1e6 } })],
    ['limits.long-queue', limited({ concurrency: { queueSeconds: 60 } })],
    ['limits.late-shedding', limited({ shed: { maxLoopDelayMs: 10_000 } })],
  ],
)

rows<ThrottleFacts>(
  throttleChecks,
  {
    production: true,
    on: true,
    hasDefault: true,
    storeKind: 'sqlite',
    processes: 4,
    policies: new Map([['login', [rate]]]),
    used: new Set(['login', 'loose']),
  },
  [
    ['throttle.off', { on: false }],
    ['throttle.counts-apart', { storeKind: 'memory' }],
    ['throttle.no-default', { hasDefault: false }],
    ['throttle.one-key', { policies: new Map([['login', [{ ...rate, by: 'account' }]]]) }],
    ['throttle.loose', { policies: new Map([['loose', [{ ...rate, limit: 1e6 }]]]) }],
    ['throttle.unused', { policies: new Map([['old', [rate]]]) }],
  ],
)
