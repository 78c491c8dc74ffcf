import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../http/arriving.test.kit.ts'
import { reportCollector } from './reports.ts'

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

const old = {
  'csp-report': {
    'document-uri': 'https://app.example/reset?token=secret#code',
    referrer: '',
    'violated-directive': "script-src 'self'",
    'effective-directive': 'script-src-elem',
    'original-policy': "default-src 'none'",
    disposition: 'enforce',
    'blocked-uri': 'https://evil.test/x.js?who=ann',
    'line-number': 12,
    'source-file': 'https://app.example/app.js?v=1',
    'status-code': 200,
    'script-sample': '',
  },
}
const current = [
  {
    type: 'csp-violation',
    age: 10,
    url: 'https://app.example/',
    user_agent: 'x',
    body: {
      documentURL: 'https://app.example/orders',
      blockedURL: 'inline',
      effectiveDirective: 'style-src-attr',
      originalPolicy: '',
      disposition: 'report',
      statusCode: 200,
      sample: 'color: red; '.repeat(20),
      lineNumber: 3,
      columnNumber: 9,
    },
  },
  { type: 'deprecation', body: { id: 'x' } },
]

test('reads what report-uri sends, without anybody’s secrets', () => {
  const outcome = reportCollector().accept('application/csp-report', bytes(old), 1)
  assert.ok(outcome.ok)
  assert.deepEqual(outcome.value, [
    {
      documentUrl: 'https://app.example/reset',
      blockedUrl: 'https://evil.test/x.js',
      directive: 'script-src-elem',
      disposition: 'enforce',
      sourceFile: 'https://app.example/app.js',
      line: 12,
      sample: '',
    },
  ])
})

test('reads what the Reporting API sends, and only violations of it', () => {
  const outcome = reportCollector().accept('application/reports+json', bytes(current), 1)
  assert.ok(outcome.ok)
  assert.equal(outcome.value.length, 1)
  const [report] = outcome.value
  assert.equal(report?.directive, 'style-src-attr')
  assert.equal(report?.disposition, 'report')
  assert.equal(report?.blockedUrl, 'inline')
  assert.equal(report?.sample.length, 40)
})

test('one cause is one group, the latest first', () => {
  const collector = reportCollector()
  collector.accept('application/csp-report', bytes(old), 1)
  collector.accept('application/reports+json', bytes(current), 2)
  collector.accept('application/csp-report', bytes(old), 3)
  const groups = collector.groups()
  assert.deepEqual(
    groups.map(({ count, firstAt, lastAt }) => [count, firstAt, lastAt]),
    [
      [2, 1, 3],
      [1, 2, 2],
    ],
  )
  assert.match(groups[0]?.fingerprint ?? '', /^[\w-]{16}$/)
})

test('a flood of invented reports neither grows without bound nor pushes out what keeps happening', () => {
  const collector = reportCollector({ maxGroups: 10 })
  for (let at = 0; at < 1000; at++) {
    collector.accept(
      'application/csp-report',
      bytes({ 'csp-report': { 'blocked-uri': `https://x${at}.test/` } }),
      at,
    )
    if (at % 5 === 0) collector.accept('application/csp-report', bytes(old), at)
  }
  const groups = collector.groups()
  assert.equal(groups.length, 10)
  assert.equal(groups.find(group => group.example.line === 12)?.count, 200)
})

test('what an extension of the browser causes is not ours', () => {
  const collector = reportCollector()
  for (const source of [
    'chrome-extension://abc/x.js',
    'moz-extension://abc/x.js',
    'safari-web-extension://a/b',
  ]) {
    collector.accept(
      'application/csp-report',
      bytes({ 'csp-report': { 'source-file': source, 'blocked-uri': 'inline' } }),
      1,
    )
  }
  assert.equal(collector.groups().length, 0)
})

for (const [what, type, value, code] of [
  ['a form', 'application/x-www-form-urlencoded', {}, 'reports.type'],
  ['no type', undefined, {}, 'reports.type'],
  ['another shape', 'application/json', { a: 1 }, 'reports.shape'],
  ['a text', 'application/json', 'x', 'reports.shape'],
] as const) {
  test(`refuses ${what}`, () => {
    const outcome = reportCollector().accept(type, bytes(value), 1)
    assert.ok(!outcome.ok)
    assert.equal(outcome.refusal.code, code)
  })
}

test('a report cannot forge a line of a log, or carry a page’s text as an address', () => {
  const report = {
    'document-uri': 'https://a.test/\n[admin] ok',
    'blocked-uri': 'data:text/html,secret',
    'violated-directive': 'img-src\u2028x',
    'script-sample': 'a\r\nb',
  }
  const outcome = reportCollector().accept(
    'application/csp-report',
    bytes({ 'csp-report': report }),
    1,
  )
  assert.ok(outcome.ok)
  assert.doesNotMatch(JSON.stringify(outcome.value), /\\n|\\r|\u2028|secret/)
})

test('no body makes it throw', () => {
  const collector = reportCollector()
  const any = fc.oneof(
    fc.jsonValue(),
    fc.record({ 'csp-report': fc.dictionary(fc.string(), fc.jsonValue()) }),
    fc.array(
      fc.record({ type: fc.constant('csp-violation'), body: fc.jsonValue(), url: fc.jsonValue() }),
    ),
  )
  fc.assert(
    fc.property(any, value => {
      collector.accept('application/json', bytes(value), 1)
    }),
    runs(300),
  )
})
