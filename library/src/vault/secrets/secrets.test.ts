import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { ConfigFault } from '../../kernel/fault.ts'
import type { Secret } from '../../kernel/secret.ts'
import { secretsChecks } from './secrets.checks.ts'
import {
  estimatedBits,
  isPlaceholder,
  keyRing,
  previousRoots,
  type StandardSchema,
  settings,
  weakness,
} from './secrets.ts'

const folder = mkdtempSync(join(tmpdir(), 'bulwark-secrets-'))
after(() => rmSync(folder, { recursive: true }))
const GOOD = randomBytes(32).toString('base64url')

/** A Standard Schema by hand, as any library would give it. */
const port: StandardSchema<number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: value => {
      const number = Number(value)
      return Number.isInteger(number) && number > 0 && number < 65_536
        ? { value: number }
        : { issues: [{ message: `${value} is no port` }] }
    },
  },
}

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

async function problemOf(reading: Promise<unknown>): Promise<string> {
  const fault = await reading.then(
    () => assert.fail('no problem was found'),
    error => error,
  )
  assert.ok(fault instanceof ConfigFault)
  return fault.message
}

test('settings come from the environment, from files and from credentials, each in its type', async () => {
  const credentials = join(folder, 'credentials')
  mkdirSync(credentials)
  file('credentials/SMTP_PASSWORD', `${GOOD}\n`, 0o400)
  const config = await settings(
    {
      PORT: { schema: port, usual: '3000' },
      ADMIN_PORT: { schema: port },
      NAME: {},
      ROOT_KEY: { secret: true, bits: 128 },
      SMTP_PASSWORD: { secret: true },
      REDIS_URL: { secret: true, optional: true },
    },
    {
      env: {
        ADMIN_PORT: '9000',
        NAME: 'shop',
        ROOT_KEY_FILE: file('root.key', `${GOOD}\n`),
        CREDENTIALS_DIRECTORY: credentials,
        REDIS_URL: '',
      },
    },
  )
  const ports: number = config.PORT + config.ADMIN_PORT
  const name: string = config.NAME
  const key: Secret<string> = config.ROOT_KEY
  const redis: Secret<string> | undefined = config.REDIS_URL
  assert.deepEqual([ports, name, redis], [12_000, 'shop', undefined])
  assert.equal(key.reveal(), GOOD)
  assert.equal(config.SMTP_PASSWORD.reveal(), GOOD)
})

test('all problems are told at once, and no secret is among the words', async () => {
  const open = file('open.key', GOOD, 0o644)
  const leak = 'p4ssw0rd-that-must-not-be-told'
  const said = await problemOf(
    settings(
      {
        PORT: { schema: port },
        MISSING: {},
        OPEN: { secret: true },
        TWICE: {},
        WEAK: { secret: true, bits: 128 },
        FORM: { secret: true, schema: port },
        PLACE: { secret: true },
        DATABASE_URL: { secret: true },
        NOWHERE: {},
        USUAL: { secret: true, usual: 'x' },
      },
      {
        prefix: 'SHOP_',
        env: {
          PORT: 'http',
          OPEN_FILE: open,
          TWICE: 'a',
          TWICE_FILE: open,
          WEAK: leak.slice(0, 8),
          FORM: leak,
          PLACE: 'changeme',
          DATABASE_URL: 'postgres://shop:password@db/shop',
          NOWHERE_FILE: join(folder, 'nowhere'),
          SHOP_TYPO: 'x',
        },
      },
    ),
  )
  for (const line of [
    /^settings: 11 problems:$/m,
    /PORT does not fit: http is no port/,
    /MISSING is missing; set it, or MISSING_FILE/,
    /OPEN lies open in .*open\.key \(mode 644\); run chmod 600/,
    /TWICE is given twice, by TWICE and TWICE_FILE/,
    /WEAK has about \d+ bits of randomness where 128 are the least/,
    /FORM does not have the form asked for/,
    /PLACE is a placeholder/,
    /DATABASE_URL is a placeholder/,
    /NOWHERE cannot be read from .*nowhere \(ENOENT\)/,
    /USUAL: a secret has no usual value/,
    /SHOP_TYPO is no setting/,
  ]) {
    assert.match(said, line)
  }
  assert.doesNotMatch(said, /p4ssw0rd|shop:password/)
})

test('a misspelt variable is told with the one that was meant', async () => {
  const wanted = { SHOP_PORT: { usual: '1' } } as const
  const reading = settings(wanted, { prefix: 'SHOP_', env: { SHOP_PROT: '2', PATH: '/bin' } })
  assert.match(await problemOf(reading), /SHOP_PROT is no setting; did you mean SHOP_PORT\?/)
})

const files: [
  string,
  { mode?: number; isFile?: boolean; bytes?: number; text?: string },
  RegExp | undefined,
][] = [
  ['for its owner only', { mode: 0o600 }, undefined],
  ['for its owner to read', { mode: 0o400 }, undefined],
  ['for its group to read', { mode: 0o440 }, undefined],
  ['for everybody to read', { mode: 0o444 }, /lies open/],
  ['for its group to write', { mode: 0o660 }, /lies open/],
  ['for others to write', { mode: 0o602 }, /lies open/],
  ['that is a folder', { isFile: false }, /it is no file/],
  ['that has no end', { bytes: 10_000_000 }, /larger than 64 KiB/],
  ['that is empty', { text: '\n' }, /is empty/],
  ['with a NUL in it', { text: 'a\0b' }, /has a NUL/],
]
for (const [what, has, says] of files) {
  test(`${says ? 'refuses' : 'takes'} a secret from a file ${what}`, async () => {
    const readFile = () => ({ text: `${GOOD}\n`, mode: 0o600, isFile: true, bytes: 44, ...has })
    const reading = settings({ KEY: { secret: true } }, { env: { KEY_FILE: '/x' }, readFile })
    if (says === undefined) assert.equal((await reading).KEY.reveal(), GOOD)
    else assert.match(await problemOf(reading), says)
  })
}

test('orchestrators may mount secrets for everybody to read, where one says so', async () => {
  const readFile = () => ({ text: GOOD, mode: 0o444, isFile: true, bytes: 43 })
  const wanted = { KEY: { secret: true } } as const
  await settings(wanted, { env: { KEY_FILE: '/run/secrets/key' }, readFile })
  await settings(wanted, { env: { KEY_FILE: '/x' }, readFile, dangerouslyAllowOpenFiles: true })
})

const placeholders = [
  ['changeme', true],
  ['ChangeMe123', true],
  ['password', true],
  ['password1!', true],
  ['your-secret-key-here', true],
  ['<insert key>', true],
  ['$' + '{SECRET}', true],
  ['example-key-for-docs', true],
  ['keyboard cat', true],
  ['secret', true],
  ['postgres://app:postgres@localhost/db', true],
  ['postgres://app:kX9f2mQ7vLw3@localhost/example', false],
  ['postgres://localhost/db', false],
  [GOOD, false],
  ['kX9f2mQ7vLw3', false],
] as const
for (const [text, yes] of placeholders) {
  test(`${yes ? 'takes' : 'does not take'} ${text === GOOD ? 'a random key' : text} for a placeholder`, () => {
    assert.equal(isPlaceholder(text), yes)
  })
}

test('no key that a machine made is called weak', () => {
  for (let i = 0; i < 2000; i++) {
    const bytes = randomBytes(32)
    for (const spelling of ['hex', 'base64', 'base64url'] as const) {
      const text = bytes.toString(spelling)
      assert.ok(estimatedBits(text) >= 128, text)
      if (!isPlaceholder(text)) assert.equal(weakness(text, 128), undefined)
    }
  }
})

test('what repeats itself, counts up or is short is called weak', () => {
  for (const text of [
    'a'.repeat(64),
    'abc123'.repeat(12),
    '0123456789abcdefghijklmnopqrstuvwxyz',
    'x7Qp',
  ]) {
    assert.notEqual(weakness(text, 128), undefined, text)
  }
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.integer({ min: 2, max: 40 }), (piece, times) => {
      const characters = [...piece]
      const most = characters.length * Math.log2(Math.max(1, new Set(characters).size))
      assert.ok(estimatedBits(piece.repeat(times)) <= most + 1e-9)
    }),
  )
})

const root = (text: string) => Buffer.from(text.padEnd(32, '0123456789 quick brown fox'))

test('previous root keys are accepted until their date, and named by their id', () => {
  const ring = keyRing(root('new'), [
    { root: root('old'), until: 2000 },
    { root: root('older'), until: 1000 },
  ])
  const ids = (now: number) => ring.accepted(now).map(({ id }) => id)
  const [now, old, older] = ring.all.map(({ id }) => id)
  assert.deepEqual(ids(999), [now, old, older])
  assert.deepEqual(ids(1000), [now, old])
  assert.deepEqual(ids(2000), [now])
  assert.equal(ring.byId(older ?? '')?.id, older)
  assert.equal(ring.byId('00000000'), undefined)
  assert.equal(ring.until(now ?? ''), undefined)
  assert.equal(ring.until(old ?? ''), 2000)
})

test('a ring with a key twice, or without a date, stops the start', () => {
  assert.throws(() => keyRing(root('a'), [{ root: root('a'), until: 1 }]), /given twice/)
  assert.throws(() => keyRing(root('a'), [{ root: root('b'), until: Number.NaN }]), /has no date/)
})

test('previous keys are read a line or comma each, and a mistake does not repeat the key', () => {
  const text = `# rotated in May\n${GOOD} until 2027-01-31\n${GOOD}x until 2026-12-01, `
  assert.deepEqual(previousRoots(text), [
    { root: GOOD, until: Date.UTC(2027, 0, 31) },
    { root: `${GOOD}x`, until: Date.UTC(2026, 11, 1) },
  ])
  assert.deepEqual(previousRoots(''), [])
  for (const wrong of [GOOD, `${GOOD} until tomorrow`, `${GOOD} until 2027-13-01`]) {
    assert.throws(
      () => previousRoots(wrong),
      (error: Error) => error instanceof ConfigFault && !error.message.includes(GOOD),
    )
  }
})

test('the doctor finds a key beside its data, and one that is past its date', () => {
  const ring = keyRing(root('new'), [{ root: root('old'), until: 2000 }])
  const found = (facts: object) =>
    secretsChecks
      .filter(check =>
        check.found({ ring, production: true, keyBesideData: false, now: 0, ...facts }),
      )
      .map(({ id }) => id)
  assert.deepEqual(found({}), [])
  assert.deepEqual(found({ keyBesideData: true }), ['secrets.key-beside-data'])
  assert.deepEqual(found({ keyBesideData: true, production: false }), [])
  assert.deepEqual(found({ now: 2000 }), ['secrets.expired-key'])
})
