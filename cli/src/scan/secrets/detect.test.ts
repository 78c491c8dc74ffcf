import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { detector } from './detect.ts'
import { fingerprintOf, masked } from './mask.ts'
import { dice, plantedKinds } from './planted-kinds.test.kit.ts'
import { secretlintHits } from './secretlint.ts'

const NOW = Date.UTC(2026, 10, 1)
const RUNS = process.env['THOROUGH'] === '1' ? 5000 : 200
const detect = detector(NOW)
const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

for (const { kind, path, text, secret } of plantedKinds(7)) {
  test(`finds a planted secret: ${kind}`, async () => {
    const hits = await detect({ text, path })
    assert.equal(hits.length, 1, hits.map(hit => hit.kind).join(', '))
    const [hit] = hits
    assert.equal(text.slice(hit?.from, hit?.to).length > 0, true)
    assert.ok(
      text.includes(secret) ||
        text.includes(JSON.stringify(secret).slice(1, -1)) ||
        kind.includes('base64'),
    )
  })
}

test('of the planted kinds, whatever the dice say, none is missed', async () => {
  const missed: string[] = []
  for (let seed = 1; seed <= 12; seed++) {
    for (const { kind, path, text } of plantedKinds(seed)) {
      if ((await detect({ text, path })).length === 0) missed.push(`${kind} (seed ${seed})`)
    }
  }
  assert.deepEqual(missed, [])
})

test('the literals that are asked for before secretlint is drop none of its findings', async () => {
  for (let seed = 1; seed <= 4; seed++) {
    for (const { kind, path, text } of plantedKinds(seed)) {
      // The last line opens the gate and is itself no finding.
      const opened = await secretlintHits({ text: `${text}\n// figd_\n`, path })
      const gated = await secretlintHits({ text, path })
      const places = gated.map(({ from, to }) => `${from} ${to}`)
      assert.ok(
        opened.every(({ from, to }) => places.includes(`${from} ${to}`)),
        kind,
      )
    }
  }
})

/** What stands in honest files and looks like a secret to a hasty reader. */
const HONEST: readonly (readonly [what: string, text: string, path?: string])[] = [
  ['a value out of the environment', 'const apiKey = process.env.API_KEY'],
  ['a call', "const token = await issueToken(account, { for: 'session' })"],
  ['a placeholder', "const secret = '<your-secret-here>'"],
  ['a template', `PASSWORD=$${'{'}DB_PASSWORD}`, '.env.production'],
  ['a row of x', `const key = 'sk_${'live'}_xxxxxxxxxxxxxxxxxxxxxxxx'`],
  ["the vendor's own sample", `const id = 'AKIA${'IOSFODNN7'}EXAMPLE'`],
  ['a UUID', "const sessionKey = '8f14e45f-ceea-4e7a-9c3b-2f1d6a5b4c3d'"],
  ['an integrity hash', `"integrity": "sha512-${dice(1)(ALNUM, 86)}=="`, 'package-lock.json'],
  ['a commit', `const commit = '${dice(2)('0123456789abcdef', 40)}'`],
  ['the name of a header', "const tokenHeader = 'x-csrf-token-of-the-form-01'"],
  ['the code of a refusal', "const token = 'session.token_expired_2'"],
  ['a path', "const privateKey = './keys/signing-2026.pem'"],
  ['an address', "const tokenEndpoint = 'https://login.shop.io/oauth2/v1/token?x=1a2b3c4d5e6f'"],
  ['a public key', `const publicKey = '${dice(3)(ALNUM, 44)}'`],
  ['a type', 'interface A { password: string; apiKey: string | undefined }'],
  ['a pattern', 'const TOKEN = "[!#$%&\'*+.^_`|~0-9A-Za-z-]+"'],
  ['a label', "const password = 'Please enter your password'"],
  ['a password of a test', "login({ password: 'Tr0ub4dor&3xyz' })", 'src/login.test.ts'],
  ['an address of everybody', "const url = 'postgres://postgres:postgres@localhost:5432/app'"],
  ['an address in a manual', "fetch('https://user:passw0rd123@example.com/')"],
  [
    'the token of every manual',
    `const jwt = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.${Buffer.from('{"sub":"1234567890","name":"John Doe","iat":1516239022}').toString('base64url')}.${dice(4)(ALNUM, 43)}'`,
  ],
  ['a PEM header alone', "if (text.startsWith('-----BEGIN PRIVATE KEY-----')) parse(text)"],
  [
    'a certificate',
    `-----BEGIN CERTIFICATE-----\n${dice(5)(ALNUM, 64)}\n-----END CERTIFICATE-----`,
  ],
  [
    'a public JSON Web Key',
    `{ "kty": "EC", "crv": "P-256", "x": "${dice(6)(ALNUM, 43)}", "y": "${dice(7)(ALNUM, 43)}" }`,
  ],
  ['a picture in base64', `url(data:image/png;base64,iVBORw0KGgo${dice(8)(`${ALNUM}+/`, 400)})`],
  ['a sentence', 'The secret: password rotation happens every ninety days, token by token.'],
  ['a count', 'max_tokens: 4096'],
  ['a sample', 'JWT_SECRET=change-me-please-0123456789', '.env.example'],
  ['a vault reference', 'password: op://Private/database/password', 'values.yaml'],
  ['a GitHub expression', `TOKEN: $${'{{'} secrets.DEPLOY_TOKEN }}`, '.github/workflows/ci.yml'],
]

for (const [what, text, path = 'src/app.ts'] of HONEST) {
  test(`passes over ${what}`, async () => {
    const hits = await detect({ text: `${text}\n`, path })
    assert.deepEqual(
      hits.map(hit => `${hit.kind}: ${hit.value}`),
      [],
    )
  })
}

test('a token that expired long ago is told, and weighs nothing', async () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${part({ alg: 'RS256' })}.${part({ sub: 'u-1', exp: 1_500_000_000 })}.${dice(9)(ALNUM, 86)}`
  const [hit] = await detect({ text: `const session = '${token}'`, path: 'src/a.ts' })
  assert.equal(hit?.severity, 'info')
  assert.equal(hit?.kind, 'expired JWT')
})

test('a key among the tests is told, and weighs nothing', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const [among] = await detect({ text, path: 'test/fixtures/server.key' })
  assert.equal(among?.severity, 'info')
  const [deployed] = await detect({ text, path: 'deploy/server.key' })
  assert.equal(deployed?.severity, 'critical')
})

test('a secret out of a tutorial is told as one', async () => {
  const [hit] = await detect({
    text: "app.use(session({ secret: 'keyboard cat' }))",
    path: 'src/a.ts',
  })
  assert.equal(hit?.rule.id, 'secrets.sample')
})

test('whatever a text holds, the detectors end, and every hit lies inside of it', async () => {
  const piece = fc.constantFrom(
    'password',
    'secret',
    'token',
    '=',
    ': ',
    "'",
    '"',
    '`',
    '://',
    '@',
    'eyJ',
    '-----BEGIN PRIVATE KEY-----',
    '-----END',
    'AKIA',
    'AccountKey=',
    '"kty":"EC"',
    '"d":',
    '\n',
    ' ',
    '\\',
    'A'.repeat(50),
    'aB3'.repeat(30),
  )
  const text = fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }).map(all => all.join(''))
  await fc.assert(
    fc.asyncProperty(text, async at => {
      for (const hit of await detect({ text: at, path: 'a.yaml' })) {
        assert.ok(hit.from >= 0 && hit.from < hit.to && hit.to <= at.length)
      }
    }),
    { numRuns: RUNS },
  )
})

for (const [what, text] of [
  ['one long word', 'a'.repeat(2_000_000)],
  ['the keyword, over and over', 'password'.repeat(250_000)],
  ['assignments without end', 'secret='.repeat(250_000)],
  ['half an address, over and over', 'a://b:c'.repeat(250_000)],
  ['openings of keys', '-----BEGIN PRIVATE KEY-----\n'.repeat(60_000)],
  ['almost base64', 'SGVsbG8g'.repeat(250_000)],
  ['braces of keys', '{"kty":"RSA","d":"'.repeat(100_000)],
] as const) {
  test(`a file of two megabytes made of ${what} is done within seconds`, async () => {
    const before = process.cpuUsage()
    await detect({ text, path: 'a.yaml' })
    const seconds = process.cpuUsage(before).user / 1e6
    assert.ok(seconds < 8, `${seconds} s of CPU`)
  })
}

test('a secret is spoken of by at most a quarter of it', () => {
  const value = fc.string({ minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(value, at => {
      const shown = masked(at).split('\u2026')[0] ?? ''
      return shown.length <= Math.min(4, at.length / 4)
    }),
    { numRuns: RUNS },
  )
})

test('a fingerprint is the same in one repository, and another in the next', () => {
  assert.equal(fingerprintOf('v', 'r', 'one'), fingerprintOf('v', 'r', 'one'))
  assert.notEqual(fingerprintOf('v', 'r', 'one'), fingerprintOf('v', 'r', 'two'))
  assert.notEqual(fingerprintOf('v', 'r', 'one'), fingerprintOf('w', 'r', 'one'))
  assert.match(fingerprintOf('v', 'r', 'one'), /^[0-9a-f]{32}$/)
})
