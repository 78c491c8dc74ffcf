import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigFault } from '../../../kernel/fault.ts'
import { type PolicyOptions, policyOf } from '../policy.ts'
import { page } from './documents.test.kit.ts'
import { judge } from './judge.ts'
import { judgeFile } from './judge-file.ts'
import { gif, jpeg, png } from './pictures.test.kit.ts'
import { handleSource, memorySource, type Source } from './source.ts'
import { POLICY, rows, verdictOf } from './verdicts.test.kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'bulwark-samples-'))
after(() => rmSync(folder, { recursive: true }))
execFileSync(process.execPath, [join(import.meta.dirname, '../fixtures/make-samples.mjs'), folder])

interface Case {
  readonly file: string
  readonly declaredType: string
  readonly fileName: string
  readonly allow: readonly string[]
  readonly expect: 'accept' | 'reject'
  readonly code: string
  readonly limits?: Partial<PolicyOptions>
  readonly needs?: string
}
const cases: readonly Case[] = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))

async function told(source: Source, one: Case): Promise<string> {
  const { image, archive, ...limits } = one.limits ?? {}
  const options = {
    ...POLICY,
    ...limits,
    image: { ...POLICY.image, ...image },
    archive: { ...POLICY.archive, ...archive },
    allow: one.allow,
  }
  const verdict = await judge(source, one, policyOf(options))
  return verdict.ok ? 'ok' : verdict.refusal.code.replace('uploads.', '').replaceAll('_', '-')
}

for (const one of cases) {
  const isRefused = one.expect === 'reject' && one.needs !== 'scanner'
  test(`${isRefused ? 'refuses' : 'lets in'} sample ${one.file}, from memory and from disk`, async () => {
    const path = join(folder, one.file)
    assert.equal(await told(memorySource(readFileSync(path)), one), isRefused ? one.code : 'ok')
    await using handle = await open(path)
    const { size } = await handle.stat()
    assert.equal(await told(handleSource(handle, size), one), isRefused ? one.code : 'ok')
  })
}

rows([
  ['nothing', 'empty', '', 'a.png'],
  ['exactly as many bytes as allowed', 'ok', png(), 'a.png', { maxBytes: png().length }],
  ['one byte more than allowed', 'too_large', png(), 'a.png', { maxBytes: png().length - 1 }],
  ['a type that is not on the list', 'type_not_allowed', gif(), 'a.gif', { allow: ['image/png'] }],
  ['a name without ending', 'extension_mismatch', png(), 'a', { allow: ['image/png'] }],
  ['an ending nobody knows', 'extension_mismatch', png(), 'a.xyz', { allow: ['image/png'] }],
  ['a program', 'content_mismatch', Buffer.from('7f454c46020101000000', 'hex'), 'a.png'],
  ['a type called by its own name', 'ok', page(), 'a.pdf', { allow: ['document/pdf'] }],
  ['a type of a family', 'ok', jpeg(), 'a.jpg', { allow: ['image/*'] }],
  [
    'a harmful name that is repaired',
    'ok',
    png(),
    '../../a.php.png',
    { names: { onDanger: 'repair' } },
  ],
])

const declared: readonly (readonly [string, string, string])[] = [
  ['', 'a.png', 'ok'],
  ['application/octet-stream', 'a.png', 'ok'],
  ['image/png', 'a.png', 'ok'],
  ['IMAGE/PNG', 'a.png', 'ok'],
  ['image/png; charset=binary', 'a.png', 'ok'],
  [' image/png ', 'a.png', 'ok'],
  ['image/x-png', 'a.png', 'ok'],
  ['image/jpeg', 'a.png', 'declared_mismatch'],
  ['text/html', 'a.png', 'declared_mismatch'],
  ['image/png, text/html', 'a.png', 'declared_mismatch'],
  ['image/png; a=b, text/html', 'a.png', 'declared_mismatch'],
  ['image', 'a.png', 'declared_mismatch'],
  ['image/png text/html', 'a.png', 'declared_mismatch'],
  ['image/png\r\nX-Evil: 1', 'a.png', 'declared_mismatch'],
  ['image/*', 'a.png', 'declared_mismatch'],
]
for (const [type, name, code] of declared) {
  test(`${code === 'ok' ? 'lets in' : 'refuses'} a PNG declared as ${JSON.stringify(type)}`, async () => {
    const verdict = await verdictOf(png(), name, { allow: ['image/png'] }, type)
    assert.equal(verdict.ok ? 'ok' : verdict.refusal.code.slice(8), code)
  })
}

test('tells what a picture is, its size, and a name in one form of accents', async () => {
  const verdict = await judgeFile(
    png({ width: 7, height: 5 }),
    { fileName: 'e\u0301.png', declaredType: '' },
    POLICY,
  )
  assert.deepEqual(verdict, {
    ok: true,
    value: { type: 'image/png', name: 'é.png', width: 7, height: 5 },
  })
})

test('every refusal says why, for the operator', async () => {
  for (const one of cases.filter(it => it.expect === 'reject' && it.needs === undefined)) {
    const { image, archive, ...limits } = one.limits ?? {}
    const options = {
      ...POLICY,
      ...limits,
      image: { ...POLICY.image, ...image },
      archive: { ...POLICY.archive, ...archive },
      allow: one.allow,
    }
    const verdict = await judgeFile(join(folder, one.file), one, options)
    assert.ok(!verdict.ok && (verdict.refusal.why ?? '').length > 3, one.file)
  }
})

for (const [option, options] of [
  ['uploads.allow', { allow: [] }],
  ['uploads.allow', { allow: ['image/tiff'] }],
  ['uploads.allow', { allow: ['*/*'] }],
  ['uploads.maxBytes', { maxBytes: 0 }],
  ['uploads.image.maxPixels', { image: { maxPixels: -1 } }],
  ['uploads.archive.maxRatio', { archive: { maxRatio: Number.NaN } }],
  ['uploads.names.maxBytes', { names: { maxBytes: 300 } }],
] as const) {
  test(`a policy with ${JSON.stringify(options)} does not start, and names ${option}`, () => {
    assert.throws(
      () => policyOf({ ...POLICY, ...options }),
      (error: unknown) => error instanceof ConfigFault && error.option === option,
    )
  })
}
