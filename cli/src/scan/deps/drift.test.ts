import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { plant } from '../planted.test.kit.ts'
import { ids, scanned } from './told.test.kit.ts'

const ROOT = {
  name: 'fixture',
  version: '1.0.0',
  private: true,
  workspaces: ['packages/*'],
  dependencies: {
    '@sindresorhus/is': '^4.0.0',
    'is-odd': '^3.0.1',
    'odd-alias': 'npm:is-odd@3.0.0',
    react: '18.2.0',
    'use-sync-external-store': '1.2.0',
  },
  devDependencies: { kleur: '^4.1.5' },
  optionalDependencies: { fsevents: '^2.3.0' },
}
const WORKSPACE = { name: 'workspace-a', version: '1.0.0', dependencies: { debug: '^4.3.4' } }
const DOCUMENT = { id: 'X', affected: [{ package: { ecosystem: 'npm', name: 'nobody' } }] }

for (const [fixture, file] of [
  ['npm-3.json', 'package-lock.json'],
  ['npm-1.json', 'package-lock.json'],
  ['pnpm-7.yaml', 'pnpm-lock.yaml'],
  ['pnpm-8.yaml', 'pnpm-lock.yaml'],
  ['pnpm-9.yaml', 'pnpm-lock.yaml'],
  ['yarn-classic.lock', 'yarn.lock'],
  ['yarn-berry.lock', 'yarn.lock'],
  ['bun.lock', 'bun.lock'],
] as const) {
  const lock = readFileSync(new URL(`../lockfiles/fixtures/${fixture}`, import.meta.url), 'utf8')
  const project = (root: object, workspace: object) => ({
    'package.json': root,
    'packages/a/package.json': workspace,
    [file]: lock,
    'osv/X.json': DOCUMENT,
  })

  test(`${fixture}: what the manager itself locked is in step, and nothing in it is swapped`, async t => {
    const told = await scanned(plant(t, project(ROOT, WORKSPACE)), ['--offline', 'osv'])
    const quiet = /^deps\.(?:policy-missing|no-addresses|install-script)$/
    assert.deepEqual(
      ids(told).filter(id => !quiet.test(id)),
      [],
    )
    assert.deepEqual(told.report.incomplete, [])
  })

  test(`${fixture}: a wish that was changed since, in a workspace too, is told`, async t => {
    const wish = { ...WORKSPACE, dependencies: { debug: '^5.0.0' } }
    const root = { ...ROOT, devDependencies: { kleur: '^5.0.0' } }
    const told = await scanned(plant(t, project(root, wish)), ['--offline', 'osv'])
    const places = told.report.findings
      .filter(({ id }) => id === 'deps.lockfile-out-of-step')
      .map(({ file: at, notes }) => `${at} ${notes.length}`)
    assert.deepEqual(places.toSorted(), ['package.json 1', 'packages/a/package.json 1'])
  })
}
