import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Check, Verdict } from '../check.ts'
import { Reply } from '../wire/reply.ts'
import { annotations } from './annotations.ts'
import { mask } from './evidence.ts'
import { html } from './html.ts'
import { escapeXml, junit } from './junit.ts'
import { markdown } from './markdown.ts'
import { type Report, reportOf } from './report.ts'
import { sarif } from './sarif.ts'

const EVIL = `</pre><script>alert("x")</script>|\n::error::%0A`
const sent = {
  method: 'POST',
  path: '/orders?q=<b>',
  fields: [
    ['Cookie', 'sid=topsecretcookie'],
    ['Authorization', 'Bearer topsecretbearer'],
  ] as const,
  body: Buffer.from('{"password":"topsecretword","code":"csrf.refused","totp":"123456"}'),
  chunked: false,
}
const reply = new Reply({
  status: 200,
  fields: [['Set-Cookie', 'sid=topsecretnew; Path=/']],
  body: Buffer.from(EVIL),
  ms: 3,
  sent,
})

const check = (
  id: string,
  verdict: Verdict,
): { check: Check; verdict: Verdict; ms: number; requests: number } => ({
  check: {
    id,
    tries: 'tries <it>',
    why: 'why',
    fix: 'fix & mend',
    asvs: '1.2.3',
    cwe: 79,
    top10: 'A05',
    severity: 'high',
    level: 'safe',
    run: async () => verdict,
  },
  verdict,
  ms: 5,
  requests: 2,
})
const results = [
  check('a.fails', {
    verdict: 'fail',
    findings: [
      {
        where: 'POST /orders',
        says: `it says ${EVIL}`,
        evidence: [reply],
        places: ['POST /orders'],
      },
    ],
  }),
  check('a.reviews', { verdict: 'review', findings: [{ where: '/', says: 'look', evidence: [] }] }),
  check('a.passes', { verdict: 'pass' }),
  check('a.skips', { verdict: 'skipped', why: 'it needs more', remedy: 'more: <true>' }),
]
const chapters = [{ word: 'injection', system: 16, checks: results.map(result => result.check) }]
const about = {
  target: 'http://127.0.0.1:1',
  startedAt: '2026-01-02T03:04:05.000Z',
  durationMs: 10,
  seed: 's',
  level: 'safe',
  requests: 8,
  incomplete: ['it died'],
}
const report: Report = reportOf(results, chapters, about, {
  secrets: ['topsecretword'],
  reveal: false,
})
const sources = [
  { path: 'api/openapi.json', text: '{\n "paths": {\n  "/orders": {}\n' },
  { path: 'package.json', text: '{}' },
]

test('SARIF has a place in the repository for every result, and none on the network', () => {
  const log = JSON.parse(sarif(report, sources))
  const { results } = log.runs[0]
  assert.equal(results.length, 2)
  for (const result of results) {
    const [{ physicalLocation }] = result.locations
    assert.doesNotMatch(physicalLocation.artifactLocation.uri, /^(https?:|\/)/)
    assert.ok(physicalLocation.region.startLine >= 1)
  }
  assert.equal(results[0].locations[0].physicalLocation.artifactLocation.uri, 'api/openapi.json')
  assert.equal(results[0].locations[0].physicalLocation.region.startLine, 3)
  assert.equal(log.runs[0].invocations[0].executionSuccessful, false)
  assert.match(log.runs[0].tool.driver.rules[0].properties['security-severity'], /^\d\.\d$/)
})

test('SARIF has a place even where the project has no file at all', () => {
  const log = JSON.parse(sarif(report, []))
  assert.equal(
    log.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri,
    'package.json',
  )
})

test('a service cannot write markup into the HTML report', () => {
  const page = html(report)
  assert.doesNotMatch(page, /<script>alert/)
  assert.equal(page.match(/<script>/g)?.length, 1)
  assert.match(page, /Content-Security-Policy" content="default-src &#39;none&#39;/)
})

test('the HTML report loads nothing from anywhere', () => {
  assert.doesNotMatch(html(report), /(?:src|href)\s*=\s*["'](?!#)/)
})

test('JUnit is well formed, and what needs a person is skipped with its reason', () => {
  const xml = junit(report)
  assert.doesNotMatch(xml.replaceAll(/&#\d+;/g, ''), /&/)
  assert.match(xml, /tests="4" failures="1" skipped="2"/)
  assert.match(xml, /<skipped message="review: look"/)
  assert.equal(escapeXml('a\u0000b\u001b[2J\ud800'), 'ab[2J')
})

test('a service cannot write annotations of its own', () => {
  const lines = annotations(report, sources).trim().split('\n')
  assert.equal(lines.length, 1)
  assert.match(
    lines[0] ?? '',
    /^::error file=api\/openapi\.json,line=3,title=a\.fails \(high\)::it says .*%0A/,
  )
})

test('a service cannot break out of the Markdown table', () => {
  const row = markdown(report)
    .split('\n')
    .find(line => line.startsWith('| high'))
  assert.match(row ?? '', /\\\|/)
  assert.match(row ?? '', /fix & mend \|$/)
})

test('nothing secret stands in the evidence, and names of refusals stay', () => {
  const [shown] = report.checks[0]?.findings[0]?.evidence ?? []
  assert.doesNotMatch(JSON.stringify(report), /topsecret|123456/)
  assert.match(shown?.request ?? '', /Cookie: sid=‹masked›/)
  assert.match(shown?.request ?? '', /"code":"csrf\.refused"/)
  assert.match(shown?.reply ?? '', /sid=‹masked›; Path=\//)
})

test('secrets are masked in every way that they can be written', () => {
  const secret = 'p&ss"wört'
  const text = `${secret} ${encodeURIComponent(secret)} ${JSON.stringify(secret)}`
  assert.equal(mask(text, [secret]), '‹masked› ‹masked› "‹masked›"')
})
