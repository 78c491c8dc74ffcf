import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { EXIT } from '../../command.ts'
import { fakeRegistry, npmProject, packument, plant } from '../planted.test.kit.ts'
import { ids, NOW, OLD, scanned } from './told.test.kit.ts'

/** Each planted fault, the entry that holds it, and the finding that must name it. */
const PLANTED: readonly (readonly [
  what: string,
  id: string,
  packages: Parameters<typeof npmProject>[0],
  names: RegExp,
])[] = [
  ['a look-alike of express', 'deps.look-alike', { expresss: {} }, /^expresss resembles express /],
  ['a look-alike of lodash', 'deps.look-alike', { loadsh: {} }, /loadsh resembles lodash/],
  [
    'a scope that was lost',
    'deps.look-alike',
    { 'types-node': {} },
    /types-node resembles @types\/node/,
  ],
  ['letters that look alike', 'deps.look-alike', { cornmander: {} }, /resembles commander/],
  [
    'an install script',
    'deps.install-script',
    { scripted: { hasInstallScript: true } },
    /^scripted@1.0.0 has install scripts/,
  ],
  [
    'a git dependency',
    'deps.not-from-registry',
    {
      forked: {
        range: 'github:someone/forked',
        resolved: `git+ssh://git@github.com/someone/forked.git#${'a'.repeat(40)}`,
        integrity: undefined,
      },
    },
    /^forked@1.0.0 comes from git/,
  ],
  [
    'a git branch',
    'deps.git-unpinned',
    {
      forked: {
        range: 'github:someone/forked#main',
        resolved: 'git+ssh://git@github.com/someone/forked.git#main',
      },
    },
    /pinned to no commit/,
  ],
  [
    'a tarball from somewhere',
    'deps.not-from-registry',
    { blob: { range: 'https://cdn.test/blob.tgz', resolved: 'https://cdn.test/blob.tgz' } },
    /^blob@1.0.0 comes from an address/,
  ],
  [
    'no integrity',
    'deps.integrity-missing',
    { bare: { integrity: undefined } },
    /^bare@1.0.0 has no integrity/,
  ],
  [
    'a SHA-1',
    'deps.integrity-weak',
    { aged: { integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' } },
    /sha1 alone/,
  ],
  [
    'plain http',
    'deps.plain-http',
    { clear: { resolved: 'http://registry.npmjs.org/clear/-/clear-1.0.0.tgz' } },
    /over plain http/,
  ],
  [
    'a foreign host',
    'deps.foreign-host',
    { quiet: { resolved: 'https://registry.evil.test/quiet/-/quiet-1.0.0.tgz' } },
    /comes from registry.evil.test/,
  ],
  [
    'an address of another package',
    'deps.name-mismatch',
    { honest: { resolved: 'https://registry.npmjs.org/evil/-/evil-1.0.0.tgz' } },
    /honest@1.0.0 fetches evil, evil-1.0.0.tgz/,
  ],
  [
    'an address of the same name in another scope',
    'deps.name-mismatch',
    { honest: { resolved: 'https://registry.npmjs.org/@evil/honest/-/honest-1.0.0.tgz' } },
    /honest@1.0.0 fetches @evil\/honest, honest-1.0.0.tgz/,
  ],
  [
    'an address of another version',
    'deps.name-mismatch',
    { honest: { resolved: 'https://registry.npmjs.org/honest/-/honest-0.9.0.tgz' } },
    /honest-0.9.0.tgz/,
  ],
  [
    'an alias that nobody asked for',
    'deps.name-mismatch',
    { honest: { name: 'evil', resolved: 'https://registry.npmjs.org/evil/-/evil-1.0.0.tgz' } },
    /honest installs evil@1.0.0/,
  ],
]

for (const [what, id, packages, names] of PLANTED) {
  test(`a tree with ${what} is told so, at its line`, async t => {
    const folder = plant(t, npmProject(packages))
    const registry = await fakeRegistry(t, {})
    const told = await scanned(folder, ['--registry', registry.url, '--min-age', '0'])
    const found = told.report.findings.find(finding => finding.id === id)
    assert.ok(found, `${id} is not among ${ids(told).join(', ')}`)
    assert.match(found.title, names)
    assert.ok(found.line > 1)
    assert.equal(found.file, 'package-lock.json')
    if (found.severity !== 'low') assert.equal(told.exit, EXIT.findings)
  })
}

test('a release of yesterday is too new; the same one exempted is not', async t => {
  const folder = plant(t, npmProject({ young: { version: '1.0.1' } }))
  const packuments = { young: packument('young', { '1.0.0': OLD, '1.0.1': { days: 1.5 } }, NOW) }
  const registry = await fakeRegistry(t, { packuments })
  const told = await scanned(folder, ['--registry', registry.url])
  assert.deepEqual(ids(told), ['deps.too-new'])
  assert.match(told.report.findings[0]?.title ?? '', /^young@1.0.1 came out 1 day ago$/)
  const exempt = await scanned(folder, ['--registry', registry.url, '--min-age-exempt', 'young'])
  assert.equal(exempt.exit, EXIT.clean)
  const brave = await scanned(folder, ['--registry', registry.url, '--min-age', '1'])
  assert.equal(brave.exit, EXIT.clean)
})

test('a package that the registry does not know is up for grabs', async t => {
  const folder = plant(t, npmProject({ 'our-private-tool': {} }))
  const registry = await fakeRegistry(t, {})
  const told = await scanned(folder, ['--registry', registry.url])
  assert.deepEqual(ids(told), ['deps.unpublished'])
})

test('an approval holds for the version it was given for, and a denial is a decision too', async t => {
  const packages = {
    builds: { version: '2.0.0', hasInstallScript: true },
    reports: { hasInstallScript: true },
  }
  const registry = await fakeRegistry(t, {})
  const args = ['--registry', registry.url, '--min-age', '0']
  const approved = npmProject(packages, { allowScripts: { 'builds@2.0.0': true, reports: false } })
  assert.deepEqual(ids(await scanned(plant(t, approved), args)), [])
  const stale = npmProject(packages, {
    allowScripts: { 'builds@1.0.0 || 1.1.0': true, reports: false },
  })
  const told = await scanned(plant(t, stale), args)
  assert.deepEqual(ids(told), ['deps.install-script'])
  assert.match(told.report.findings[0]?.fix ?? '', /npm install-scripts approve builds/)
})

test('a package that gained an install script since a commit is worse than one that always had it', async t => {
  const before = npmProject({ tool: {}, veteran: { hasInstallScript: true } })
  const after = npmProject({
    tool: { version: '1.0.1', hasInstallScript: true },
    veteran: { hasInstallScript: true },
  })
  const folder = plant(t, before)
  await git(folder, 'init', '-q')
  await git(folder, 'add', '.')
  await git(folder, '-c', 'user.name=t', '-c', 'user.email=t@t.test', 'commit', '-qm', 'one')
  for (const [name, content] of Object.entries(after)) {
    writeFileSync(
      `${folder}/${name}`,
      typeof content === 'string' ? content : JSON.stringify(content),
    )
  }
  const registry = await fakeRegistry(t, {})
  const args = ['--registry', registry.url, '--min-age', '0', '--since', 'HEAD']
  const told = await scanned(folder, args)
  assert.deepEqual(ids(told), ['deps.install-script-new', 'deps.install-script'])
  assert.equal(told.report.findings[0]?.severity, 'high')
  const lost = await scanned(folder, [...args.slice(0, -2), '--since=--output=/tmp/x'])
  assert.equal(lost.exit, EXIT.failed, 'an option of git is no commit')
})

function git(folder: string, ...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('git', args, { cwd: folder }, error => (error === null ? resolve() : reject(error)))
  })
}

test('a lockfile that answers another package.json is told line by line', async t => {
  const files = npmProject({ a: {}, b: {} })
  const manifest = {
    ...(files['package.json'] as object),
    dependencies: { a: '^2.0.0', c: '1.0.0' },
  }
  const registry = await fakeRegistry(t, {})
  const told = await scanned(plant(t, { ...files, 'package.json': manifest }), [
    '--registry',
    registry.url,
    '--min-age',
    '0',
  ])
  assert.deepEqual(ids(told), ['deps.lockfile-out-of-step'])
  assert.deepEqual(told.report.findings[0]?.notes, [
    'a: package.json asks for ^2.0.0, the lockfile answers ^1.0.0',
    'c is asked for and not locked',
    'b is locked and nobody asks for it',
  ])
})

test('no lockfile at all, and two of them, are both told', async t => {
  const { 'package-lock.json': lock, ...rest } = npmProject({ a: {} })
  assert.deepEqual(ids(await scanned(plant(t, rest), [])), ['deps.no-lockfile'])
  const registry = await fakeRegistry(t, {})
  const both = { ...rest, 'package-lock.json': lock as object, 'yarn.lock': '# yarn lockfile v1\n' }
  const told = await scanned(plant(t, both), ['--registry', registry.url, '--min-age', '0'])
  assert.deepEqual(ids(told), ['deps.two-lockfiles'])
})

test('settings that switch protections off are findings, missing ones are advice', async t => {
  const files = npmProject({ a: {} })
  const registry = await fakeRegistry(t, {})
  const npmrc =
    'strict-ssl=false\nregistry=http://mirror.test/\ndangerously-allow-all-scripts=true\n'
  const told = await scanned(plant(t, { ...files, '.npmrc': npmrc }), [
    '--registry',
    registry.url,
    '--min-age',
    '0',
  ])
  assert.deepEqual(ids(told), [
    'deps.policy-weakened',
    'deps.policy-weakened',
    'deps.policy-weakened',
    'deps.policy-missing',
  ])
  assert.deepEqual(
    told.report.findings.map(finding => finding.line),
    [1, 2, 3, 1],
  )
})

test('a release-age rule that an admitted npm does not know is told as not there', async t => {
  const files = npmProject({ a: {} })
  const manifest = { ...(files['package.json'] as object), engines: { npm: '>=10' } }
  const registry = await fakeRegistry(t, {})
  const folder = plant(t, { ...files, 'package.json': manifest })
  const told = await scanned(folder, ['--registry', registry.url, '--min-age', '0'])
  assert.deepEqual(ids(told), ['deps.policy-ignored'])
  assert.match(told.report.findings[0]?.title ?? '', /admits npm 10/)
})
