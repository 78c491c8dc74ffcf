import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { recorder } from '../output/terminal.test.kit.ts'
import { explainFile } from './file.ts'

const SAMPLES = join(
  import.meta.dirname,
  '../../../library/src/shield/uploads/fixtures/make-samples.mjs',
)
const folder = mkdtempSync(join(tmpdir(), 'explain-file-'))
after(() => rmSync(folder, { recursive: true }))
execFileSync(process.execPath, [SAMPLES, folder])

interface Case {
  readonly file: string
  readonly declaredType: string
  readonly fileName: string
  readonly allow: readonly string[]
  readonly expect: 'accept' | 'reject'
  readonly code: string
  readonly limits?: object
  readonly needs?: string
}
const cases: readonly Case[] = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))
const lineOf = ({ file, declaredType, fileName, allow, limits }: Case): object => ({
  path: file,
  declaredType,
  fileName,
  allow,
  ...(limits === undefined ? {} : { limits }),
})

async function asked(
  args: readonly string[],
  input = '',
): Promise<{ exit: number; lines: string[]; err: string }> {
  const terminal = recorder(folder, { input })
  const exit = await explainFile(args, terminal)
  return { exit, lines: terminal.stdout().split('\n').slice(0, -1), err: terminal.stderr() }
}

interface Verdict {
  readonly verdict: string
  readonly code: string
  readonly why: string
}

for (const policy of [[], ['--policy', 'policy.json']]) {
  test(`every sample gets its verdict and its code, in order (${policy.join(' ') || 'defaults'})`, async () => {
    const input = cases.map(one => `${JSON.stringify(lineOf(one))}\n`).join('')
    const { exit, lines } = await asked(['--batch', ...policy], input)
    assert.equal(lines.length, cases.length)
    const wrong = cases.flatMap((one, at) => {
      const { verdict, code, why }: Verdict = JSON.parse(lines[at] ?? '')
      const isRefused = one.expect === 'reject' && one.needs !== 'scanner'
      const expected = isRefused ? `uploads.${one.code.replaceAll('-', '_')}` : 'uploads.allowed'
      const right = verdict === (isRefused ? 'refuse' : 'allow') && code === expected && why !== ''
      return right ? [] : [`${one.file}: ${lines[at]}`]
    })
    assert.deepEqual(wrong, [])
    assert.equal(exit, 0)
  })
}

test('a policy of its own decides for the whole batch', async () => {
  const policy = { maxBytes: 20_000, image: { maxPixels: 10_000 }, archive: { maxEntries: 10 } }
  writeFileSync(join(folder, 'small.json'), JSON.stringify(policy))
  const named = (slug: string): string =>
    JSON.stringify({ ...lineOf(cases.find(one => one.file.includes(slug))!), limits: {} })
  const slugs = ['size-one-over', 'png-idat-bomb', 'pixels-one-row-over', 'zip-eleven-entries']
  const { lines } = await asked(['--batch', '--policy', 'small.json'], slugs.map(named).join('\n'))
  assert.deepEqual(
    lines.map(line => (JSON.parse(line) as Verdict).code),
    ['uploads.allowed', 'uploads.too_large', 'uploads.pixel_bomb', 'uploads.archive_entries'],
  )
})

test('one file is told to a person, with the reason', async () => {
  const { exit, lines } = await asked([
    '001-png-rgb.bin',
    '--name',
    'photo.jpg',
    '--type',
    'image/png',
    '--allow',
    'image/*',
  ])
  assert.deepEqual(lines, [
    'refuse  uploads.extension_mismatch',
    '        the content is image/png, the extension .jpg',
  ])
  assert.equal(exit, 1)
})

test('one file is told as JSON, with its type and size', async () => {
  const { exit, lines } = await asked([
    '001-png-rgb.bin',
    '--name',
    'a.png',
    '--max-bytes',
    '500',
    '--json',
  ])
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    verdict: 'allow',
    code: 'uploads.allowed',
    why: 'image/png to the last byte, 3 x 2 pixels',
    type: 'image/png',
    name: 'a.png',
  })
  assert.equal(exit, 0)
})

test('a line that is no question is answered in its place, and the run ends with 2', async () => {
  const good = JSON.stringify(lineOf(cases[0]!))
  const bad = [
    '{',
    '{}',
    '{"path":"001-png-rgb.bin","allow":"image/png"}',
    '{"path":"001-png-rgb.bin","allow":["image/nothing"]}',
    '{"path":"001-png-rgb.bin","maxBytes":0}',
    '{"path":"001-png-rgb.bin","limits":{"pixels":1}}',
    '{"path":"no-such-file.png"}',
  ]
  const { exit, lines } = await asked(['--batch'], [good, ...bad, good].join('\n'))
  assert.deepEqual(
    lines.map(line => (JSON.parse(line) as Verdict).code),
    ['uploads.allowed', ...bad.map(() => 'explain.line'), 'uploads.allowed'],
  )
  assert.equal(exit, 2)
})

for (const [what, args] of [
  ['no file', []],
  ['two files', ['a', 'b']],
  ['an option that is none', ['a', '--fast']],
  ['a policy that is not there', ['a', '--policy', 'none.json']],
  ['a file that is not there', ['none.png']],
  ['no number of bytes', ['001-png-rgb.bin', '--max-bytes', 'many']],
] as const) {
  test(`${what} is wrong usage`, async () => {
    const { exit, err } = await asked(args)
    assert.equal(exit, 2)
    assert.match(err, /^bulwark explain file: /)
  })
}
