import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testClock } from '../kernel/clock.ts'
import { ConfigFault, StoreFault } from '../kernel/fault.ts'
import { deriveKeys, type Keys } from '../kernel/keys.ts'
import { systemRandom } from '../kernel/random.ts'
import { Secret } from '../kernel/secret.ts'
import { memoryStores } from '../store/memory/memory.ts'
import type { AuditLog } from '../store/port/audit-log.ts'
import { type Audit, type AuditEvent, type AuditOptions, audit } from './audit.ts'
import { isRecorded, refusalEvent } from './refusal-event.ts'
import { rowsOf, verifyLog } from './verify.ts'

const RUNS = process.env['THOROUGH'] === '1' ? 2000 : 200

const keys: Keys = deriveKeys(Buffer.from('an audit test root key, 32 bytes or more'))
const request = {
  id: 'req-1',
  method: 'POST',
  route: '/auth/login',
  address: '203.0.113.9',
  device: 'Firefox on Linux',
}
const signedIn: AuditEvent = {
  code: 'login.succeeded',
  actorId: 'ann',
  outcome: 'success',
  request,
}

function started(options: AuditOptions = {}, log: AuditLog = memoryStores().auditLog) {
  const clock = testClock()
  const heard: Audit = audit(options, { log, keys, clock, random: systemRandom() })
  return { heard, log, clock }
}

const sound = async (log: AuditLog) => (await verifyLog(rowsOf(log), { keys: [keys] })).findings

/** A log that answers wrongly as often as told. */
function shaky(fails: 'before' | 'after', times: number) {
  const log = memoryStores().auditLog
  let left = times
  return {
    log: {
      ...log,
      async append(...args) {
        if (left > 0 && fails === 'before') {
          left--
          throw new StoreFault('auditLog.append', new Error('disk full'))
        }
        await log.append(...args)
        if (left > 0) {
          left--
          throw new StoreFault('auditLog.append', new Error('connection reset'))
        }
      },
    } satisfies AuditLog,
    inside: log,
  }
}

test('the operator reads who did what, from where, in which request', async () => {
  const { heard, log } = started()
  heard.record({ ...signedIn, onBehalfOf: ['cat'], targetId: 'bob', detail: { attempts: 2 } })
  const [record] = await heard.read({ limit: 10 })
  assert.ok(record)
  const { id, ...rest } = record
  assert.match(id, /^[0-9a-f-]{36}$/)
  assert.deepEqual(rest, {
    sequence: 1,
    at: Date.UTC(2026, 0, 1),
    code: 'login.succeeded',
    severity: 'info',
    what: 'Somebody signed in.',
    outcome: 'success',
    reason: undefined,
    actorId: 'ann',
    onBehalfOf: ['cat'],
    targetId: 'bob',
    requestId: 'req-1',
    method: 'POST',
    route: '/auth/login',
    node: undefined,
    detail: { attempts: 2 },
    personal: { address: '203.0.113.9', device: 'Firefox on Linux' },
    erased: false,
  })
  assert.deepEqual(await sound(log), [])
})

test('five thousand events recorded at once stand in the order they happened', async () => {
  const { heard, log } = started()
  for (let i = 0; i < 5000; i++) heard.record({ ...signedIn, detail: { i } })
  await heard.flush()
  let i = 0
  for await (const row of rowsOf(log)) assert.equal(JSON.parse(row.text).detail.i, i++)
  assert.equal(i, 5000)
  assert.deepEqual(await sound(log), [])
})

test('recording returns before the log is asked', () => {
  let asked = 0
  const log = { ...memoryStores().auditLog, append: async () => void asked++ }
  const { heard } = started({}, log)
  heard.record(signedIn)
  assert.equal(asked, 0)
})

test('a durable event waits for the disk, together with everything before it', async () => {
  const groups: [number, string | undefined][] = []
  const inside = memoryStores().auditLog
  const log: AuditLog = {
    ...inside,
    async append(entries, how) {
      groups.push([entries.length, how])
      await inside.append(entries, how)
    },
  }
  const { heard } = started({}, log)
  heard.record(signedIn)
  await heard.recordDurable({ code: 'account.role_changed', outcome: 'success', targetId: 'bob' })
  assert.deepEqual(groups, [[2, 'durable']])
})

test('who records again as soon as the last event is safe is not forgotten', async () => {
  const { heard, log } = started()
  const lane = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) await heard.recordDurable(signedIn)
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  assert.equal((await log.head())?.sequence, 800)
})

test('an event made for a transaction is written by it, and not by the queue', async () => {
  const { heard, log } = started()
  const entry = heard.entry({ code: 'password.changed', actorId: 'ann', outcome: 'success' })
  await heard.flush()
  assert.equal(await log.head(), undefined)
  await log.append([entry])
  assert.deepEqual(await sound(log), [])
})

test('while the log is away events wait, and then stand in order', async () => {
  const { log, inside } = shaky('before', 2)
  const { heard } = started({}, log)
  heard.record({ ...signedIn, detail: { i: 0 } })
  await assert.rejects(heard.flush(), StoreFault)
  heard.record({ ...signedIn, detail: { i: 1 } })
  await assert.rejects(heard.flush(), StoreFault)
  await heard.flush()
  const rows = await inside.read({ limit: 10, oldestFirst: true })
  assert.deepEqual(
    rows.map(row => JSON.parse(row.text).detail.i),
    [0, 1],
  )
})

test('an answer that got lost on the way back does not write events twice', async () => {
  const { log, inside } = shaky('after', 1)
  const { heard } = started({}, log)
  heard.record(signedIn)
  await assert.rejects(heard.flush(), StoreFault)
  heard.record(signedIn)
  await heard.flush()
  assert.equal((await inside.read({ limit: 10 })).length, 2)
  assert.deepEqual(await sound(inside), [])
})

test('who asked for a durable event learns that the log is away', async () => {
  const { log, inside } = shaky('before', 1)
  const { heard } = started({}, log)
  await assert.rejects(heard.recordDurable(signedIn), StoreFault)
  await heard.flush()
  assert.equal(await inside.head(), undefined, 'what was reported as failed is not written later')
})

test('a full queue loses the rest, counts it, and writes down the count', async () => {
  const { log, inside } = shaky('before', 1)
  const { heard } = started({ queueLimit: 3 }, log)
  for (let i = 0; i < 10; i++) heard.record(signedIn)
  await assert.rejects(heard.recordDurable(signedIn), StoreFault)
  assert.deepEqual(heard.health(), { waiting: 3, lost: 8 })
  await assert.rejects(heard.flush(), StoreFault)
  await heard.flush()
  const [last, ...before] = await inside.read({ limit: 10 })
  assert.equal(before.length, 3)
  assert.equal(last?.code, 'audit.overflowed')
  assert.equal(JSON.parse(last?.text ?? '').detail.lost, 8)
  heard.record(signedIn)
  await heard.flush()
  assert.equal((await inside.read({ limit: 1 }))[0]?.code, 'login.succeeded')
})

test('fail closed: what an administrator does is refused when it cannot be seen', async () => {
  const { log } = shaky('before', 2)
  const { heard } = started({ failClosed: ['admin.', 'account.role_changed'] }, log)
  await heard.recordByPolicy(signedIn)
  await assert.rejects(
    heard.recordByPolicy({ code: 'admin.viewed', outcome: 'success' }),
    StoreFault,
  )
  await assert.rejects(
    heard.recordByPolicy({ code: 'account.role_changed', outcome: 'success' }),
    StoreFault,
  )
})

test('an address kept as a hash is the same for the same client and names nobody', async () => {
  const { heard, log } = started({ address: 'hash', device: 'none' })
  heard.record(signedIn)
  heard.record(signedIn)
  heard.record({ ...signedIn, request: { ...request, address: '203.0.113.10' } })
  const [other, second, first] = await heard.read({ limit: 3 })
  assert.equal(first?.personal['address'], second?.personal['address'])
  assert.notEqual(first?.personal['address'], other?.personal['address'])
  assert.match(first?.personal['address'] ?? '', /^~[A-Za-z0-9_-]{43}$/)
  assert.equal('device' in (first?.personal ?? {}), false)
  for (const row of await log.read({ limit: 3 })) {
    assert.doesNotMatch(`${row.text}${row.personal}`, /203\.0|Firefox/)
  }
})

test('where nothing personal is kept, nothing stands beside the line', async () => {
  const { heard, log } = started({ address: 'none', device: 'none' })
  heard.record(signedIn)
  await heard.flush()
  const [row] = await log.read({ limit: 1 })
  assert.equal(row?.personal, undefined)
  assert.equal('personal' in JSON.parse(row?.text ?? ''), false)
})

test('an erased person is gone from every row, and the chain still holds', async () => {
  const { heard, log, clock } = started()
  heard.record({ ...signedIn, personal: { email: 'ann@example.org' } })
  heard.record({ ...signedIn, actorId: 'bob' })
  heard.record({
    code: 'account.disabled',
    actorId: 'root',
    targetId: 'ann',
    outcome: 'success',
    request,
  })
  await heard.flush()
  clock.advance(1000)
  assert.equal(await heard.erase('ann', { actorId: 'root' }), 2)
  const everything = JSON.stringify(await log.read({ limit: 100 }))
  assert.doesNotMatch(everything, /ann@example/)
  const verdict = await verifyLog(rowsOf(log), { keys: [keys] })
  assert.deepEqual(verdict.findings, [])
  assert.equal(verdict.erased, 2)
  const records = await heard.read({ limit: 10, oldestFirst: true })
  assert.deepEqual(
    records.map(record => [record.code, record.erased]),
    [
      ['login.succeeded', true],
      ['login.succeeded', false],
      ['account.disabled', true],
      ['audit.erased', false],
    ],
  )
})

test('a secret that somebody hands over by mistake is not written', async () => {
  const { heard, log } = started()
  heard.record({
    ...signedIn,
    detail: {
      newPassword: 'hunter2',
      'x-api-key': 'hunter2',
      sessionToken: 'hunter2',
      key: new Secret('hunter2') as unknown as string,
      nested: { password: 'hunter2' } as unknown as string,
    },
    personal: { cookie: 'hunter2' },
  })
  await heard.flush()
  assert.doesNotMatch(JSON.stringify(await log.read({ limit: 10 })), /hunter2/)
})

test('a flood of words in one event becomes a bounded line', async () => {
  const { heard, log } = started()
  const long = '\u0001'.repeat(100_000)
  heard.record({
    code: 'login.refused',
    actorId: long,
    targetId: long,
    reason: long,
    outcome: 'failure',
    onBehalfOf: Array.from({ length: 1000 }, () => long),
    request: { id: long, method: long, route: long, address: long, device: long },
    detail: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${i}${long}`, long])),
  })
  await heard.flush()
  const [row] = await log.read({ limit: 1 })
  assert.ok((row?.text.length ?? 0) < 100_000, `${row?.text.length} characters`)
})

test('whatever an attacker types, the log gets one line that shows every character', async () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('a\nlogin.succeeded', '\u001b[2J', 'a\u202eb', '\u2028', '\u{e0041}', '\ud800'),
  )
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (typed, name) => {
      const { heard, log } = started()
      heard.record({
        code: 'login.refused',
        actorId: typed,
        reason: typed,
        outcome: 'failure',
        request: { ...request, id: typed, method: typed, device: typed },
        detail: { [`d${name}`]: typed },
        personal: { email: typed },
      })
      await heard.flush()
      const [row] = await log.read({ limit: 1 })
      assert.ok(row)
      const all = `${row.text}${row.personal}${row.actorId}`
      assert.doesNotMatch(all, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
      const personal = JSON.parse(row.personal ?? '')
      if (
        !/passw|passphrase|secret|token|cookie|authorization|credential|api[-_]?key|otp/i.test(name)
      ) {
        assert.equal(JSON.parse(row.text).detail[`d${name}`], typed)
      }
      assert.equal(personal.email, typed)
      assert.deepEqual(await sound(log), [])
    }),
    { numRuns: RUNS },
  )
})

test('a stream hears of rows, also of those that a transaction wrote', async () => {
  const { heard, log } = started()
  const told = new Promise<void>(resolve => heard.onWritten(resolve))
  await log.append([heard.entry(signedIn)])
  await told
})

test('after close, nothing is taken and nobody is hurt', async () => {
  const { heard, log } = started()
  heard.record(signedIn)
  await heard.close()
  heard.record(signedIn)
  await assert.rejects(heard.recordDurable(signedIn), StoreFault)
  assert.equal((await log.head())?.sequence, 1)
})

const wrong: [string, AuditOptions, RegExp][] = [
  ['a keeping that is none', { address: 'hashed' as 'hash' }, /audit\.address: write 'plain'/],
  ['a queue of nothing', { queueLimit: 0 }, /audit\.queueLimit: write a whole number/],
  [
    'a code that nobody writes',
    { failClosed: ['admin'] },
    /audit\.failClosed: knows no event "admin"/,
  ],
  ['a misspelt option', { adress: 'none' } as AuditOptions, /did you mean `address`/],
]
for (const [what, options, says] of wrong) {
  test(`the start stops at ${what}`, () => {
    assert.throws(
      () => started(options),
      (error: Error) => {
        assert.ok(error instanceof ConfigFault)
        assert.match(error.message, says)
        return true
      },
    )
  })
}

test('a refusal is recorded under its defence, with its true reason', () => {
  const event = refusalEvent(
    { code: 'csrf.cross_site', says: 'csrf.refused', status: 403, why: 'from evil.example' },
    request,
    { actorId: 'ann' },
  )
  assert.equal(event.code, 'csrf.refused')
  assert.equal(event.reason, 'csrf.cross_site')
  assert.deepEqual(event.detail, { status: 403, why: 'from evil.example' })
  const strange = { code: 'framing.two_lengths', says: 'request.malformed', status: 400 }
  assert.equal(refusalEvent(strange, request).code, 'request.refused')
})

const recorded: [string, number, boolean][] = [
  ['login.wrong_password', 401, true],
  ['access.not_found', 404, true],
  ['csrf.cross_site', 403, true],
  ['throttle.too_many', 429, true],
  ['outbound.private_address', 422, true],
  ['uploads.not_an_image', 415, true],
  ['headers.unknown_host', 421, true],
  ['route.unknown', 404, false],
  ['content.malformed_json', 400, false],
]
for (const [code, status, yes] of recorded) {
  test(`${code} (${status}) is ${yes ? '' : 'not '}recorded without anybody asking`, () => {
    assert.equal(isRecorded({ code, says: code, status }), yes)
  })
}
