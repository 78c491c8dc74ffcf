import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { EXIT, type Exit } from '../../command.ts'
import { recorder } from '../../output/terminal.test.kit.ts'
import { usageTold } from '../../output/usage.ts'
import {
  fakeRegistry,
  npmProject,
  packument,
  plant,
  type RegistryContent,
} from '../planted.test.kit.ts'
import { scanDeps } from './deps.ts'

const NOW = Date.UTC(2026, 10, 1)

interface Told {
  readonly exit: Exit
  readonly stderr: string
  readonly report: {
    readonly findings: readonly {
      id: string
      severity: string
      title: string
      fix: string
      file: string
      line: number
      fingerprint: string
      notes: string[]
      details: Record<string, unknown>
      suppressed?: { reason: string }
    }[]
    readonly incomplete: readonly string[]
    readonly notChecked: readonly string[]
  }
}

async function scanned(folder: string, args: readonly string[]): Promise<Told> {
  const terminal = recorder(folder)
  const exit = await usageTold('scan deps', terminal, () =>
    scanDeps(['--json', ...args], terminal, () => NOW),
  )
  const stdout = terminal.stdout()
  return {
    exit,
    stderr: terminal.stderr(),
    report: stdout === '' ? ({} as never) : JSON.parse(stdout),
  }
}

function ids(told: Told): string[] {
  return told.report.findings.map(finding => finding.id)
}

const OLD = { days: 900 }

/** What the fixture registry knows about two holes in one package and one attack. */
const HOLES: RegistryContent = {
  advisories: {
    'hole-in-parser': [
      {
        id: 1001,
        url: 'https://github.com/advisories/GHSA-2222-3333-4444',
        title: 'Prototype pollution in hole-in-parser',
        severity: 'high',
        vulnerable_versions: '<1.2.3',
        cwe: ['CWE-1321'],
        cvss: { score: 7.5, vectorString: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H' },
      },
      {
        id: 1002,
        url: 'https://github.com/advisories/GHSA-2222-3333-5555',
        title: 'Slow regular expression in hole-in-parser',
        severity: 'moderate',
        vulnerable_versions: '>=1.0.0 <2.0.0',
        cwe: [],
        cvss: { score: 0, vectorString: null },
      },
      {
        id: 1003,
        url: 'https://github.com/advisories/GHSA-2222-3333-6666',
        title: 'A hole of another line of versions',
        severity: 'critical',
        vulnerable_versions: '>=3.0.0',
        cwe: [],
        cvss: { score: 0, vectorString: null },
      },
    ],
    'evil-helper': [
      {
        id: 1004,
        url: 'https://github.com/advisories/GHSA-7777-8888-9999',
        title: 'Malware in evil-helper',
        severity: 'critical',
        vulnerable_versions: '>=0',
        cwe: ['CWE-506'],
        cvss: { score: 0, vectorString: null },
      },
    ],
  },
  packuments: {
    'hole-in-parser': packument(
      'hole-in-parser',
      { '1.0.0': OLD, '1.2.3': OLD, '2.0.0': OLD },
      NOW,
    ),
    'evil-helper': packument('evil-helper', { '1.0.0': OLD }, NOW),
    middle: packument('middle', { '1.0.0': OLD }, NOW),
  },
}

const HOLED = npmProject({
  middle: { dependencies: { 'hole-in-parser': '^1.0.0' } },
  'hole-in-parser': { deep: true },
  'evil-helper': { range: '1.0.0' },
})

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
  const { writeFileSync } = await import('node:fs')
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
  const gone = await fakeRegistry({ after: close => void queueMicrotask(close as () => void) }, {})
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
  const { copyFileSync } = await import('node:fs')
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
  const { existsSync } = await import('node:fs')
  assert.equal(existsSync(`${folder}/answers.json`), false)
})

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
