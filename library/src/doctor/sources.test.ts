import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..')

/** What is shipped, without comments and without the texts between quotes where words mean nothing. */
const sources = globSync('**/*.ts', { cwd: root })
  .filter(
    file => !/\.test\.|^testing\/|conformance\/|doctor\/(asvs|duties|gaps|evidence)/.test(file),
  )
  .map(
    file =>
      [
        file,
        readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, ''),
      ] as const,
  )

/** Where a pattern stands, as `file: what`. */
const places = (pattern: RegExp): string[] =>
  sources.flatMap(([file, text]) =>
    [...text.matchAll(pattern)].map(([what]) => `${file.replaceAll('\\', '/')}: ${what}`),
  )

test('there are sources to look at', () => assert.ok(sources.length > 250, `${sources.length}`))

test('nothing in the library evaluates text or takes objects out of bytes', () => {
  assert.deepEqual(
    places(/\beval\(|new Function\b|set(?:Timeout|Interval)\(['"`]|node:vm\b|\bdeserialize\(/g),
    [],
  )
})

test('chance comes from the system’s generator, wherever it guards something', () => {
  // The one place where it only spreads waiting over a moment.
  assert.deepEqual(places(/Math\.random/g), ['store/sqlite/engine.ts: Math.random'])
})

test('the only cipher is AES-256-GCM, with whole tags', () => {
  const made = places(/create(?:Cipher|Decipher)iv\([^)]*\)/g).map(place =>
    place.slice(place.indexOf(': ') + 2),
  )
  assert.ok(made.length >= 4)
  for (const call of made) {
    assert.match(
      call,
      // A block of AES alone derives the key of XAES-256-GCM (C2SP XAES-256-GCM, CMAC).
      /\('aes-256-gcm', key, nonce, \{ authTagLength: TAG_BYTES \}\)|\('aes-256-ecb', key, null\)/,
    )
  }
})

test('hashes have 256 bits or more, but where a standard outside of us says otherwise', () => {
  const weak = places(
    /(?:hash|createHash|createHmac|hkdfSync|pbkdf2\w*)\(\s*'(?!sha256|sha384|sha512)[\w-]+'/g,
  )
  assert.deepEqual(weak.map(place => place.split(': ')[0]).sort(), [
    'account/password/breach.ts',
    'store/redis/wire.ts',
  ])
  assert.deepEqual(places(/\bmd5\b/gi), [])
})

test('nothing in the library writes to the console', () => {
  assert.deepEqual(places(/\bconsole\.|process\.std(?:out|err)/g), [])
})

test('eight processes that draw at once draw nothing twice', async () => {
  const program = `const { systemRandom } = await import(${JSON.stringify(join(root, 'kernel/random.ts'))})
const random = systemRandom()
process.stdout.write(Array.from({ length: 10000 }, () => random.token()).join('\\n'))`
  const args = ['--input-type=module', '--eval', program]
  const run = () => promisify(execFile)(process.execPath, args, { maxBuffer: 8 * 1024 * 1024 })
  const said = await Promise.all(Array.from({ length: 8 }, run))
  const drawn = said.flatMap(({ stdout }) => stdout.split('\n'))
  assert.equal(drawn.length, 80_000)
  assert.equal(new Set(drawn).size, drawn.length)
})
