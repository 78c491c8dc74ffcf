import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { parseEnv } from 'node:util'
import { fields } from 'bulwark/fields'
import { deriveKeys } from 'bulwark/keys'
import { type Random, systemRandom } from 'bulwark/random'
import { keyRing, previousRoots } from 'bulwark/secrets'
import fc from 'fast-check'
import { EXIT, type Exit } from '../command.ts'
import { type Recorder, recorder } from '../output/terminal.test.kit.ts'
import { usageTold } from '../output/usage.ts'
import { plant } from '../scan/planted.test.kit.ts'
import { git } from '../scan/secrets/git.ts'
import { withValues } from './env-file.ts'
import { command } from './keys.ts'
import { keysNew } from './new.ts'
import { keysReport } from './report.ts'
import { keysRotate } from './rotate.ts'

const NOW = Date.UTC(2026, 10, 23)
const DAY = 86_400_000
const VERBS = { new: keysNew, rotate: keysRotate, report: keysReport }

async function run(
  folder: string,
  [verb, ...args]: readonly [keyof typeof VERBS, ...string[]],
  { now = NOW, env = {} }: { now?: number; env?: Record<string, string> } = {},
): Promise<Recorder & { exit: Exit }> {
  const terminal = recorder(folder, { env })
  const ground = { random: systemRandom() satisfies Random, now }
  const exit = await usageTold(`keys ${verb}`, terminal, () => VERBS[verb](args, terminal, ground))
  return { ...terminal, exit }
}

function envOf(folder: string, name = '.env'): Record<string, string | undefined> {
  return parseEnv(readFileSync(join(folder, name), 'utf8'))
}

function mode(path: string): number {
  return statSync(path).mode & 0o777
}

test('a new key is printed alone, and production takes it', async t => {
  const made = await run(plant(t, {}), ['new'])
  assert.equal(made.exit, EXIT.clean)
  assert.match(made.stdout(), /^[A-Za-z0-9_-]{43}\n$/)
  assert.match(deriveKeys(made.stdout()).id, /^[0-9a-f]{8}$/)
  const again = await run(plant(t, {}), ['new'])
  assert.notEqual(made.stdout(), again.stdout())
})

test('the first key goes into a .env that only its owner reads', async t => {
  const folder = plant(t, {})
  const made = await run(folder, ['new', '--env'])
  assert.equal(made.exit, EXIT.clean)
  assert.equal(mode(join(folder, '.env')), 0o600)
  const key = envOf(folder)['BULWARK_ROOT_KEY'] ?? ''
  assert.ok(made.stdout().includes(deriveKeys(key).id))
  assert.ok(!made.stdout().includes(key), 'the key itself is not printed')
})

test('a key that is there stays unless somebody says --force', async t => {
  const folder = plant(t, { '.env': 'PORT=3000\n' })
  await run(folder, ['new', '--env'])
  const before = readFileSync(join(folder, '.env'), 'utf8')
  const refused = await run(folder, ['new', '--env'])
  assert.equal(refused.exit, EXIT.usage)
  assert.match(refused.stderr(), /keys rotate/)
  assert.equal(readFileSync(join(folder, '.env'), 'utf8'), before)
  assert.equal((await run(folder, ['new', '--env', '--force'])).exit, EXIT.clean)
  assert.notEqual(envOf(folder)['BULWARK_ROOT_KEY'], parseEnv(before)['BULWARK_ROOT_KEY'])
  assert.equal(envOf(folder)['PORT'], '3000')
})

test('what else stands in .env stays, and a loose mode is tightened', async t => {
  const text = '# ours\nPORT=3000\nexport NAME="a b"\n'
  const folder = plant(t, { '.env': text })
  chmodSync(join(folder, '.env'), 0o644)
  await run(folder, ['new', '--env'])
  assert.ok(readFileSync(join(folder, '.env'), 'utf8').startsWith(text))
  assert.equal(mode(join(folder, '.env')), 0o600)
  assert.deepEqual(readdirSync(folder), ['.env'], 'no half-written file is left')
})

test('a .env that is a link to somewhere else is not written through', async t => {
  const folder = plant(t, { 'target/real.env': 'PORT=1\n' })
  symlinkSync(join(folder, 'target/real.env'), join(folder, '.env'))
  assert.equal((await run(folder, ['new', '--env'])).exit, EXIT.usage)
  assert.equal(readFileSync(join(folder, 'target/real.env'), 'utf8'), 'PORT=1\n')
})

test('a key that git would commit is told', async t => {
  const folder = plant(t, {})
  await git(folder, 'init', '-q')
  assert.match((await run(folder, ['new', '--env'])).stderr(), /git does not ignore \.env/)
  const careful = plant(t, { '.gitignore': '.env\n' })
  await git(careful, 'init', '-q')
  assert.equal((await run(careful, ['new', '--env'])).stderr(), '')
})

test('a key of its own file is written once', async t => {
  const folder = plant(t, {})
  assert.equal((await run(folder, ['new', '--out', 'root.key'])).exit, EXIT.clean)
  assert.equal(mode(join(folder, 'root.key')), 0o600)
  const key = readFileSync(join(folder, 'root.key'), 'utf8')
  assert.equal((await run(folder, ['new', '--out', 'root.key'])).exit, EXIT.usage)
  assert.equal(readFileSync(join(folder, 'root.key'), 'utf8'), key)
})

test('after a rotation nobody is signed out before the date, and the ring is one production takes', async t => {
  const folder = plant(t, {})
  await run(folder, ['new', '--env'])
  const old = deriveKeys(envOf(folder)['BULWARK_ROOT_KEY'] ?? '')
  const made = await run(folder, ['rotate', '--days', '14'])
  assert.equal(made.exit, EXIT.clean)
  const env = envOf(folder)
  const ring = keyRing(
    env['BULWARK_ROOT_KEY'] ?? '',
    previousRoots(env['BULWARK_PREVIOUS_ROOT_KEYS'] ?? ''),
  )
  assert.notEqual(ring.current.id, old.id)
  assert.deepEqual(
    ring.accepted(NOW + 14 * DAY).map(key => key.id),
    [ring.current.id, old.id],
  )
  assert.deepEqual(
    ring.accepted(NOW + 16 * DAY).map(key => key.id),
    [ring.current.id],
  )
  assert.equal(ring.byId(old.id)?.id, old.id, 'what it sealed still opens')
  assert.equal(mode(join(folder, '.env')), 0o600)
  assert.ok(!made.stdout().includes(env['BULWARK_ROOT_KEY'] ?? ''))
})

test('three rotations leave a ring of four keys, each with its date', async t => {
  const folder = plant(t, {})
  await run(folder, ['new', '--env'])
  for (const at of [1, 2, 3]) await run(folder, ['rotate'], { now: NOW + at * DAY })
  const previous = previousRoots(envOf(folder)['BULWARK_PREVIOUS_ROOT_KEYS'] ?? '')
  assert.deepEqual(
    previous.map(({ until }) => Math.round((until - NOW) / DAY)),
    [34, 33, 32],
  )
  const told = await run(folder, ['report', '--json'], { now: NOW + 33 * DAY })
  const { keys, findings } = JSON.parse(told.stdout())
  assert.deepEqual(
    keys.map((key: { role: string; ageDays: number }) => [key.role, key.ageDays]),
    [
      ['current', 30],
      ['accepted', 31],
      ['kept', 32],
      ['kept', 33],
    ],
  )
  assert.deepEqual(findings, [])
})

test('for a secret store, a rotation of the environment is printed and nothing is written', async t => {
  const folder = plant(t, {})
  const env = { BULWARK_ROOT_KEY: systemRandom().token() }
  const made = await run(folder, ['rotate', '--print'], { env })
  const settings = parseEnv(made.stdout())
  assert.match(
    settings['BULWARK_PREVIOUS_ROOT_KEYS'] ?? '',
    new RegExp(`^${env.BULWARK_ROOT_KEY} until `),
  )
  assert.equal(existsSync(join(folder, '.env')), false)
})

test('nothing is rotated where there is no key, or where the old list is broken', async t => {
  const empty = plant(t, {})
  assert.equal((await run(empty, ['rotate'])).exit, EXIT.usage)
  const key = systemRandom().token()
  const text = `BULWARK_ROOT_KEY=${key}\nBULWARK_PREVIOUS_ROOT_KEYS=nonsense\n`
  const broken = plant(t, { '.env': text })
  await assert.rejects(run(broken, ['rotate']), /write `KEY until/)
  assert.equal(readFileSync(join(broken, '.env'), 'utf8'), text)
})

test('the report names keys by id, tells their use, and never shows one', async t => {
  const folder = plant(t, {})
  await run(folder, ['new', '--env'])
  await run(folder, ['rotate'])
  const told = await run(folder, ['report'])
  assert.equal(told.exit, EXIT.clean)
  const env = envOf(folder)
  assert.ok(told.stdout().includes(deriveKeys(env['BULWARK_ROOT_KEY'] ?? '').id))
  assert.match(told.stdout(), /current {3}0 days old, from \.env BULWARK_ROOT_KEY/)
  assert.match(told.stdout(), /accepted {2}0 days old, until 2026-12-24/)
  for (const secret of [
    env['BULWARK_ROOT_KEY'] ?? '',
    (env['BULWARK_PREVIOUS_ROOT_KEYS'] ?? '').slice(0, 43),
  ]) {
    assert.ok(!told.stdout().includes(secret))
  }
})

test('an old key, a weak key, a key anybody can read and no key at all are findings', async t => {
  const folder = plant(t, {})
  await run(folder, ['new', '--env'])
  const later = { now: NOW + 400 * DAY }
  const old = await run(folder, ['report'], later)
  assert.equal(old.exit, EXIT.findings)
  assert.match(old.stdout(), /400 days old; bulwark keys rotate/)
  assert.equal((await run(folder, ['report', '--max-age', '500'], later)).exit, EXIT.clean)
  chmodSync(join(folder, '.env'), 0o644)
  assert.match((await run(folder, ['report'])).stdout(), /mode 644/)
  const weak = await run(plant(t, { '.env': 'BULWARK_ROOT_KEY=changeme\n' }), ['report'])
  assert.equal(weak.exit, EXIT.findings)
  assert.match(weak.stdout(), /where 32 are the least/)
  assert.match((await run(plant(t, {}), ['report'])).stdout(), /no BULWARK_ROOT_KEY is set/)
})

test('what is sealed is counted by key, and what no listed key opens is a finding', async t => {
  const folder = plant(t, {})
  await run(folder, ['new', '--env'])
  const first = envOf(folder)['BULWARK_ROOT_KEY'] ?? ''
  assert.equal((await run(folder, ['rotate', '--env'])).exit, EXIT.clean)
  const second = envOf(folder)['BULWARK_ROOT_KEY'] ?? ''
  const database = new DatabaseSync(join(folder, 'app.db'))
  database.exec('CREATE TABLE people (id TEXT, phone TEXT, data TEXT)')
  const put = (root: string, id: string): void => {
    const ring = keyRing(root, [])
    const phone = fields({ ring, random: systemRandom() })
      .field('people', 'phone')
      .seal(id, '+49 30 1234567')
    const data = JSON.stringify({ sealed: phone, note: 'b1.is-no-sealed-value' })
    database.prepare('INSERT INTO people VALUES (?, ?, ?)').run(id, phone, data)
  }
  put(first, '1')
  put(first, '2')
  put(second, '3')
  const told = await run(folder, ['report', '--data', '.'])
  assert.equal(told.exit, EXIT.clean)
  assert.match(
    told.stdout(),
    /sealed under it: 1 in app\.db people\.phone, 1 in app\.db people\.data/,
  )
  assert.match(
    told.stdout(),
    /sealed under it: 2 in app\.db people\.phone, 2 in app\.db people\.data/,
  )
  const strange = randomBytes(32).toString('base64url')
  put(strange, '4')
  database.close()
  const lost = await run(folder, ['report', '--data', '.'])
  assert.equal(lost.exit, EXIT.findings)
  assert.match(
    lost.stdout(),
    new RegExp(`1 sealed in app\\.db people\\.phone under ${deriveKeys(strange).id}`),
  )
  assert.equal((await run(folder, ['report', '--data', 'nowhere'])).exit, EXIT.usage)
})

test('a key that comes from a file of its own is reported from there', async t => {
  const folder = plant(t, {})
  await run(folder, ['new', '--out', 'root.key'])
  const told = await run(folder, ['report'], { env: { BULWARK_ROOT_KEY_FILE: 'root.key' } })
  assert.equal(told.exit, EXIT.clean)
  assert.match(told.stdout(), /from root\.key/)
})

for (const args of [
  ['new', 'something'],
  ['new', '--env', '--out', 'x'],
  ['new', '--nonsense'],
  ['rotate', '--days', 'many'],
  ['rotate', '--days', '-1'],
  ['report', '--max-age', '0'],
] as [keyof typeof VERBS, ...string[]][]) {
  test(`somebody who writes keys ${args.join(' ')} is told what to write`, async t => {
    const told = await run(plant(t, {}), args)
    assert.equal(told.exit, EXIT.usage)
    assert.match(told.stderr(), /bulwark keys/)
  })
}

test('keys without a verb is wrong usage', async () => {
  const terminal = recorder('/')
  assert.equal(await command.run([], terminal), EXIT.usage)
})

test('whatever the file held, a value that is set is the value that is read, and only once', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_.:/-]{1,20}$/)
  const name = fc.stringMatching(/^[A-Z][A-Z_]{1,10}$/)
  const line = fc.oneof(
    fc.tuple(name, word).map(([key, value]) => `${key}=${value}`),
    word.map(text => `# ${text}`),
    fc.constant(''),
    word.map(value => `BULWARK_ROOT_KEY=${value}`),
    word.map(value => `export BULWARK_ROOT_KEY=${value}`),
  )
  const spaced = fc.array(word, { minLength: 1, maxLength: 3 }).map(words => words.join(' '))
  const runs = process.env['THOROUGH'] === '1' ? 5000 : 300
  fc.assert(
    fc.property(fc.array(line), spaced, (lines, value) => {
      const before = lines.join('\n')
      const after = withValues(before, { BULWARK_ROOT_KEY: value })
      const kept = Object.entries(parseEnv(before)).filter(([key]) => key !== 'BULWARK_ROOT_KEY')
      assert.deepEqual(
        { ...parseEnv(after) },
        { ...Object.fromEntries(kept), BULWARK_ROOT_KEY: value },
      )
      assert.equal(after.match(/BULWARK_ROOT_KEY/g)?.length, 1)
    }),
    { numRuns: runs },
  )
})
