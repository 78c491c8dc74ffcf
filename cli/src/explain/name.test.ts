import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { recorder } from '../output/terminal.test.kit.ts'
import { explainName } from './name.ts'

const CORPORA = join(import.meta.dirname, '../../../library/src/shield/uploads/names')
const folder = mkdtempSync(join(tmpdir(), 'explain-name-'))
after(() => rmSync(folder, { recursive: true }))

interface Case {
  readonly base: string
  readonly name: string
  readonly expect: 'inside' | 'reject'
  readonly why: string
  readonly mode?: string
  readonly tree?: readonly (readonly [string, string, string?])[]
  readonly race?: readonly (readonly [string, string, string?])[]
}

interface Verdict {
  readonly verdict: string
  readonly code: string
  readonly why: string
  readonly path?: string
}

async function asked(
  args: readonly string[],
  input = '',
): Promise<{ exit: number; verdicts: Verdict[]; out: string; err: string }> {
  const terminal = recorder(folder, { input })
  const exit = await explainName(args, terminal)
  const out = terminal.stdout()
  const isJson = args.includes('--batch') || args.includes('--json')
  const verdicts = isJson
    ? out
        .split('\n')
        .slice(0, -1)
        .map((line): Verdict => JSON.parse(line))
    : []
  return { exit, verdicts, out, err: terminal.stderr() }
}

function build(root: string, steps: Case['tree'] = []): void {
  for (const [what, path, target = ''] of steps) {
    const at = join(root, path)
    if (what === 'remove') rmSync(at, { recursive: true })
    else mkdirSync(dirname(at), { recursive: true })
    if (what === 'dir') mkdirSync(at, { recursive: true })
    else if (what === 'file') writeFileSync(at, path)
    else if (what === 'symlink') symlinkSync(target, at)
    else if (what === 'fifo') execFileSync('mkfifo', [at])
  }
}

for (const corpus of ['path-cases', 'more-path-cases']) {
  test(`every case of ${corpus} gets its verdict, in order, trees and all`, async () => {
    const cases: readonly Case[] = JSON.parse(
      readFileSync(join(CORPORA, `${corpus}.corpus.json`), 'utf8'),
    )
    const input = cases.map((one, i) => {
      const root = join(folder, `${corpus}-${i}`)
      build(root, one.tree)
      build(root, one.race) // what the race leaves behind
      const { name, mode } = one
      const base = one.base.replace('{root}', root)
      return `${JSON.stringify(mode === undefined ? { base, name } : { base, name, mode })}\n`
    })
    const { exit, verdicts } = await asked(['--batch'], input.join(''))
    assert.equal(verdicts.length, cases.length)
    const wrong = cases.flatMap((one, at) => {
      const verdict = verdicts[at]
      const right =
        one.expect === 'inside'
          ? verdict?.verdict === 'allow' && verdict.path === one.name.normalize('NFC')
          : verdict?.verdict === 'refuse' && verdict.path === undefined
      return right ? [] : [`${JSON.stringify(one.name)} (${one.why}): ${JSON.stringify(verdict)}`]
    })
    assert.deepEqual(wrong, [])
    assert.equal(exit, 0)
  })
}

test('repairs, when asked, and looks where the repaired name leads', async () => {
  const input = ['../../etc/passwd', 'CON', 'a/b\u202e.png', '..'].map(name =>
    JSON.stringify({ base: folder, name }),
  )
  const { verdicts } = await asked(['--batch', '--repair'], input.join('\n'))
  assert.deepEqual(
    verdicts.map(({ code, path }) => [code, path]),
    [
      ['uploads.repaired', 'etc/passwd'],
      ['uploads.repaired', '_CON'],
      ['uploads.repaired', 'a/b.png'],
      ['uploads.repaired', 'file'],
    ],
  )
})

test('a name to create may not be taken already', async () => {
  writeFileSync(join(folder, 'taken.txt'), '')
  const { verdicts, exit } = await asked(['taken.txt', '--mode', 'create', '--json'])
  assert.equal(verdicts[0]?.code, 'uploads.exists')
  assert.equal(exit, 1)
})

test('one name is told to a person, with the reason', async () => {
  const { out, exit } = await asked(['../etc/passwd'])
  assert.equal(
    out,
    'refuse  uploads.name\n        the name has a segment that is no name but a way to another folder\n',
  )
  assert.equal(exit, 1)
})

for (const [what, args] of [
  ['no name', []],
  ['two names', ['a', 'b']],
  ['a mode that is none', ['a', '--mode', 'append']],
] as const) {
  test(`${what} is wrong usage`, async () => {
    const { exit, err } = await asked(args)
    assert.equal(exit, 2)
    assert.match(err, /^bulwark explain name: /)
  })
}
