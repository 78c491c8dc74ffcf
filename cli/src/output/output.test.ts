import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { EXIT } from '../command.ts'
import { type Finding, inOrder, type Report, SEVERITIES } from './finding.ts'
import { asGithub } from './github.ts'
import { asJunit } from './junit.ts'
import { printer } from './print.ts'
import { asSarif } from './sarif.ts'
import { recorder } from './terminal.test.kit.ts'
import { asText, printable } from './text.ts'

const RULE = {
  id: 'test.rule',
  what: 'Something is wrong.',
  why: 'It hurts.',
  fix: 'Mend it.',
} as const

function finding(given: Partial<Finding> = {}): Finding {
  return {
    rule: RULE,
    severity: 'high',
    title: 'a thing',
    notes: [],
    file: 'src/a.ts',
    line: 3,
    fingerprint: 'f1',
    details: {},
    ...given,
  }
}

function report(given: Partial<Report> = {}): Report {
  const none = { findings: [], incomplete: [], notChecked: [], facts: {} }
  return { command: 'scan test', subject: 'three files', ...none, ...given }
}

const DEFAULTS = { json: false, 'fail-on': 'medium' }

for (const [what, given, options, exit] of [
  ['nothing', {}, {}, EXIT.clean],
  ['a high finding', { findings: [finding()] }, {}, EXIT.findings],
  ['a low finding', { findings: [finding({ severity: 'low' })] }, {}, EXIT.clean],
  [
    'a low finding that was asked for',
    { findings: [finding({ severity: 'low' })] },
    { 'fail-on': 'low' },
    EXIT.findings,
  ],
  [
    'an accepted finding',
    { findings: [finding({ suppressed: { reason: 'known' } })] },
    {},
    EXIT.clean,
  ],
  ['a silent source', { incomplete: ['the registry is down'] }, {}, EXIT.failed],
  [
    'a silent source and a finding',
    { incomplete: ['down'], findings: [finding()] },
    {},
    EXIT.failed,
  ],
] as const) {
  test(`a run with ${what} ends with ${exit}`, async () => {
    const print = printer({ ...DEFAULTS, ...options }, recorder('/'))
    assert.equal(await print(report(given)), exit)
  })
}

test('a person reads the worst first, why, and what to do', () => {
  const findings = [
    finding({ severity: 'low', title: 'small' }),
    finding({ severity: 'critical', title: 'large' }),
  ]
  const text = asText(report({ findings, notChecked: ['the rest'] }), false)
  assert.match(
    text,
    /critical {2}large\n {10}test\.rule {2}src\/a\.ts:3\n {10}It hurts\.\n {10}Fix: Mend it\./,
  )
  assert.ok(text.indexOf('large') < text.indexOf('small'))
  assert.match(text, /2 findings: 1 critical, 1 low\.\nNot checked: the rest\n$/)
})

test('a run that could not judge everything never says that nothing was found', () => {
  const text = asText(report({ incomplete: ['the registry is down'] }), false)
  assert.doesNotMatch(text, /Nothing found/)
  assert.match(text, /No verdict\.\nIncomplete: the registry is down\n$/)
})

test('colours only for a person who is looking', () => {
  const findings = [finding()]
  assert.doesNotMatch(asText(report({ findings }), false), /\u001b/)
  assert.match(asText(report({ findings }), true), /\u001b\[31m/)
})

test('a name from a lockfile can move no cursor and write no second line', () => {
  const evil = 'left\u001b[2Jpad\nNothing found.\u202e'
  const text = asText(report({ findings: [finding({ title: evil, file: evil })] }), false)
  assert.doesNotMatch(text, /\u001b|\u202e|^Nothing found/m)
  fc.assert(fc.property(fc.string(), at => /^[^\u0000-\u001f\u007f-\u009f]*$/.test(printable(at))))
})

interface Sarif {
  readonly version: string
  readonly runs: readonly {
    readonly tool: { driver: { rules: { id: string; properties: Record<string, string> }[] } }
    readonly invocations: { executionSuccessful: boolean }[]
    readonly results: readonly {
      ruleId: string
      ruleIndex: number
      level: string
      locations: {
        physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } }
      }[]
      partialFingerprints: Record<string, string>
      suppressions?: { kind: string; justification: string }[]
    }[]
  }[]
}

test('code scanning takes the SARIF: each result has a relative place, a rule and a fingerprint', () => {
  const findings = [
    finding({ file: 'a folder/ü#?.ts', suppressed: { reason: 'known' } }),
    finding({ severity: 'info', rule: { ...RULE, id: 'test.other' } }),
  ]
  const sarif: Sarif = JSON.parse(asSarif(report({ findings, incomplete: ['down'] })))
  assert.equal(sarif.version, '2.1.0')
  const [run] = sarif.runs
  assert.equal(run?.invocations[0]?.executionSuccessful, false)
  assert.equal(run?.results.length, 2)
  for (const result of run?.results ?? []) {
    const [location] = result.locations
    const { uri } = location?.physicalLocation.artifactLocation ?? { uri: '' }
    assert.ok(uri !== '' && !URL.canParse(uri) && !uri.startsWith('/'))
    assert.ok((location?.physicalLocation.region.startLine ?? 0) >= 1)
    assert.equal(run?.tool.driver.rules[result.ruleIndex]?.id, result.ruleId)
    assert.ok(result.partialFingerprints['bulwark/v1'])
  }
  assert.equal(
    run?.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri,
    'a%20folder/%C3%BC%23%3F.ts',
  )
  assert.deepEqual(run?.results[0]?.suppressions, [
    { kind: 'external', status: 'accepted', justification: 'known' },
  ])
  assert.deepEqual(
    run?.results.map(({ level }) => level),
    ['error', 'note'],
  )
})

test('JUnit stays well-formed whatever a title holds', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (title, file) => {
      const xml = asJunit(report({ findings: [finding({ title, file })], incomplete: [title] }))
      const bare = xml.replace(
        /<\?xml[^>]*\?>|<\/?test(?:suite|case)(?: [a-z]+="[^"<]*")*\/?>|<\/?(?:failure|error)(?: [a-z]+="[^"<]*")*\/?>/g,
        '',
      )
      assert.doesNotMatch(bare, /[<>]|&(?!(?:amp|lt|gt|quot);)/)
      assert.doesNotMatch(xml, /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
    }),
  )
})

test('nobody writes a workflow command through a file name', () => {
  const lines = asGithub(
    report({
      findings: [finding({ title: 'a\n::set-output name=x::y', file: 'a,title=b::c\n::error::d' })],
    }),
  ).split('\n')
  assert.equal(lines.length, 2)
  const file = 'a%2Ctitle=b%3A%3Ac%0A%3A%3Aerror%3A%3Ad'
  assert.ok(lines[0]?.startsWith(`::error file=${file},line=3,title=test.rule::a%0A::set-output`))
})

test('the JSON report names each finding by its id, with why and fix', async () => {
  const terminal = recorder('/')
  await printer({ ...DEFAULTS, json: true }, terminal)(report({ findings: [finding()] }))
  const told = JSON.parse(terminal.stdout())
  assert.equal(told.version, 1)
  assert.deepEqual(
    { id: told.findings[0].id, why: told.findings[0].why, fix: told.findings[0].fix },
    { id: 'test.rule', why: 'It hurts.', fix: 'Mend it.' },
  )
})

test('SARIF can be written beside what is printed', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-output-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const terminal = recorder(folder)
  await printer({ ...DEFAULTS, sarif: 'a.sarif' }, terminal)(report({ findings: [finding()] }))
  assert.match(terminal.stdout(), /^bulwark scan test: three files/)
  assert.equal(JSON.parse(readFileSync(join(folder, 'a.sarif'), 'utf8')).version, '2.1.0')
})

test('two runs print alike: the order depends on what was found, not on when', () => {
  const some = fc.record({
    severity: fc.constantFrom(...SEVERITIES),
    file: fc.constantFrom('a', 'b'),
    line: fc.nat(3),
    title: fc.constantFrom('x', 'y'),
  })
  fc.assert(
    fc.property(fc.array(some), fc.nat(), (given, turn) => {
      const findings = given.map(each => finding(each))
      const at = turn % (findings.length + 1)
      const turned = [...findings.slice(at), ...findings.slice(0, at)]
      assert.deepEqual(inOrder(turned), inOrder(findings))
    }),
  )
})
