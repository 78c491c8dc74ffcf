import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { EXIT } from '../command.ts'
import { recorder } from '../output/terminal.test.kit.ts'
import { plant } from '../scan/planted.test.kit.ts'
import { command } from './doctor.ts'
import { PACKAGE_CHECKS } from './package.checks.ts'

async function asked(folder: string, ...args: string[]) {
  const terminal = recorder(folder)
  const exit = await command.run([...args, '--json'], terminal)
  const { findings = [] } = JSON.parse(terminal.stdout() || '{}')
  return { exit, ids: findings.map(({ id }: { id: string }) => id) as string[] }
}

const SOUND = {
  name: 'app',
  version: '1.0.0',
  engines: { node: '^24.15.0 || >=26' },
  scripts: { start: 'NODE_ENV=production node dist/main.js' },
  devDependencies: { typescript: '7.0.2' },
}
const FILES = { 'dist/main.js': '', '.env.example': 'A=', 'node_modules/express/index.js': '' }
const started = (start: string) => ({ 'package.json': { ...SOUND, scripts: { start } } })

test('a built service with what it needs and no more has nothing to be said about', async t => {
  const folder = plant(t, { 'package.json': SOUND, ...FILES })
  assert.deepEqual(await asked(folder, '.'), { exit: EXIT.clean, ids: [] })
})

const careless: readonly (readonly [id: string, files: Record<string, string | object>])[] = [
  ['package.secrets-inside', { '.env': 'A=b' }],
  ['package.secrets-inside', { '.env.production': 'A=b' }],
  ['package.secrets-inside', { '.data/bulwark.db': '' }],
  ['package.secrets-inside', { 'certs/server.key': '' }],
  ['package.version-control', { '.git/HEAD': 'ref: refs/heads/main' }],
  ['package.inspector', started('node --inspect=0.0.0.0 dist/main.js')],
  ['package.tls-unchecked', started('NODE_TLS_REJECT_UNAUTHORIZED=0 node dist/main.js')],
  ['package.insecure-parser', started('node --insecure-http-parser dist/main.js')],
  ['package.old-tls', started('node --tls-min-v1.0 dist/main.js')],
  ['package.keys-logged', started('node --tls-keylog=/tmp/keys dist/main.js')],
  ['package.started-for-development', started('nodemon src/main.ts')],
  ['package.started-for-development', started('NODE_ENV=development node dist/main.js')],
  ['package.node-admitted', { 'package.json': { ...SOUND, engines: { node: '>=18' } } }],
  ['package.node-admitted', { 'package.json': { ...SOUND, engines: undefined } }],
  ['package.development-dependencies', { 'node_modules/typescript/package.json': '{}' }],
  [
    'package.install-script',
    { 'package.json': { ...SOUND, scripts: { ...SOUND.scripts, postinstall: 'node x.js' } } },
  ],
  ['package.source-maps', { 'dist/main.js.map': '{}' }],
  ['package.tests', { 'dist/orders.test.js': '' }],
]
for (const [id, files] of careless) {
  test(`finds ${id} in ${Object.keys(files)}: ${JSON.stringify(files).slice(0, 90)}`, async t => {
    const folder = plant(t, { 'package.json': SOUND, ...FILES, ...files })
    const { exit, ids } = await asked(folder, '--package', '.')
    assert.deepEqual(ids, [id])
    const isMild = PACKAGE_CHECKS.find(check => check.id === id)?.severity === 'low'
    assert.equal(exit, isMild ? EXIT.clean : EXIT.findings)
  })
}

test('every check of a package has its row', () => {
  assert.deepEqual(
    PACKAGE_CHECKS.map(({ id }) => id).toSorted(),
    [...new Set(careless.map(([id]) => id))].toSorted(),
  )
})

test('the configuration that package.json names is asked as well', async t => {
  const key = 'q3Tq8m0JvW5nR7sYdLx2cA9uEoKf4hGzPb1iMwXl6tU'
  const folder = plant(t, {
    ...FILES,
    'package.json': { ...SOUND, type: 'module', bulwark: { config: './dist/config.js' } },
    'dist/config.js': `export default { origin: 'https://app.example', rootKey: '${key}', csrf: false }`,
  })
  const { exit, ids } = await asked(folder, '.')
  assert.equal(exit, EXIT.findings)
  assert.ok(ids.includes('csrf.off'))
})

test('a folder without a package.json is wrong usage', async t => {
  const terminal = recorder(plant(t, { 'app/readme.md': '' }))
  assert.equal(await command.run(['app'], terminal), EXIT.usage)
  assert.match(terminal.stderr(), /no package\.json/)
})

test('of a package for a registry only what npm packs is looked at', async t => {
  const manifest = { ...SOUND, files: ['dist', '!dist/**/*.test.*'] }
  const left = { 'dist/orders.test.js': '', '.env': 'A=b', 'node_modules/typescript/x.js': '' }
  const folder = plant(t, { ...FILES, ...left, 'package.json': manifest })
  assert.deepEqual(await asked(folder, '.'), { exit: EXIT.clean, ids: [] })
  const secret = plant(t, { ...FILES, 'dist/root.key': 'x', 'package.json': manifest })
  assert.deepEqual((await asked(secret, '.')).ids, ['package.secrets-inside'])
})

test('this repository’s own packages are sound', async () => {
  const root = join(import.meta.dirname, '../../..')
  for (const name of ['library', 'cli']) assert.deepEqual((await asked(root, name)).ids, [], name)
})
