import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { plant } from './planted.test.kit.ts'
import { command } from './scan.ts'

const CLI = join(dirname(fileURLToPath(import.meta.url)), '../..')
const TEMPLATES = join(CLI, 'templates')

function template(name: string): string {
  return readFileSync(join(TEMPLATES, name), 'utf8')
}

interface Workflow {
  readonly permissions: object
  readonly jobs: Readonly<Record<string, { steps: { uses?: string; run?: string }[] }>>
}

test('every action in the workflow is pinned to a commit, and nothing is permitted by default', () => {
  const workflow: Workflow = parse(template('bulwark-scan.yml'))
  assert.deepEqual(workflow.permissions, {})
  const uses = Object.values(workflow.jobs).flatMap(job =>
    job.steps.flatMap(step => step.uses ?? []),
  )
  assert.ok(uses.length > 0)
  for (const action of uses) assert.match(action, /@[0-9a-f]{40}$/)
})

test('every option that the templates write is one that the command has', () => {
  const lines = readdirSync(TEMPLATES)
    .flatMap(name => template(name).split('\n'))
    .filter(line => line.includes('bulwark scan ') && !line.trimStart().startsWith('#'))
  assert.ok(lines.length >= 5)
  for (const option of lines.join(' ').match(/--(?!no-install)[a-z-]+/g) ?? []) {
    assert.ok(command.help.includes(`  ${option} `), option)
  }
})

test('the hook stops a commit that holds a secret, and lets the next one through', t => {
  const folder = plant(t, { 'package.json': { private: true } })
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t.test', ...args], {
      cwd: folder,
      encoding: 'utf8',
    })
  git('init', '-q')
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  const bin = join(folder, 'node_modules/.bin/bulwark')
  const script = `#!/bin/sh\nexec "${process.execPath}" "${join(CLI, 'bin/bulwark.mjs')}" "$@"\n`
  writeFileSync(bin, script, { mode: 0o755 })
  copyFileSync(join(TEMPLATES, 'pre-commit'), join(folder, '.git/hooks/pre-commit'))
  execFileSync('chmod', ['+x', join(folder, '.git/hooks/pre-commit')])
  writeFileSync(join(folder, '.gitignore'), 'node_modules\n')
  writeFileSync(join(folder, 'a.ts'), `export const a = 'gh${'p_'}${'aB3dE5gH7'.repeat(4)}'\n`)
  git('add', '.')
  const stopped = git('commit', '-qm', 'one')
  assert.equal(stopped.status, 1)
  assert.match(stopped.stderr + stopped.stdout, /GitHub token/)
  writeFileSync(join(folder, 'a.ts'), 'export const a = 1\n')
  git('add', '.')
  assert.equal(git('commit', '-qm', 'one').status, 0)
})
