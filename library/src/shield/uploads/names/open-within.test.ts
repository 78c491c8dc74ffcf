import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { descendByDescriptor, descendByLooking, type OpenMode, openWithin } from './open-within.ts'
import { judgePath } from './path.ts'

type Step = readonly ['dir' | 'file' | 'symlink' | 'fifo' | 'remove', string, string?]

interface PathCase {
  readonly base: string
  readonly name: string
  readonly expect: 'inside' | 'reject'
  readonly why: string
  readonly mode?: OpenMode
  readonly tree?: readonly Step[]
  readonly race?: readonly Step[]
}

const cases = ['path-cases', 'more-path-cases'].flatMap((file): readonly PathCase[] =>
  JSON.parse(readFileSync(join(import.meta.dirname, `${file}.corpus.json`), 'utf8')),
)
const temporary = mkdtempSync(join(tmpdir(), 'bulwark-paths-'))
after(() => rmSync(temporary, { recursive: true, force: true }))

function build(root: string, steps: readonly Step[]): void {
  for (const [what, path, target = ''] of steps) {
    const at = join(root, path)
    if (what === 'remove') rmSync(at, { recursive: true })
    else mkdirSync(dirname(at), { recursive: true })
    if (what === 'dir') mkdirSync(at, { recursive: true })
    else if (what === 'file') writeFileSync(at, `content of ${path}`)
    else if (what === 'symlink') symlinkSync(target, at)
    else if (what === 'fifo') execFileSync('mkfifo', [at])
  }
}

for (const [i, row] of cases.entries()) {
  const shown = JSON.stringify(row.name.length > 40 ? `${row.name.slice(0, 40)}…` : row.name)
  const verb = row.expect === 'inside' ? 'lets through' : 'refuses'
  if (row.tree === undefined) {
    test(`${verb} the name ${shown} (${i}): ${row.why}`, () => {
      const judged = judgePath(row.name)
      assert.equal(judged.ok, row.expect === 'inside', judged.ok ? '' : judged.refusal.why)
    })
    continue
  }
  for (const descend of [descendByDescriptor, descendByLooking]) {
    test(`${verb} ${shown} (${i}, ${descend.name}): ${row.why}`, async () => {
      const root = mkdtempSync(join(temporary, 'tree-'))
      build(root, row.tree ?? [])
      const racing = async (...way: Parameters<typeof descend>): ReturnType<typeof descend> => {
        build(root, row.race ?? [])
        return descend(...way)
      }
      const base = row.base.replace('{root}', root)
      const opened = await openWithin(base, row.name, row.mode, racing)
      if (opened.ok) {
        const { handle } = opened.value
        if (row.mode !== 'create') assert.match(await handle.readFile('utf8'), /^content of /)
        await handle.close()
      }
      assert.equal(opened.ok, row.expect === 'inside', opened.ok ? '' : opened.refusal.code)
    })
  }
}

test('creates only what is not there yet, readable by nobody else', async () => {
  const root = mkdtempSync(join(temporary, 'create-'))
  const first = await openWithin(root, 'new.txt', 'create')
  assert.ok(first.ok)
  assert.equal((await first.value.handle.stat()).mode & 0o777, 0o600)
  await first.value.handle.close()
  const second = await openWithin(root, 'new.txt', 'create')
  assert.equal(second.ok ? '' : second.refusal.code, 'uploads.exists')
})

test('tells what is absent, and fails when the base is', async () => {
  const root = mkdtempSync(join(temporary, 'absent-'))
  const missing = await openWithin(root, 'no/such.txt')
  assert.equal(missing.ok ? '' : missing.refusal.code, 'uploads.absent')
})

/** Exchanges a folder and a file for links to outside and back, as fast as it can. */
const RACER = `
  const fs = require('node:fs'), root = process.argv[1]
  process.on('disconnect', () => process.exit())
  process.send('racing')
  const swap = () => {
    for (let i = 0; i < 50; i++) {
      try {
        fs.renameSync(root + '/in/folder', root + '/parked')
        fs.symlinkSync('../out', root + '/in/folder')
        fs.unlinkSync(root + '/in/folder')
        fs.renameSync(root + '/parked', root + '/in/folder')
        fs.renameSync(root + '/in/file.txt', root + '/parked.txt')
        fs.symlinkSync('../out/file.txt', root + '/in/file.txt')
        fs.unlinkSync(root + '/in/file.txt')
        fs.renameSync(root + '/parked.txt', root + '/in/file.txt')
      } catch {}
    }
    setImmediate(swap)
  }
  swap()
`

test('another process that plants links in the middle gets nobody outside', async () => {
  const root = mkdtempSync(join(temporary, 'race-'))
  build(root, [
    ['file', 'in/folder/file.txt'],
    ['file', 'in/file.txt'],
    ['file', 'out/file.txt'],
  ])
  const racer = spawn(process.execPath, ['-e', RACER, root], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await new Promise(resolve => racer.once('message', resolve))
  const tries = process.env['THOROUGH'] === '1' ? 40_000 : 2_000
  let inside = 0
  let refusedOnes = 0
  try {
    for (let i = 0; i < tries; i++) {
      const opened = await openWithin(join(root, 'in'), i % 2 ? 'file.txt' : 'folder/file.txt')
      if (!opened.ok) {
        refusedOnes += 1
        continue
      }
      const text = await opened.value.handle.readFile('utf8')
      await opened.value.handle.close()
      assert.match(text, /^content of in\//)
      inside += 1
    }
  } finally {
    racer.disconnect()
    await new Promise(resolve => racer.once('exit', resolve))
  }
  assert.ok(
    inside > 0 && refusedOnes > 0,
    `${inside} opened, ${refusedOnes} refused: no race was run`,
  )
})
