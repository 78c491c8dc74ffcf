import assert from 'node:assert/strict'
import { createHmac, createSecretKey } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { testClock } from '../kernel/clock.ts'
import { deriveKeys } from '../kernel/keys.ts'
import { systemRandom } from '../kernel/random.ts'
import { memoryStores } from '../store/memory/memory.ts'
import type { AuditLog, AuditRow } from '../store/port/audit-log.ts'
import { audit } from './audit.ts'
import { chainLink } from './chain.ts'
import { type Checkpoint, signer } from './checkpoints.ts'
import { rowsOf, verifyLog } from './verify.ts'

const keys = deriveKeys(Buffer.from('a verify test root key, 32 bytes or more'))
const strangerKeys = deriveKeys(Buffer.from('another root key of more than 32 bytes'))
const ROWS = 1000

async function written(rows: number, clock = testClock()) {
  const log = memoryStores().auditLog
  const checkpoints: Checkpoint[] = []
  const shelf = { keep: async (one: Checkpoint) => void checkpoints.push(one) }
  const parts = { log, keys, clock, random: systemRandom(), checkpoints: shelf }
  const heard = audit({}, parts)
  for (let i = 0; i < rows; i++) {
    clock.advance(1000)
    heard.record({
      code: i % 2 ? 'login.succeeded' : 'session.ended',
      actorId: `account-${i % 7}`,
      outcome: 'success',
      request: {
        id: `r${i}`,
        method: 'POST',
        route: '/x',
        address: `192.0.2.${i % 250}`,
        device: '',
      },
    })
  }
  await heard.flush()
  return { log, heard, clock, checkpoints, rows: await all(log) }
}

async function all(log: AuditLog): Promise<AuditRow[]> {
  const rows: AuditRow[] = []
  for await (const row of rowsOf(log)) rows.push(row)
  return rows
}

const look = (rows: readonly AuditRow[], checkpoints: readonly Checkpoint[] = []) =>
  verifyLog(rows, { keys: [keys], checkpoints })

const kinds = async (rows: readonly AuditRow[], checkpoints: readonly Checkpoint[] = []) =>
  (await look(rows, checkpoints)).findings.map(finding => finding.kind)

type Tampering = (rows: AuditRow[], at: number) => void
const edit = (rows: AuditRow[], at: number, change: Partial<AuditRow>): void => {
  rows[at] = { ...(rows[at] as AuditRow), ...change }
}

/** What one can do to one row; each names the only kind of finding it may lead to. */
const tamperings: [string, Tampering, readonly string[]][] = [
  ['removed', (rows, at) => rows.splice(at, 1), ['removed', 'truncated']],
  [
    'removed, and the rest renumbered',
    (rows, at) => {
      rows.splice(at, 1)
      for (let i = at; i < rows.length; i++) edit(rows, i, { sequence: i + 1 })
    },
    ['changed', 'rewritten', 'truncated'],
  ],
  [
    'given another outcome',
    (rows, at) => edit(rows, at, { text: rows[at]?.text.replace('"success"', '"failure"') ?? '' }),
    ['changed'],
  ],
  ['given another code', (rows, at) => edit(rows, at, { code: 'login.refused' }), ['changed']],
  ['given another actor', (rows, at) => edit(rows, at, { actorId: 'mallory' }), ['changed']],
  ['given another target', (rows, at) => edit(rows, at, { targetId: 'mallory' }), ['changed']],
  [
    'given another time',
    (rows, at) => edit(rows, at, { at: (rows[at]?.at ?? 0) + 1 }),
    ['changed'],
  ],
  [
    'given another id',
    (rows, at) => edit(rows, at, { id: rows[0]?.text.slice(0, 9) ?? '' }),
    ['changed'],
  ],
  [
    'given another address',
    (rows, at) => edit(rows, at, { personal: '{"address":"198.51.100.1"}' }),
    ['personal_changed'],
  ],
  [
    'stripped of its address',
    (rows, at) => edit(rows, at, { personal: undefined }),
    ['personal_removed'],
  ],
  [
    'given the link of its neighbour',
    (rows, at) => edit(rows, at, { link: rows[at ? at - 1 : 1]?.link ?? '' }),
    ['changed', 'rewritten'],
  ],
  [
    'exchanged with its neighbour',
    (rows, at) => {
      const other = at === 0 ? 1 : at - 1
      const [a, b] = [rows[at] as AuditRow, rows[other] as AuditRow]
      rows[at] = { ...b, sequence: a.sequence }
      rows[other] = { ...a, sequence: b.sequence }
    },
    ['changed', 'rewritten'],
  ],
  ['written twice', (rows, at) => rows.splice(at, 0, rows[at] as AuditRow), ['changed']],
  [
    'linked anew by somebody without the key',
    (rows, at) => {
      let previous = rows[at - 1]?.link ?? ''
      const key = strangerKeys.for('audit-chain')
      for (let i = at; i < rows.length; i++) {
        const text = rows[i]?.text.replace('"success"', '"failure"') ?? ''
        previous = chainLink(key, i + 1, previous, text)
        edit(rows, i, { text, link: previous })
      }
    },
    ['changed', 'rewritten'],
  ],
]

describe('a log of a thousand rows', () => {
  let rows: readonly AuditRow[] = []
  let end: Checkpoint
  before(async () => {
    const log = await written(ROWS)
    rows = log.rows
    end = signer(keys).sign({ sequence: ROWS, link: rows.at(-1)?.link ?? '' }, 0)
  })

  test('is found whole when nobody touched it', async () => {
    assert.deepEqual(await look(rows, [end]), {
      rows: ROWS,
      firstSequence: 1,
      lastSequence: ROWS,
      checkpoints: 1,
      lastCheckpoint: ROWS,
      erased: 0,
      findings: [],
    })
  })

  const thorough = process.env['THOROUGH'] === '1'
  test(`is found out at every ${thorough ? '' : 'third '}row: removed, changed, moved`, async () => {
    for (let at = 0; at < ROWS; at += thorough ? 1 : 3) {
      // Each row in one of the ways; the small logs below go through all pairs of row and way.
      const ways = thorough
        ? tamperings
        : tamperings.filter((_, way) => way === at % tamperings.length)
      for (const [what, tamper, expected] of ways) {
        const hers = [...rows]
        tamper(hers, at)
        const found = await kinds(hers, [end])
        assert.ok(found.length > 0, `row ${at + 1} ${what}: nothing found`)
        for (const kind of found)
          assert.ok(expected.includes(kind), `row ${at + 1} ${what}: ${kind}`)
      }
    }
  })

  test('is found cut off at the end, by one row or by all, through its checkpoint', async () => {
    for (const keep of [ROWS - 1, 500, 1, 0]) {
      const { findings } = await look(rows.slice(0, keep), [end])
      assert.deepEqual(
        findings.map(({ kind, sequence }) => [kind, sequence]),
        [['truncated', keep + 1]],
      )
    }
  })

  test('is found rewritten by somebody who has the key, through its checkpoint', async () => {
    const hers: AuditRow[] = []
    for (const row of rows.filter(one => one.sequence !== 500)) {
      const sequence = hers.length + 1
      const link = chainLink(keys.for('audit-chain'), sequence, hers.at(-1)?.link ?? '', row.text)
      hers.push({ ...row, sequence, link })
    }
    assert.deepEqual(await kinds(hers), [], 'the chain alone cannot tell')
    const half = signer(keys).sign({ sequence: 700, link: rows[699]?.link ?? '' }, 0)
    assert.deepEqual(await kinds(hers, [half]), ['rewritten'])
  })
})

for (const [what, tamper, expected] of tamperings) {
  test(`a row ${what} is found wherever it stands`, async () => {
    const { rows } = await written(24)
    const end = signer(keys).sign({ sequence: 24, link: rows.at(-1)?.link ?? '' }, 0)
    for (let at = 0; at < rows.length; at++) {
      const hers = [...rows]
      tamper(hers, at)
      const found = await kinds(hers, [end])
      assert.ok(found.length > 0, `row ${at + 1}`)
      for (const kind of found) assert.ok(expected.includes(kind), `row ${at + 1}: ${kind}`)
    }
  })
}

test('rows dropped by retention are accounted for, and more than those are not', async () => {
  const { heard, log, clock, checkpoints } = await written(20)
  clock.advance(30 * 86_400_000)
  heard.record({ code: 'login.succeeded', outcome: 'success' })
  await heard.checkpoint()
  assert.equal(await heard.retain(7), 20)
  await heard.checkpoint()
  const rows = await all(log)
  assert.deepEqual(
    rows.map(row => [row.sequence, row.code]),
    [
      [21, 'login.succeeded'],
      [22, 'audit.pruned'],
    ],
  )
  assert.deepEqual(await kinds(rows, checkpoints), [])
  assert.deepEqual(await kinds(rows.slice(1), checkpoints), ['removed'])
  assert.deepEqual(await kinds(rows.slice(0, 1), checkpoints), ['removed', 'truncated'])
  const changed = rows.with(0, { ...(rows[0] as AuditRow), link: 'A'.repeat(43) })
  assert.ok((await kinds(changed)).includes('changed'))
})

test('retention keeps what a sink has not taken yet', async () => {
  const clock = testClock()
  const log = memoryStores().auditLog
  const sink = {
    name: 'slow',
    position: async () => 3,
    write: async () => Promise.reject(new Error('away')),
    close: async () => {},
  }
  const heard = audit({}, { log, keys, clock, random: systemRandom(), sinks: [sink] })
  for (let i = 0; i < 9; i++) heard.record({ code: 'login.succeeded', outcome: 'success' })
  await heard.flush()
  clock.advance(8 * 86_400_000)
  assert.equal(await heard.retain(7), 3)
  assert.equal((await all(log))[0]?.sequence, 4)
})

test('housekeeping drops what is older than the options say, once a day, and nothing without them', async () => {
  const clock = testClock()
  const log = memoryStores().auditLog
  const parts = { log, keys, clock, random: systemRandom() }
  const heard = audit({ retentionDays: 7 }, parts)
  for (let i = 0; i < 9; i++) heard.record({ code: 'login.succeeded', outcome: 'success' })
  await heard.flush()
  assert.equal(await heard.tidy(), 0)
  clock.advance(8 * 86_400_000)
  assert.equal(await audit({}, parts).tidy(), 0)
  assert.equal(await heard.tidy(), 9)
  heard.record({ code: 'login.succeeded', outcome: 'success' })
  clock.advance(3_600_000)
  assert.equal(await heard.tidy(), 0)
  assert.deepEqual(await kinds(await all(log)), [])
})

test('a row linked by a key that was not given is not simply believed', async () => {
  const { rows } = await written(3)
  const { findings } = await verifyLog(rows, { keys: [strangerKeys] })
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['unknown_key', 'unknown_key', 'unknown_key'],
  )
})

test('after a change of root key both halves are checked, each by its own', async () => {
  const { rows, log, clock } = await written(3)
  const next = audit({}, { log, keys: strangerKeys, clock, random: systemRandom() })
  await next.recordDurable({ code: 'system.key_rotated', outcome: 'success' })
  const both = await all(log)
  assert.equal(both.length, rows.length + 1)
  const { findings } = await verifyLog(both, { keys: [strangerKeys, keys] })
  assert.deepEqual(findings, [])
})

test('a forged, foreign or contradicted checkpoint is told', async () => {
  const { rows } = await written(3)
  const good = signer(keys).sign({ sequence: 3, link: rows[2]?.link ?? '' }, 0)
  const forged = { ...good, sequence: 2 }
  const foreign = signer(strangerKeys).sign({ sequence: 3, link: 'x' }, 0)
  const contradicting = signer(keys).sign({ sequence: 3, link: 'x' }, 0)
  assert.deepEqual(await kinds(rows, [forged]), ['forged_checkpoint'])
  assert.deepEqual(await kinds(rows, [{ ...good, signature: `${good.signature}=` }]), [
    'forged_checkpoint',
  ])
  assert.deepEqual(await kinds(rows, [foreign]), ['unknown_key'])
  assert.deepEqual(await kinds(rows, [good, contradicting]), ['rewritten'])
})

test('a checkpoint follows soon after a row, and at the end', async () => {
  const { heard, checkpoints } = await written(5)
  await heard.close()
  assert.deepEqual(
    checkpoints.map(one => one.sequence),
    [5],
  )
})

test('personal data wiped long before an erasure was asked for is not covered by it', async () => {
  const { heard, log, clock } = await written(7)
  clock.advance(3_600_000)
  heard.record({
    code: 'login.succeeded',
    actorId: 'account-1',
    outcome: 'success',
    personal: { a: 'b' },
  })
  await heard.erase('account-1')
  clock.advance(3_600_000)
  heard.record({
    code: 'login.succeeded',
    actorId: 'account-1',
    outcome: 'success',
    personal: { a: 'b' },
  })
  await heard.flush()
  const rows = await all(log)
  assert.deepEqual(await kinds(rows), [])
  const wiped = rows.map(row => ({ ...row, personal: undefined }))
  const { findings } = await look(wiped)
  assert.ok(findings.every(({ kind }) => kind === 'personal_removed'))
  assert.ok(
    findings.some(({ sequence }) => sequence === rows.length),
    'later than the erasure',
  )
})

test('rows cut off at the end are found by what the log itself counts', async () => {
  const { rows, log } = await written(9)
  const head = await log.head()
  const look = async (some: readonly AuditRow[]) =>
    (await verifyLog(some, { keys: [keys], head })).findings.map(({ kind }) => kind)
  assert.deepEqual(await look(rows), [])
  assert.deepEqual(await look(rows.slice(0, 8)), ['truncated'])
  assert.deepEqual(await look([]), ['truncated'])
})

test('a row of another log under the same key, from the same place, is found', async () => {
  const [one, two] = [await written(9), await written(9)]
  for (let at = 0; at < 9; at++) {
    const mixed = one.rows.with(at, two.rows[at] as AuditRow)
    const found = await kinds(mixed)
    assert.ok(found.includes('changed'), `row ${at + 1}`)
  }
  const spliced = [...one.rows.slice(0, 4), ...two.rows.slice(4)]
  assert.deepEqual(await kinds(spliced), ['changed'])
})

test('the link is HMAC-SHA-256 over place, link before and line, and stays so', () => {
  const key = createSecretKey(Buffer.alloc(32, 1))
  const expected = createHmac('sha256', Buffer.alloc(32, 1)).update('7\nprevious\n{"v":1}')
  assert.equal(chainLink(key, 7, 'previous', '{"v":1}'), expected.digest('base64url'))
})
