import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { EXIT } from '../../command.ts'
import { fakeRegistry, npmProject, plant } from '../planted.test.kit.ts'
import { HOLED, HOLES, scanned } from './told.test.kit.ts'

test('who depends on a hole learns its ids, its way in and the version that closes it', async t => {
  const registry = await fakeRegistry(t, HOLES)
  const told = await scanned(plant(t, HOLED), ['--registry', registry.url])
  assert.equal(told.exit, EXIT.findings)
  assert.deepEqual(told.report.incomplete, [])
  const [malicious, pollution, slow] = told.report.findings
  assert.equal(malicious?.id, 'deps.malicious')
  assert.equal(malicious?.severity, 'critical')
  assert.equal(pollution?.id, 'deps.known-vulnerable')
  assert.deepEqual(pollution?.details['ids'], ['GHSA-2222-3333-4444', 'npm-1001'])
  assert.deepEqual(pollution?.details['paths'], [
    ['planted', 'middle@1.0.0', 'hole-in-parser@1.0.0'],
  ])
  assert.equal(pollution?.details['fixed'], '1.2.3')
  assert.equal(pollution?.details['fixInsideRange'], true)
  assert.equal(pollution?.details['direct'], false)
  assert.equal(slow?.details['fixed'], '2.0.0')
  assert.equal(slow?.details['fixInsideRange'], false)
  assert.equal(told.report.findings.length, 3)
})

test('real npm audit and this scanner come to the same findings at the same registry', async t => {
  const registry = await fakeRegistry(t, HOLES)
  const folder = plant(t, HOLED)
  const told = await scanned(folder, ['--registry', registry.url])
  const audit = await npmAudit(folder, registry.url)
  const theirs = Object.values(audit.vulnerabilities)
    .flatMap(each => each.via)
    .filter(via => typeof via === 'object')
    .map(via => `${via.name} ${via.source} ${via.severity}`)
  const ours = told.report.findings
    .filter(each => each.id === 'deps.known-vulnerable' || each.id === 'deps.malicious')
    .map(each => {
      const number = (each.details['ids'] as string[]).find(id => id.startsWith('npm-'))?.slice(4)
      return `${each.details['package']} ${number} ${each.severity.replace('medium', 'moderate')}`
    })
  assert.equal(ours.length, 3)
  assert.deepEqual(ours.toSorted(), theirs.toSorted())
  const questions = registry.arrived.filter(at => at.asked !== undefined).map(at => at.asked)
  assert.deepEqual(questions[0], questions[1], 'both put the same question')
})

interface Audit {
  readonly vulnerabilities: Readonly<
    Record<string, { via: (string | { name: string; source: number; severity: string })[] }>
  >
}

function npmAudit(folder: string, registry: string): Promise<Audit> {
  const args = ['audit', '--json', '--registry', registry, '--cache', `${folder}/.cache`]
  const env = { ...process.env, npm_config_audit: 'true', npm_config_userconfig: `${folder}/none` }
  return new Promise((resolve, reject) => {
    execFile('npm', args, { cwd: folder, env }, (error, stdout, stderr) => {
      // npm answers 1 when it found something; no JSON means that it did not run.
      try {
        resolve(JSON.parse(stdout))
      } catch {
        reject(error ?? new Error(stderr))
      }
    })
  })
}

test('--production leaves out what only development needs', async t => {
  const registry = await fakeRegistry(t, HOLES)
  const files = npmProject(
    { 'hole-in-parser': { dev: true } },
    { dependencies: {}, devDependencies: { 'hole-in-parser': '^1.0.0' } },
  )
  const args = ['--registry', registry.url, '--min-age', '0']
  assert.equal((await scanned(plant(t, files), args)).exit, EXIT.findings)
  assert.equal((await scanned(plant(t, files), [...args, '--production'])).exit, EXIT.clean)
})
