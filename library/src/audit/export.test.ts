import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../kernel/clock.ts'
import { deriveKeys } from '../kernel/keys.ts'
import { systemRandom } from '../kernel/random.ts'
import { memoryStores } from '../store/memory/memory.ts'
import { audit } from './audit.ts'
import { events } from './events.ts'
import { type ExportFormat, exported } from './export.ts'
import { rowOfJsonl } from './jsonl-file.ts'
import { ocsfOf } from './ocsf.ts'
import { recordOf } from './record.ts'
import { rowsOf, verifyLog } from './verify.ts'

const keys = deriveKeys(Buffer.from('an export test root key of 32 bytes+'))

async function log() {
  const log = memoryStores().auditLog
  const heard = audit({}, { log, keys, clock: testClock(), random: systemRandom() })
  heard.record({
    code: 'login.refused',
    outcome: 'failure',
    reason: 'login.wrong_password',
    targetId: 'ann',
    request: {
      id: 'r1',
      method: 'POST',
      route: '/auth/login',
      address: '192.0.2.1',
      device: "=cmd|'/c calc'!A1",
    },
    detail: {
      typed: '=HYPERLINK("https://evil.example","x")',
      two: 'a,"b"\r\nforged,row',
      attempts: 3,
    },
  })
  heard.record({ code: 'system.stopped', outcome: 'success' })
  await heard.flush()
  return log
}

async function text(format: ExportFormat, personal: boolean): Promise<string> {
  let out = ''
  for await (const piece of exported(rowsOf(await log()), format, { personal })) out += piece
  return out
}

test('the JSONL reads back into the rows, links and all', async () => {
  const lines = (await text('jsonl', true)).trimEnd().split('\n')
  const rows = lines.map(line => rowOfJsonl(line) ?? assert.fail(line))
  assert.deepEqual((await verifyLog(rows, { keys: [keys] })).findings, [])
})

test('the CSV has a row a row and no formula, whatever was typed', async () => {
  const csv = await text('csv', true)
  const lines = csv.trimEnd().split('\r\n')
  assert.equal(lines.length, 3)
  assert.match(lines[1] ?? '', /^1,2026-01-01T00:00:00\.000Z,login\.refused,warning,failure,/)
  assert.match(lines[1] ?? '', /,192\.0\.2\.1,'=cmd/)
  for (const cell of csv.split(/[,\r\n]/)) assert.doesNotMatch(cell, /^"?[=+@]/)
})

test('without personal data no format has any', async () => {
  for (const format of ['jsonl', 'csv', 'ocsf'] as const) {
    assert.doesNotMatch(await text(format, false), /192\.0\.2\.1|calc/)
    assert.match(await text(format, true), /192\.0\.2\.1/)
  }
})

test('a failed sign-in is a failed logon to a collector', async () => {
  const [line = '', stop = ''] = (await text('ocsf', true)).split('\n')
  const event = JSON.parse(line)
  assert.deepEqual(
    [event.class_uid, event.category_uid, event.activity_id, event.type_uid, event.status_id],
    [3002, 3, 1, 300201, 2],
  )
  assert.equal(event.status_code, 'login.wrong_password')
  assert.deepEqual(event.user, { uid: 'ann' })
  assert.deepEqual(event.src_endpoint, { ip: '192.0.2.1' })
  assert.equal(event.metadata.sequence, 1)
  assert.equal(event.unmapped.detail.attempts, 3)
  assert.equal(JSON.parse(stop).type_uid, 600204)
})

test('every code of the catalogue becomes an event of a class that OCSF has', async () => {
  const [row] = await (await log()).read({ limit: 1 })
  assert.ok(row)
  for (const code of Object.keys(events)) {
    const event = ocsfOf({ ...recordOf(row), code })
    const uid = Number(event['class_uid'])
    assert.ok([3001, 3002, 3004, 4002, 6002, 6006].includes(uid), code)
    assert.equal(event['type_uid'], uid * 100 + Number(event['activity_id']), code)
    assert.ok(Number(event['severity_id']) >= 1, code)
  }
})
