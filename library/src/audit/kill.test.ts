import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sqliteStores } from '../store/sqlite/sqlite.ts'
import { rowsOf, verifyLog } from './verify.ts'
import { writerKeys } from './writer.test.kit.ts'

const ACKNOWLEDGED = process.env['THOROUGH'] === '1' ? 100_000 : 10_000
const KIT = join(import.meta.dirname, 'writer.test.kit.ts')
let folder = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-audit-kill-'))
})
after(() => rm(folder, { recursive: true }))

function writer(path: string, name: string, count: number): ChildProcess {
  return spawn(process.execPath, ['--conditions=bulwark:source', KIT, path, name, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** What the writer said is safe until it ended, or until it was killed after `killAfter` of them. */
async function acknowledged(child: ChildProcess, killAfter = Infinity): Promise<string[]> {
  const safe: string[] = []
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    safe.push(...lines)
    if (safe.length >= killAfter) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return safe
}

async function read(path: string) {
  const stores = sqliteStores({ path })
  const seen = new Set<string>()
  const rows = []
  for await (const row of rowsOf(stores.auditLog)) {
    seen.add(row.targetId ?? '')
    rows.push(row)
  }
  const head = await stores.auditLog.head()
  await stores.close()
  return { seen, rows, head }
}

test(`killed at random points, ${ACKNOWLEDGED} acknowledged events are all there, in a whole chain`, async () => {
  const path = join(folder, 'killed.db')
  const safe: string[] = []
  for (let round = 0; safe.length < ACKNOWLEDGED; round++) {
    const left = ACKNOWLEDGED - safe.length
    const killAfter = Math.min(left, 1 + Math.floor(Math.random() * (ACKNOWLEDGED / 3)))
    safe.push(...(await acknowledged(writer(path, `round${round}`, 1_000_000), killAfter)))
  }
  const { seen, rows, head } = await read(path)
  const lost = safe.filter(event => !seen.has(event))
  assert.deepEqual(lost, [])
  const { findings } = await verifyLog(rows, { keys: [writerKeys], head })
  assert.deepEqual(findings, [])
})

test('three processes writing at once keep one order, without a gap', async () => {
  const path = join(folder, 'together.db')
  await sqliteStores({ path }).close()
  const names = ['one', 'two', 'three']
  const safe = await Promise.all(names.map(name => acknowledged(writer(path, name, 400))))
  assert.deepEqual(
    safe.map(events => events.length),
    [400, 400, 400],
  )
  const { rows, head } = await read(path)
  assert.equal(rows.length, 1200)
  const { findings } = await verifyLog(rows, { keys: [writerKeys], head })
  assert.deepEqual(findings, [])
  for (const name of names) {
    const order = rows.map(row => row.targetId ?? '').filter(id => id.startsWith(`${name}-`))
    assert.deepEqual(
      order,
      order.toSorted((a, b) => numberOf(a) - numberOf(b)),
    )
  }
})

const numberOf = (event: string): number => Number(event.split('-')[1])
