import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT } from '../../command.ts'
import { fakeRegistry, npmProject, plant } from '../planted.test.kit.ts'
import { HOLED, HOLES, ids, scanned } from './told.test.kit.ts'

const ACCEPTED = [
  '- id: GHSA-2222-3333-4444',
  '  package: hole-in-parser',
  '  reason: only parses files of our own',
  '  until: 2026-12-31',
  '',
].join('\n')

test('an accepted finding leaves the exit status and stays in the report with its reason', async t => {
  const registry = await fakeRegistry(t, HOLES)
  const { 'evil-helper': _, ...advisories } = HOLES.advisories ?? {}
  const quiet = await fakeRegistry(t, {
    advisories: { 'hole-in-parser': (advisories['hole-in-parser'] ?? []).slice(0, 1) },
  })
  const folder = plant(t, { ...HOLED, 'bulwark.deps.ignore': ACCEPTED })
  const told = await scanned(folder, ['--registry', quiet.url, '--min-age', '0'])
  assert.equal(told.exit, EXIT.clean)
  assert.equal(told.report.findings[0]?.suppressed?.reason, 'only parses files of our own')
  const loud = await scanned(folder, ['--registry', registry.url, '--min-age', '0'])
  assert.equal(loud.exit, EXIT.findings, 'the other holes still count')
})

test('an acceptance whose time is over accepts nothing and is told', async t => {
  const registry = await fakeRegistry(t, HOLES)
  const over = ACCEPTED.replace('2026-12-31', '2026-10-31')
  const folder = plant(t, { ...HOLED, 'bulwark.deps.ignore': over })
  const told = await scanned(folder, ['--registry', registry.url, '--min-age', '0'])
  assert.ok(told.report.findings.every(finding => finding.suppressed === undefined))
  assert.ok(ids(told).includes('scan.acceptance-expired'))
})

test('an acceptance that matches nothing any more is told', async t => {
  const registry = await fakeRegistry(t, {})
  const folder = plant(t, { ...npmProject({ a: {} }), 'bulwark.deps.ignore': ACCEPTED })
  const told = await scanned(folder, ['--registry', registry.url, '--min-age', '0'])
  assert.deepEqual(ids(told), ['scan.acceptance-unused'])
  assert.equal(told.exit, EXIT.clean)
})

for (const [what, text] of [
  ['no reason', ACCEPTED.replace(/ {2}reason.*\n/, '')],
  ['a reason of one word', ACCEPTED.replace(/reason: .*/, 'reason: ok')],
  ['no date', ACCEPTED.replace(/ {2}until.*\n/, '')],
  ['a date that is none', ACCEPTED.replace('2026-12-31', '2026-13-41')],
  ['no package', ACCEPTED.replace(/ {2}package.*\n/, '')],
  ['no list', 'everything: fine\n'],
] as const) {
  test(`an acceptance with ${what} is wrong usage`, async t => {
    const registry = await fakeRegistry(t, {})
    const folder = plant(t, { ...npmProject({ a: {} }), 'bulwark.deps.ignore': text })
    const told = await scanned(folder, ['--registry', registry.url, '--min-age', '0'])
    assert.equal(told.exit, EXIT.usage)
    assert.match(told.stderr, /bulwark\.deps\.ignore/)
  })
}

for (const args of [
  ['--no-such-option'],
  ['--format', 'pdf'],
  ['--fail-on', 'everything'],
  ['--min-age', 'long'],
  ['--registry', 'npm.shop.test'],
  ['--offline', 'a', '--snapshot', 'b'],
  ['--snapshot', 'missing.json'],
  ['a', 'b'],
  ['no-such-folder'],
]) {
  test(`somebody who writes scan deps ${args.join(' ')} is told what to write`, async t => {
    const told = await scanned(plant(t, npmProject({ a: {} })), args)
    assert.equal(told.exit, EXIT.usage)
    assert.match(told.stderr, /^bulwark scan deps: .+\nbulwark scan deps --help shows how\.\n$/)
  })
}
