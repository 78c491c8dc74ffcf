import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Report } from './report/report.ts'
import { misfits } from './report/schema.test.kit.ts'
import { schema } from './report/schema.ts'
import { Stage } from './weak/stage.ts'

const stage = new Stage()
after(() => stage.clear())
const FLAWS = ['idor.read', 'hdr.csp', 'hdr.permissions']
const twin = await stage.twin(FLAWS)
const ONLY = ['--only', 'idor.read,hdr.csp,hdr.permissions,csrf.form-post,session.logout']
const read = (name: string) => readFileSync(join(stage.cwd, name), 'utf8')
const first = await stage.attack([twin.origin, ...ONLY, '--seed', '7', '--out', 'reports'])
const report = JSON.parse(read('reports/attack.json')) as Report

test('somebody with two holes gets both, each with its request, and exit status 1', () => {
  assert.equal(first.status, 1)
  assert.match(first.out, /CRITICAL idor\.read/)
  assert.match(first.out, /HIGH +hdr\.csp/)
  assert.match(first.out, /try +curl -i/)
  assert.match(first.out, /5 of 5 checks ran/)
})

test('what a person must look at fails nothing', () => {
  const check = report.checks.find(({ id }) => id === 'hdr.permissions')
  assert.equal(check?.verdict, 'review')
  assert.match(first.out, /For a person to look at\n +hdr\.permissions/)
})

test('every report is written from one run, and the JSON fits its schema', () => {
  for (const name of ['html', 'json', 'sarif', 'junit.xml', 'md'])
    assert.ok(existsSync(join(stage.cwd, `reports/attack.${name}`)), name)
  assert.deepEqual(misfits(report, schema), [])
})

test('nobody finds a password, a cookie or a token in any of the reports', () => {
  const secrets = [...Object.values(stage.env), ...twin.state.sessions.keys()]
  for (const name of ['html', 'json', 'sarif', 'junit.xml', 'md'])
    for (const secret of secrets) assert.ok(!read(`reports/attack.${name}`).includes(secret), name)
  for (const secret of secrets) assert.ok(!first.out.includes(secret))
})

test('who asks to see them sees them on the terminal, and never in a file', async () => {
  const said = await stage.attack([
    twin.origin,
    '--only',
    'idor.read',
    '--reveal',
    '--json-file',
    'open.json',
  ])
  assert.match(said.out, /__Host-sid=[\w-]{43}/)
  assert.doesNotMatch(read('open.json'), /__Host-sid=[\w-]{43}/)
})

test('the same seed gives the same verdicts', async () => {
  const again = await stage.attack([twin.origin, ...ONLY, '--seed', '7', '--json'])
  const verdicts = (of: Report) => of.checks.map(({ id, verdict }) => `${id} ${verdict}`)
  assert.deepEqual(verdicts(JSON.parse(again.out) as Report), verdicts(report))
})

test('a finding that is accepted until a day does not fail before it, and does after', async () => {
  const made = await stage.attack([
    'baseline',
    'reports/attack.json',
    '--reason',
    'known, #12',
    '--until',
    '2999-01-01',
  ])
  assert.equal(made.status, 0)
  const accepted = await stage.attack([twin.origin, ...ONLY])
  assert.equal(accepted.status, 0)
  assert.match(accepted.out, /findings are accepted by the baseline/)
  assert.doesNotMatch(accepted.out, /no longer needed/)
  const other = await stage.attack([twin.origin, '--only', 'session.logout'])
  assert.doesNotMatch(other.out, /no longer needed/, 'what was not tried may be there still')
  stage.write('bulwark.baseline.json', read('bulwark.baseline.json').replaceAll('2999', '2001'))
  const expired = await stage.attack([twin.origin, ...ONLY])
  assert.equal(expired.status, 1)
  assert.match(expired.out, /Baseline expired: idor\.read/)
  stage.write('bulwark.baseline.json', '{"entries":[]}')
})

test('a baseline without a reason is refused', async () => {
  const entry = { fingerprint: '0123456789abcdef', check: 'x', until: '2999-01-01' }
  stage.write('bad.json', JSON.stringify({ entries: [entry] }))
  const said = await stage.attack([twin.origin, '--only', 'hdr.csp', '--baseline', 'bad.json'])
  assert.equal(said.status, 2)
  assert.match(said.err, /"reason" says why/)
})

test('one finding is run again by its number', async () => {
  const id = report.checks.find(({ id }) => id === 'idor.read')?.findings[0]?.id
  const said = await stage.attack(['replay', `reports/attack.json#${id}`])
  assert.equal(said.status, 1)
  assert.match(said.out, /CRITICAL idor\.read/)
  assert.doesNotMatch(said.out, /hdr\.csp /)
})

test('what was mended is told as fixed, what was not tried again as no longer known', async () => {
  const mended = await stage.twin(['hdr.csp'])
  await stage.attack([mended.origin, '--only', 'idor.read,hdr.csp', '--json-file', 'later.json'])
  const said = await stage.attack(['diff', 'reports/attack.json', 'later.json'])
  assert.equal(said.status, 0)
  assert.match(said.out, /Fixed \(1\)\n +idor\.read/)
  assert.match(said.out, /Unchanged \(2\)\n +hdr\.csp/)
  assert.match(said.out, /No longer known \(2\): csrf\.form-post, session\.logout/)
})

test('the plan is shown and nothing is sent', async () => {
  const before = twin.state.hits.size
  const said = await stage.attack([twin.origin, '--dry-run', '--only', 'csrf'])
  assert.equal(said.status, 0)
  assert.match(said.out, /^[1-9]\d* checks against .* level safe/m)
  assert.equal(twin.state.hits.size, before)
})

test('a check is explained with what it needs and where it comes from', async () => {
  const said = await stage.attack(['explain', 'idor.read'])
  assert.match(said.out, /What +It asks for somebody else's object/)
  assert.match(said.out, /ASVS 5\.0 8\.2\.2 · CWE-639 · OWASP Top 10 2025 A01/)
})

test('the catalogue is listed by system, with what each check still lacks', async () => {
  const said = await stage.attack(['--list', '--system', '5', '--needs', '--config', 'none.json'])
  assert.equal(said.status, 2)
  const bare = new Stage()
  const listed = await bare.attack(['--list', '--system', '5', '--needs'])
  await bare.clear()
  assert.match(listed.out, /lacks a second account: accounts: \{ bob/)
})

for (const [what, args, words] of [
  ['an option that is none', ['--bogus'], /Unknown option/],
  [
    'a level that is none',
    ['http://127.0.0.1:1', '--level', 'mad'],
    /--level is one of passive, safe, full/,
  ],
  ['a check that is none', ['http://127.0.0.1:1', '--only', 'nonsense'], /no check "nonsense"/],
  ['a proof that is none', ['http://127.0.0.1:1', '--rps', 'many'], /--rps is a number/],
] as const)
  test(`${what} is a matter of usage`, async () => {
    const said = await stage.attack(args)
    assert.equal(said.status, 2)
    assert.match(said.err, words)
  })

test('a secret that stands in the config is refused before anything is sent', async () => {
  const careless = new Stage()
  careless.write(
    'bulwark.attack.json',
    JSON.stringify({ accounts: { alice: { user: 'a', password: 'hunter2' } } }),
  )
  const said = await careless.attack(['http://127.0.0.1:1'])
  await careless.clear()
  assert.equal(said.status, 2)
  assert.match(said.err, /accounts\.alice\.password is a secret/)
})

test('a config is made from what the service shows', async () => {
  const newcomer = new Stage()
  const said = await newcomer.attack(['init', twin.origin])
  const text = readFileSync(join(newcomer.cwd, 'bulwark.attack.ts'), 'utf8')
  const again = await newcomer.attack(['init', twin.origin])
  await newcomer.clear()
  assert.equal(said.status, 0)
  assert.match(text, /signIn: \{\n {4}send: 'POST \/auth\/login'/)
  assert.match(text, /\/\/ accounts: \{/)
  assert.equal(again.status, 2)
})

test('somebody who is there is asked what cannot be read', async () => {
  const person = new Stage()
  person.typed = 'ann@example.com\nregister\n/auth/me\n/auth/logout\n/dev/outbox\n'
  const said = await person.attack(['init', twin.origin])
  const text = readFileSync(join(person.cwd, 'bulwark.attack.ts'), 'utf8')
  await person.clear()
  assert.equal(said.status, 0)
  assert.match(text, /user: 'ann@example\.com',\n +password: \{\n +env: 'ALICE_PASSWORD'/)
  assert.match(text, /bob: \{\n +register: true/)
  assert.match(text, /logout: 'POST \/auth\/logout'/)
})

test('a config and a check of one’s own are typed by the package, and run like the others', async () => {
  const owner = new Stage()
  mkdirSync(join(owner.cwd, 'node_modules/@bulwark'), { recursive: true })
  const cli = join(import.meta.dirname, '../..')
  symlinkSync(cli, join(owner.cwd, 'node_modules/@bulwark/cli'), 'junction')
  owner.write(
    'bulwark.attack.ts',
    `import { defineAttack, defineCheck } from '@bulwark/cli/attack'
import { judged } from '@bulwark/cli/attack/check'

const teapot = defineCheck({
  id: 'own.teapot', level: 'safe', severity: 'high', asvs: '13.4.5', cwe: 200, top10: 'A02',
  tries: 'asks for tea', why: 'Coffee is meant.', fix: 'Answer 418.',
  async run(scene) {
    const reply = await scene.visitor().bare({ path: '/' })
    return judged(reply.status === 418 ? [] : [{ where: 'GET /', says: 'it makes tea', evidence: [reply] }])
  },
})

export default defineAttack({ target: '${twin.origin}', checks: [teapot] })
`,
  )
  const said = await owner.attack(['--only', 'own'])
  await owner.clear()
  assert.equal(said.status, 1, said.err)
  assert.match(said.out, /HIGH +own\.teapot +it makes tea/)
})

test('a config is read where the package is not installed', async () => {
  const guest = new Stage()
  await guest.attack(['init', twin.origin])
  const said = await guest.attack(['--dry-run'])
  await guest.clear()
  assert.equal(said.status, 0, said.err)
  assert.match(said.out, /checks against/)
})

test('every action in the template is pinned to a commit', async () => {
  const { out } = await stage.attack(['init', '--template', 'github'])
  const uses = [...out.matchAll(/uses: (\S+)/g)].map(([, action]) => action ?? '')
  assert.equal(uses.length, 3)
  for (const action of uses) assert.match(action, /@[0-9a-f]{40}$/)
})

test('templates for CI, hooks and scripts are printed', async () => {
  assert.match((await stage.attack(['init', '--template', 'github'])).out, /upload-sarif/)
  assert.match((await stage.attack(['init', '--template', 'pre-commit'])).out, /bulwark-attack/)
  assert.match((await stage.attack(['init', '--template', 'npm'])).out, /"attack"/)
})
