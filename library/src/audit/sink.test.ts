import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { testClock } from '../kernel/clock.ts'
import { deriveKeys } from '../kernel/keys.ts'
import { systemRandom } from '../kernel/random.ts'
import { memoryStores } from '../store/memory/memory.ts'
import type { AuditRow } from '../store/port/audit-log.ts'
import { audit } from './audit.ts'
import { checkpointFile, readCheckpoints } from './checkpoint-file.ts'
import { jsonlFile, rowOfJsonl } from './jsonl-file.ts'
import type { AuditSink } from './sink.ts'
import { verifyLog } from './verify.ts'

const keys = deriveKeys(Buffer.from('a sink test root key of 32 bytes or more'))
let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-audit-'))
})
after(() => rm(folder, { recursive: true }))

function started(sinks: readonly AuditSink[], log = memoryStores().auditLog) {
  const heard = audit({}, { log, keys, clock: testClock(), random: systemRandom(), sinks })
  const happen = (times: number): void => {
    for (let i = 0; i < times; i++) {
      heard.record({
        code: 'login.succeeded',
        actorId: 'ann',
        outcome: 'success',
        request: { id: 'r', method: 'POST', route: '/x', address: '192.0.2.77', device: '' },
      })
    }
  }
  return { heard, log, happen }
}

/** A sink that keeps rows in memory and fails as often as told, before or after taking them. */
function flaky(fails: readonly ('before' | 'after' | 'hang')[]) {
  const left = [...fails]
  const rows: AuditRow[] = []
  const sink: AuditSink = {
    name: 'flaky',
    position: async () => rows.at(-1)?.sequence ?? 0,
    async write(more) {
      const fail = left.shift()
      if (fail === 'hang') await new Promise(() => {})
      if (fail === 'before') throw new Error('collector away')
      rows.push(...more)
      if (fail === 'after') throw new Error('answer lost')
    },
    close: async () => {},
  }
  return { sink, rows }
}

const readRows = async (path: string): Promise<AuditRow[]> =>
  (await readFile(path, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map(line => rowOfJsonl(line) ?? assert.fail(line))

test('a file gets every row in order, for its owner only, and its chain can be checked alone', async () => {
  const path = join(folder, 'all.jsonl')
  const { heard, happen } = started([jsonlFile(path)])
  happen(1200)
  await heard.forwarded()
  const rows = await readRows(path)
  assert.equal(rows.length, 1200)
  const verdict = await verifyLog(rows, { keys: [keys], withoutPersonal: true })
  assert.deepEqual(verdict.findings, [])
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.doesNotMatch(
    await readFile(path, 'utf8'),
    /192\.0\.2\.77/,
    'what cannot be erased is left out',
  )
  await heard.close()
})

test('a file may have the personal data when told', async () => {
  const path = join(folder, 'personal.jsonl')
  const { heard, happen } = started([jsonlFile(path, { personal: true })])
  happen(2)
  await heard.close()
  const rows = await readRows(path)
  assert.match(rows[0]?.personal ?? '', /192\.0\.2\.77/)
  assert.deepEqual((await verifyLog(rows, { keys: [keys] })).findings, [])
})

test('a line torn by a crash is cut off and written again, at every point of the tear', async () => {
  const path = join(folder, 'torn.jsonl')
  const { heard, happen, log } = started([jsonlFile(path)])
  happen(3)
  await heard.close()
  const whole = await readFile(path)
  const second = whole.indexOf(10, whole.indexOf(10) + 1) + 1
  for (let cut = second; cut <= whole.length; cut += 7) {
    await writeFile(path, whole.subarray(0, cut))
    const again = started([jsonlFile(path)], log)
    await again.heard.forwarded()
    assert.deepEqual(await readFile(path), whole, `cut at ${cut}`)
    await again.heard.close()
  }
})

test('a file longer than one block is found at its end', async () => {
  const path = join(folder, 'long.jsonl')
  const first = started([jsonlFile(path)])
  first.happen(600)
  await first.heard.close()
  assert.ok((await stat(path)).size > 3 * 65_536)
  await truncate(path, (await stat(path)).size - 1)
  const sink = jsonlFile(path)
  assert.equal(await sink.position(), 599)
  await sink.close()
})

test('a file of something else is left alone and told', async () => {
  const path = join(folder, 'other.txt')
  await writeFile(path, 'my diary\n')
  const { heard, happen } = started([jsonlFile(path)])
  happen(1)
  await heard.forwarded()
  assert.equal(await readFile(path, 'utf8'), 'my diary\n')
  const [told] = await heard.read({ limit: 1 })
  assert.equal(told?.code, 'audit.sink_failed')
  assert.match(String(told?.detail['why']), /no audit row/)
})

test('a dead sink loses nothing: when it is back it gets every row once, and both are told', async () => {
  const { sink, rows } = flaky(['before', 'before', 'after'])
  const { heard, happen } = started([sink])
  happen(5)
  for (let i = 0; i < 8; i++) await heard.forwarded()
  assert.deepEqual(
    rows.map(row => [row.sequence, row.code]),
    [
      ...[1, 2, 3, 4, 5].map(sequence => [sequence, 'login.succeeded']),
      [6, 'audit.sink_failed'],
      [7, 'audit.sink_recovered'],
    ],
  )
})

test('a sink that hangs holds up neither events nor another sink', async () => {
  const hanging = flaky(['hang'])
  const healthy = flaky([])
  const { heard, happen } = started([hanging.sink, healthy.sink])
  happen(10)
  await heard.flush()
  const settled = new Promise<void>(resolve => {
    const poll = (): void => void (healthy.rows.length === 10 ? resolve() : setImmediate(poll))
    poll()
  })
  await settled
  assert.equal(hanging.rows.length, 0)
})

test('checkpoints are kept as lines that read back, and a torn last line is passed over', async () => {
  const path = join(folder, 'checkpoints.jsonl')
  assert.deepEqual(await readCheckpoints(path), [])
  const log = memoryStores().auditLog
  const parts = { log, keys, clock: testClock(), random: systemRandom() }
  const heard = audit({}, { ...parts, checkpoints: checkpointFile(path) })
  for (let i = 0; i < 3; i++) {
    heard.record({ code: 'login.succeeded', outcome: 'success' })
    await heard.checkpoint()
  }
  assert.equal(await heard.checkpoint(), undefined, 'nothing new, nothing signed')
  await heard.close()
  const kept = await readCheckpoints(path)
  assert.deepEqual(
    kept.map(one => one.sequence),
    [1, 2, 3],
  )
  const rows = await log.read({ oldestFirst: true, limit: 10 })
  assert.equal((await verifyLog(rows, { keys: [keys], checkpoints: kept })).checkpoints, 3)
  await truncate(path, (await stat(path)).size - 5)
  assert.equal((await readCheckpoints(path)).length, 2)
  await writeFile(path, 'no checkpoint\n')
  await assert.rejects(readCheckpoints(path), /checkpoints\.jsonl:1 is no checkpoint/)
})
