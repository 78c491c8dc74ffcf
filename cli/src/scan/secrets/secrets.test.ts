import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { EXIT, type Exit } from '../../command.ts'
import { recorder } from '../../output/terminal.test.kit.ts'
import { usageTold } from '../../output/usage.ts'
import { plant } from '../planted.test.kit.ts'
import { dice, plantedKinds } from './planted-kinds.test.kit.ts'
import { scanSecrets } from './secrets.ts'

const NOW = Date.UTC(2026, 10, 1)
const HERE = dirname(fileURLToPath(import.meta.url))
const REPOSITORY = join(HERE, '../../../..')

interface Told {
  readonly exit: Exit
  readonly stdout: string
  readonly stderr: string
  readonly findings: readonly {
    id: string
    severity: string
    title: string
    file: string
    line: number
    column?: number
    fingerprint: string
    notes: string[]
    details: Record<string, unknown>
    suppressed?: { reason: string }
  }[]
  readonly incomplete: readonly string[]
  readonly notChecked: readonly string[]
  readonly facts: { files: number }
}

async function scanned(cwd: string, args: readonly string[] = [], input = ''): Promise<Told> {
  const terminal = recorder(cwd, { input })
  const exit = await usageTold('scan secrets', terminal, () =>
    scanSecrets(['--json', ...args], terminal, () => NOW),
  )
  const stdout = terminal.stdout()
  const report =
    stdout === ''
      ? { findings: [], incomplete: [], notChecked: [], facts: { files: 0 } }
      : JSON.parse(stdout)
  return { ...report, exit, stdout, stderr: terminal.stderr() }
}

/** Keys are put together here, so that this file holds none. */
const ROLL = dice(42)
const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const TOKEN = `ghp_${ROLL(ALNUM, 36)}`
const OTHER = `glpat-${ROLL(ALNUM, 20)}`

function git(folder: string, ...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t.test', ...args], {
    cwd: folder,
    stdio: 'ignore',
  })
}

function repository(t: TestContext, files: Record<string, string>): string {
  const folder = plant(t, files)
  git(folder, 'init', '-q')
  git(folder, 'add', '.')
  git(folder, 'commit', '-qm', 'one')
  return folder
}

test('of the planted kinds every one is found in a tree, and not one value is printed', async t => {
  const planted = plantedKinds(3)
  const files = Object.fromEntries(planted.map(({ path, text }, at) => [`${at}/${path}`, text]))
  const folder = plant(t, files)
  const told = await scanned(folder)
  const found = new Set(told.findings.map(finding => finding.file))
  const missed = planted.filter(({ path }, at) => !found.has(`${at}/${path}`))
  assert.deepEqual(
    missed.map(({ kind }) => kind),
    [],
  )
  assert.ok(planted.length >= 40)
  assert.equal(told.exit, EXIT.findings)
  for (const { secret, kind } of planted) {
    if (secret.length >= 20) assert.ok(!told.stdout.includes(secret), `${kind} is printed`)
  }
})

test('this repository holds nothing that is taken for a secret', async () => {
  const told = await scanned(REPOSITORY)
  const alarms = told.findings.filter(finding => finding.severity !== 'info')
  assert.deepEqual(
    alarms.map(({ file, line, title }) => `${file}:${line} ${title}`),
    [],
  )
  assert.ok(told.facts.files > 100)
  assert.notEqual(told.exit, EXIT.findings)
})

for (const name of ['undici', 'drizzle-orm', 'playwright-core']) {
  test(`what ${name} publishes holds nothing that is taken for a secret`, async () => {
    const told = await scanned(join(REPOSITORY, 'node_modules', name))
    assert.deepEqual(
      told.findings.map(({ file, line, title }) => `${file}:${line} ${title}`),
      [],
    )
    assert.ok(told.facts.files > 50)
  })
}

test('a finding tells file, line and column, and only a quarter of the value', async t => {
  const folder = plant(t, { 'src/a.ts': `// one\r\nconst key = '${TOKEN}'\n` })
  const [finding] = (await scanned(folder)).findings
  assert.equal(finding?.file, 'src/a.ts')
  assert.equal(finding?.line, 2)
  assert.equal(finding?.column, 14)
  assert.equal(finding?.title, 'GitHub token: ghp_\u2026 (40 characters)')
  assert.deepEqual(finding?.details, { kind: 'GitHub token', length: 40 })
})

test('what git ignores is passed over, unless somebody names it', async t => {
  const folder = repository(t, { '.gitignore': 'dist/\n', 'a.ts': '' })
  const { mkdirSync } = await import('node:fs')
  mkdirSync(join(folder, 'dist'))
  writeFileSync(join(folder, 'dist/bundle.js'), `const a="${TOKEN}"`)
  assert.equal((await scanned(folder)).exit, EXIT.clean)
  const named = await scanned(folder, ['dist'])
  assert.equal(named.findings[0]?.file, 'dist/bundle.js')
})

test('a new file that is not added yet is looked into, a link is not followed', async t => {
  const folder = repository(t, { 'a.ts': '' })
  const elsewhere = plant(t, { 'secret.ts': `const a = '${TOKEN}'` })
  symlinkSync(join(elsewhere, 'secret.ts'), join(folder, 'link.ts'))
  assert.equal((await scanned(folder)).exit, EXIT.clean)
  writeFileSync(join(folder, 'new.ts'), `const a = '${TOKEN}'`)
  assert.equal((await scanned(folder)).findings[0]?.file, 'new.ts')
})

test('a folder named for its tests is judged by what is inside of it', async t => {
  const folder = plant(t, { 'fixtures/planted/.env': `DB_PASSWORD=${ROLL(ALNUM, 20)}7\n` })
  assert.equal((await scanned(folder)).findings.length, 0)
  assert.equal((await scanned(folder, ['fixtures/planted'])).findings.length, 1)
})

test('the hook judges what is staged, not what the file says by now', async t => {
  const folder = repository(t, { 'a.ts': 'export {}\n' })
  writeFileSync(join(folder, 'a.ts'), `const a = '${TOKEN}'\n`)
  git(folder, 'add', 'a.ts')
  writeFileSync(join(folder, 'a.ts'), 'export {}\n')
  const told = await scanned(folder, ['--staged'])
  assert.equal(told.exit, EXIT.findings)
  assert.equal(told.findings[0]?.file, 'a.ts')
  git(folder, 'add', 'a.ts')
  assert.equal((await scanned(folder, ['--staged'])).exit, EXIT.clean)
})

test('a secret that was removed long ago is found in the history, with its commit, once', async t => {
  const folder = repository(t, { 'a.ts': `const a = '${TOKEN}'\n` })
  writeFileSync(join(folder, 'a.ts'), `// moved\nconst a = '${TOKEN}'\n`)
  git(folder, 'commit', '-qam', 'two')
  rmSync(join(folder, 'a.ts'))
  git(folder, 'commit', '-qam', 'three')
  git(folder, 'switch', '-qc', 'other', 'HEAD~2')
  writeFileSync(join(folder, 'b.ts'), `const b = '${OTHER}'\n`)
  git(folder, 'add', '.')
  git(folder, 'commit', '-qm', 'aside')
  git(folder, 'switch', '-q', '-')
  assert.equal((await scanned(folder)).exit, EXIT.clean)
  const told = await scanned(folder, ['--history'])
  assert.deepEqual(told.findings.map(({ file }) => file).toSorted(), ['a.ts', 'b.ts'])
  assert.match(told.findings[0]?.notes[0] ?? '', /^Since commit [0-9a-f]{7,} of \d{4}-\d\d-\d\d$/)
})

test('standard input is looked into, such as a diff in a pipe', async t => {
  const told = await scanned(plant(t, {}), ['--stdin'], `+const a = '${TOKEN}'\n`)
  assert.equal(told.exit, EXIT.findings)
  assert.equal(told.findings[0]?.file, 'stdin')
})

test('what npm would publish is looked into, and nothing else', async t => {
  const folder = plant(t, {
    'package.json': { name: 'p', version: '1.0.0', files: ['dist'] },
    'dist/index.js': `const a = '${TOKEN}'\n`,
    'src/index.ts': `const b = '${OTHER}'\n`,
  })
  const told = await scanned(folder, ['--pack'])
  assert.deepEqual(
    told.findings.map(({ file }) => file),
    ['dist/index.js'],
  )
})

test('archives are looked into, one level deep', async t => {
  const folder = plant(t, { 'readme.md': 'nothing' })
  writeFileSync(join(folder, 'one.json'), `{ "token": "${TOKEN}" }`)
  execFileSync('tar', ['-czf', 'backup.tgz', 'one.json'], { cwd: folder })
  rmSync(join(folder, 'one.json'))
  writeFileSync(join(folder, 'log.gz'), gzipSync(`token ${OTHER} used`))
  writeFileSync(join(folder, 'broken.zip'), 'no zip')
  const told = await scanned(folder)
  assert.deepEqual(told.findings.map(({ file }) => file).toSorted(), ['backup.tgz', 'log.gz'])
  const tar = told.findings.find(({ file }) => file === 'backup.tgz')
  assert.deepEqual(tar?.notes, ['In one.json, line 1'])
  assert.deepEqual(told.incomplete, ['broken.zip is not a zip'])
  assert.equal(told.exit, EXIT.failed)
})

test('text in UTF-16 is read, a binary is not', async t => {
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`a='${TOKEN}'`, 'utf16le')])
  const binary = Buffer.concat([Buffer.from([0, 1, 2]), Buffer.from(TOKEN)])
  const folder = plant(t, { 'a.ini': utf16, 'b.bin': binary })
  assert.deepEqual(
    (await scanned(folder)).findings.map(({ file }) => file),
    ['a.ini'],
  )
})

test('a file too large to read is named, so that nobody takes it for clean', async t => {
  const folder = plant(t, { 'dump.sql': Buffer.alloc(10 * 1024 * 1024 + 1, 'a') })
  const told = await scanned(folder)
  assert.match(told.notChecked[0] ?? '', /1 files over 10 MiB, such as dump\.sql/)
})

test('an environment file under version control is a finding, its example is not', async t => {
  const folder = repository(t, { '.env.example': 'A=\n' })
  writeFileSync(join(folder, '.env.local'), 'PORT=3000\n')
  assert.equal((await scanned(folder)).exit, EXIT.clean)
  git(folder, 'add', '-f', '.env.local')
  const told = await scanned(folder)
  assert.deepEqual(
    told.findings.map(({ id, file }) => [id, file]),
    [['secrets.env-tracked', '.env.local']],
  )
})

test('a comment that says why allows a line; one that does not, does not', async t => {
  const word = 'bulwark-allow'
  const folder = plant(t, {
    'above.ts': `// ${word}: key of the vendor's sandbox\nconst a = '${TOKEN}'\n`,
    'beside.ts': `const a = '${TOKEN}' /* ${word}: key of the vendor's sandbox */\n`,
    'silent.ts': `const a = '${TOKEN}' // ${word}:\n`,
    'far.ts': `// ${word}: key of the vendor's sandbox\n\n\nconst a = '${TOKEN}'\n`,
  })
  const told = await scanned(folder)
  const open = told.findings.filter(finding => finding.suppressed === undefined)
  assert.deepEqual(
    open.map(({ file }) => file),
    ['far.ts', 'silent.ts'],
  )
})

test("another scanner's comment switches nothing off", async t => {
  const folder = plant(t, {
    'a.ts': `// secretlint-disable\nconst a = 'shpat_${ROLL(ALNUM, 32)}'\n`,
  })
  assert.equal((await scanned(folder)).exit, EXIT.findings)
})

test('an accepted fingerprint stays accepted when the line moves, and not for another value', async t => {
  const folder = repository(t, { 'a.ts': `const a = '${TOKEN}'\n` })
  const [finding] = (await scanned(folder)).findings
  const accept = `- fingerprint: ${finding?.fingerprint}\n  reason: revoked at the provider\n  until: 2027-01-01\n`
  writeFileSync(join(folder, 'bulwark.secrets.ignore'), accept)
  writeFileSync(join(folder, 'a.ts'), `\n\n// later\nconst renamed = '${TOKEN}'\n`)
  assert.equal((await scanned(folder)).exit, EXIT.clean)
  writeFileSync(join(folder, 'a.ts'), `const a = 'ghp_${ROLL(ALNUM, 36)}'\n`)
  assert.equal((await scanned(folder)).exit, EXIT.findings)
})

test('a fsmonitor that a strange repository configures is not started', async t => {
  const folder = repository(t, { 'a.ts': '' })
  const mark = join(folder, 'ran')
  writeFileSync(join(folder, 'hook.sh'), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 })
  git(folder, 'config', 'core.fsmonitor', join(folder, 'hook.sh'))
  await scanned(folder)
  await scanned(folder, ['--staged'])
  const { existsSync } = await import('node:fs')
  assert.equal(existsSync(mark), false)
})

for (const args of [
  ['--staged', '--history'],
  ['--stdin', 'a.ts'],
  ['--pack', 'a', 'b'],
  ['no-such-file'],
  ['--nonsense'],
  ['--staged'],
]) {
  test(`somebody who writes scan secrets ${args.join(' ')} is told what to write`, async t => {
    const told = await scanned(plant(t, { 'a.ts': '' }), args)
    assert.equal(told.exit, EXIT.usage)
    assert.match(told.stderr, /^bulwark scan secrets: /)
  })
}
