import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { dice } from '../judge/mutate.test.kit.ts'
import { filePart, form } from '../multipart/form.test.kit.ts'
import { allFiles, CONTENT_TYPE, quarantineOf, world } from '../receive/world.test.kit.ts'
import { diskStorage, type StoredFile } from '../uploads.ts'
import { isAbandoned, lodgerName } from './lodger.ts'

const CHILD = join(import.meta.dirname, 'crash.child.test.kit.ts')
const ROUNDS = process.env['THOROUGH'] === '1' ? 60 : 8
const UPLOADS_A_ROUND = 25

const folder = mkdtempSync(join(tmpdir(), 'bulwark-crash-'))
const children = new Set<ChildProcess>()
after(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(CHILD, [folder], { execArgv: ['--conditions=bulwark:source'] })
  children.add(child)
  const [port] = await once(child, 'message')
  return { child, port }
}

/** The stored file, or `undefined` when there was no answer. */
function upload(port: number, content: Buffer): Promise<StoredFile | undefined> {
  return new Promise(resolve => {
    const sent = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { 'content-type': CONTENT_TYPE },
    })
    sent.on('error', () => resolve(undefined))
    sent.on('response', response => {
      buffer(response).then(
        bytes => {
          const whole = response.complete && response.statusCode === 201
          resolve(whole ? JSON.parse(bytes.toString())[0] : undefined)
        },
        () => resolve(undefined),
      )
    })
    sent.end(form(filePart('file', 'a.txt', content, '')))
  })
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

test(`a server killed ${ROUNDS} times in the middle of uploads loses none that it acknowledged, and shows none by half`, async () => {
  const roll = dice(7)
  const acknowledged: StoredFile[] = []
  let unanswered = 0
  for (let round = 0; round < ROUNDS; round++) {
    const { child, port } = await start()
    let answered = 0
    const answers = Array.from({ length: UPLOADS_A_ROUND }, async (_, i) => {
      const size = 1 + roll(i % 2 ? 2_000_000 : 60_000)
      const answer = await upload(port, Buffer.alloc(size, `words ${round} ${i}\n`))
      answered += 1
      return answer
    })
    // After so many answers, and a moment more: somewhere in the middle of the next ones.
    const enough = roll(UPLOADS_A_ROUND - 3)
    while (answered < enough) await wait(1)
    await wait(roll(12))
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    children.delete(child)
    for (const answer of await Promise.all(answers)) {
      if (answer) acknowledged.push(answer)
      else unanswered += 1
    }
  }
  assert.ok(acknowledged.length > 0 && unanswered > 0, 'it was killed too early or too late')

  const storage = diskStorage({ folder })
  assert.deepEqual(quarantineOf(folder), [])
  const visible = await storage.list('ann')
  for (const file of visible) {
    const bytes = await buffer(await storage.open(file, 0, file.bytes))
    assert.equal(bytes.length, file.bytes)
    assert.equal(sha256(bytes), file.sha256)
  }
  const ids = new Set(visible.map(file => file.id))
  const lost = acknowledged.filter(file => !ids.has(file.id))
  assert.deepEqual(lost, [])
  // Bytes, record and claim of each, and nothing else anywhere.
  assert.equal(allFiles(folder).length, 3 * visible.length)
  assert.deepEqual(await storage.usage('ann'), {
    files: visible.length,
    bytes: visible.reduce((sum, file) => sum + file.bytes, 0),
  })
  await storage.close()
})

/** Stops a storage where it stands, as a crash would, and starts another in its place. */
async function afterCrash(
  change: (paths: { own: string; files: string }, file: StoredFile) => void,
): Promise<{ visible: readonly StoredFile[]; left: readonly string[] }> {
  const at = world()
  const outcome = await at.receive([form(filePart('file', 'a.txt', 'hello', ''))])
  assert.ok(outcome.ok)
  const [file] = outcome.value.files
  assert.ok(file)
  const quarantine = join(at.folder, 'quarantine')
  const own = join(quarantine, lodgerName('0'.repeat(16)).replace(`~${process.pid}~`, '~4194999~'))
  mkdirSync(own)
  change({ own, files: join(at.folder, 'files') }, file)
  const storage = diskStorage({ folder: at.folder })
  assert.ok(!existsSync(own), 'the quarantine of the dead is cleared')
  return { visible: await storage.list('ann'), left: allFiles(at.folder) }
}

function pathsOf(files: string): { data: string; record: string } {
  const paths = allFiles(files)
  const record = paths.find(path => path.endsWith('.json')) ?? ''
  return { record, data: paths.find(path => path !== record) ?? '' }
}

test('after a crash before the record was linked, nothing of the file is left', async () => {
  const { visible, left } = await afterCrash(({ own, files }, file) => {
    const { record } = pathsOf(files)
    writeFileSync(join(own, `${file.id}.json`), readFileSync(record))
    rmSync(record)
  })
  assert.deepEqual([visible.length, left.length], [0, 0])
})

test('after a crash before quarantine was cleared, the file is there', async () => {
  const { visible, left } = await afterCrash(({ own, files }, file) => {
    writeFileSync(join(own, `${file.id}.json`), readFileSync(pathsOf(files).record))
    writeFileSync(join(own, `${file.id}.part`), 'hello')
  })
  assert.deepEqual([visible.length, left.length], [1, 3])
})

test('after a loss of power that kept the record but not all of the bytes, the file is gone', async () => {
  const { visible, left } = await afterCrash(({ own, files }, file) => {
    const { record, data } = pathsOf(files)
    writeFileSync(join(own, `${file.id}.json`), readFileSync(record))
    writeFileSync(data, 'hel')
  })
  assert.deepEqual([visible.length, left.length], [0, 0])
})

test('after a crash in the middle of removing, the file is removed', async () => {
  const { visible, left } = await afterCrash(({ own, files }, file) => {
    const { record } = pathsOf(files)
    writeFileSync(join(own, `${file.id}.gone`), readFileSync(record))
    rmSync(record)
  })
  assert.deepEqual([visible.length, left.length], [0, 0])
})

test('a record cut short in quarantine, and bytes on their way, are cleared', async () => {
  const { visible, left } = await afterCrash(({ own }) => {
    writeFileSync(join(own, `${crypto.randomUUID()}.json`), '{"version":1,"ke')
    writeFileSync(join(own, `${crypto.randomUUID()}.part`), 'half')
  })
  assert.deepEqual([visible.length, left.length], [1, 3])
})

test('the quarantine of a living process is left alone, however many start beside it', async () => {
  const at = world()
  const draft = await at.storage.begin()
  const others = Array.from({ length: 3 }, () => diskStorage({ folder: at.folder }))
  assert.equal(at.quarantine().length, 1)
  await draft.write([Buffer.from('still here')])
  assert.equal((await draft.read(0, 100)).toString(), 'still here')
  await draft.discard()
  for (const other of others) await other.close()
})

test('a process that has our number but began at another time is not us', () => {
  const ours = lodgerName('0'.repeat(16))
  assert.equal(isAbandoned(ours, '/', 0), false)
  const earlier = ours.replace(/~(\d+)~(\d+)~/, '~$1~1~')
  assert.equal(isAbandoned(earlier, '/', 0), process.platform === 'linux')
})

test('of another machine only an hour of silence tells that its process is gone', () => {
  const path = mkdtempSync(join(folder, 'foreign-'))
  const foreign = 'other-host~1~5~0123456789abcdef'
  const now = Date.now()
  utimesSync(path, now / 1000, now / 1000)
  assert.equal(isAbandoned(foreign, path, now + 59 * 60 * 1000), false)
  assert.equal(isAbandoned(foreign, path, now + 61 * 60 * 1000), true)
})

test('folders in quarantine that are none of ours are left alone', () => {
  assert.equal(isAbandoned('lost+found', '/', Number.POSITIVE_INFINITY), false)
  assert.ok(readdirSync(folder).length > 0)
})
