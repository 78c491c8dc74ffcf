import assert from 'node:assert/strict'
import { copyFileSync, existsSync } from 'node:fs'
import { test } from 'node:test'
import { EXIT } from '../../command.ts'
import { recorder } from '../../output/terminal.test.kit.ts'
import { fakeRegistry, npmProject, packument, plant } from '../planted.test.kit.ts'
import { scanDeps } from './deps.ts'
import { HOLED, HOLES, ids, NOW, OLD, scanned } from './told.test.kit.ts'

for (const status of [401, 404, 405, 500]) {
  test(`a registry that answers ${status} makes the run incomplete, never clean`, async t => {
    const registry = await fakeRegistry(t, { bulkStatus: status })
    const told = await scanned(plant(t, npmProject({ a: {} })), [
      '--registry',
      registry.url,
      '--min-age',
      '0',
    ])
    assert.equal(told.exit, EXIT.failed)
    assert.match(
      told.report.incomplete[0] ?? '',
      new RegExp(`1 packages have no verdict.*${status}`),
    )
  })
}

test('a registry nobody listens at makes the run incomplete, never clean', async t => {
  const gone = await fakeRegistry({ after: close => queueMicrotask(close) }, {})
  const told = await scanned(plant(t, npmProject({ a: {} })), ['--registry', gone.url])
  assert.equal(told.exit, EXIT.failed)
  assert.equal(told.report.incomplete.length, 2)
  assert.deepEqual(ids(told), [])
})

test('a lockfile that is broken makes the run incomplete, never clean', async t => {
  const files = { ...npmProject({ a: {} }), 'package-lock.json': '{"packages":' }
  const told = await scanned(plant(t, files), [])
  assert.equal(told.exit, EXIT.failed)
})

test('names of a scope with a registry of its own are told to that registry alone, with its token', async t => {
  const open = await fakeRegistry(t, {})
  const own = await fakeRegistry(t, {})
  const files = npmProject({ '@acme/secret-project': {}, known: {} })
  const host = own.url.replace('http:', '')
  const npmrc = `${files['.npmrc']}@acme:registry=${own.url}\n${host}:_authToken=\${ACME}\n`
  const folder = plant(t, { ...files, '.npmrc': npmrc })
  const terminal = recorder(folder, { env: { ACME: 'token-of-acme' } })
  await scanDeps(['--registry', open.url, '--min-age', '0'], terminal, () => NOW)
  assert.deepEqual(
    open.arrived.map(at => at.asked),
    [{ known: ['1.0.0'] }],
  )
  assert.equal(open.arrived[0]?.authorization, undefined)
  assert.deepEqual(
    own.arrived.map(at => at.asked),
    [{ '@acme/secret-project': ['1.0.0'] }],
  )
  assert.equal(own.arrived[0]?.authorization, 'Bearer token-of-acme')
})

test('a private scope can be left out, and the report says so', async t => {
  const registry = await fakeRegistry(t, {})
  const folder = plant(t, npmProject({ '@acme/secret-project': {} }))
  const told = await scanned(folder, ['--registry', registry.url, '--skip-scope', '@acme'])
  assert.deepEqual(ids(told), [])
  assert.deepEqual(registry.arrived, [])
  assert.ok(told.report.notChecked.some(line => line.includes('@acme')))
})

test('offline, documents of OSV give the same findings, and no question is put', async t => {
  const registry = await fakeRegistry(t, HOLES)
  const document = (id: string, name: string, events: object[]) => ({
    id,
    summary: `hole in ${name}`,
    affected: [{ package: { ecosystem: 'npm', name }, ranges: [{ type: 'SEMVER', events }] }],
  })
  const folder = plant(t, {
    ...HOLED,
    'osv/GHSA-2222-3333-4444.json': document('GHSA-2222-3333-4444', 'hole-in-parser', [
      { introduced: '0' },
      { fixed: '1.2.3' },
    ]),
    'osv/MAL-2026-1.json': document('MAL-2026-1', 'evil-helper', [{ introduced: '0' }]),
  })
  const told = await scanned(folder, ['--registry', registry.url, '--offline', 'osv'])
  assert.deepEqual(ids(told), ['deps.malicious', 'deps.known-vulnerable'])
  assert.equal(told.report.findings[1]?.details['fixed'], '1.2.3')
  assert.deepEqual(registry.arrived, [])
  assert.match(told.report.notChecked[0] ?? '', /^release age: /)
})

test('what was recorded is replayed to the same findings without a question', async t => {
  const registry = await fakeRegistry(t, HOLES)
  const folder = plant(t, HOLED)
  const asked = await scanned(folder, ['--registry', registry.url, '--record', 'answers.json'])
  const before = registry.arrived.length
  const replayed = await scanned(folder, ['--registry', registry.url, '--snapshot', 'answers.json'])
  assert.equal(registry.arrived.length, before)
  assert.deepEqual(replayed.report.findings, asked.report.findings)
  assert.equal(replayed.exit, EXIT.findings)
})

test('a snapshot that does not know a package makes the run incomplete', async t => {
  const registry = await fakeRegistry(t, {
    packuments: { a: packument('a', { '1.0.0': OLD }, NOW) },
  })
  const folder = plant(t, npmProject({ a: {} }))
  await scanned(folder, ['--registry', registry.url, '--record', 'answers.json'])
  const other = plant(t, npmProject({ a: { version: '1.0.1' } }))
  copyFileSync(`${folder}/answers.json`, `${other}/answers.json`)
  const told = await scanned(other, ['--snapshot', 'answers.json'])
  assert.equal(told.exit, EXIT.failed)
  assert.match(told.report.incomplete[0] ?? '', /does not know 1 packages, such as a@1.0.1/)
})

test('half an answer is not recorded', async t => {
  const registry = await fakeRegistry(t, { bulkStatus: 500 })
  const folder = plant(t, npmProject({ a: {} }))
  const told = await scanned(folder, ['--registry', registry.url, '--record', 'answers.json'])
  assert.equal(told.exit, EXIT.failed)
  assert.equal(existsSync(`${folder}/answers.json`), false)
})
