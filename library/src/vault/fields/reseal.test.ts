import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { test } from 'node:test'
import { ConfigFault } from '../../kernel/fault.ts'
import { systemRandom } from '../../kernel/random.ts'
import { keyRing } from '../secrets/ring.ts'
import { type Field, fields } from './fields.ts'
import { progressBar, type ResealProgress, reseal, type SealedSource } from './reseal.ts'
import { type SendSql, sqlColumn } from './sql-column.ts'

const OLD = Buffer.from('the old root key is at least 32 bytes')
const NEW = Buffer.from('a new root key that has 32 bytes, too')
const random = systemRandom()
const oldFields = fields({ ring: keyRing(OLD), random })
const newRing = keyRing(NEW, [{ root: OLD, until: 0 }])
const before = oldFields.field('accounts', 'phone')
const after = fields({ ring: newRing, random }).field('accounts', 'phone')
const wait = async (): Promise<void> => {}
const COLUMN = {
  table: 'accounts',
  column: 'phone',
  index: 'phone_index',
  dialect: 'sqlite',
} as const

function accounts(count: number) {
  const db = new DatabaseSync(':memory:')
  db.exec('create table accounts (id text primary key, phone text, phone_index text) strict')
  const insert = db.prepare('insert into accounts values (?, ?, ?)')
  const numbers = new Map<string, string>()
  for (let i = 0; i < count; i++) {
    const id = randomUUID()
    numbers.set(id, `+49 ${i}`)
    insert.run(id, before.seal(id, `+49 ${i}`), before.index(`+49 ${i}`))
  }
  insert.run(randomUUID(), null, null)
  const send: SendSql = async (text, values) =>
    db.prepare(text).all(...(values as SQLInputValue[])) as Record<string, unknown>[]
  const source = sqlColumn(send, COLUMN)
  return { db, numbers, source, send }
}

function assertAllUnder(
  field: Field,
  db: DatabaseSync,
  numbers: ReadonlyMap<string, string>,
): void {
  const rows = db.prepare('select * from accounts where phone is not null').all()
  assert.equal(rows.length, numbers.size)
  for (const { id, phone, phone_index } of rows) {
    const number = numbers.get(String(id))
    assert.equal(field.isCurrent(String(phone)), true)
    assert.deepEqual(field.open(String(id), String(phone)), { ok: true, value: number })
    assert.equal(phone_index, field.index(number ?? ''))
  }
}

test('every value comes under the new key, with its index, and reads as before', async () => {
  const { db, numbers, source } = accounts(1234)
  const told: ResealProgress[] = []
  const onProgress = (progress: ResealProgress): void => void told.push(progress)
  const heard: string[] = []
  const audit = { record: (event: { code: string }) => void heard.push(event.code) }
  const end = await reseal(after, source, { batch: 100, wait, onProgress, audit }).done
  assert.deepEqual(heard, ['fields.reseal_started', 'fields.reseal_finished'])
  assert.deepEqual(
    { ...end, afterId: undefined },
    { afterId: undefined, seen: 1234, total: 1234, resealed: 1234, unopened: [] },
  )
  assert.equal(told.length, 13)
  assertAllUnder(after, db, numbers)
  const again = await reseal(after, source, { wait }).done
  assert.equal(again.resealed, 0)
})

test('the report tells how many values stand under which key', async () => {
  const { source } = accounts(30)
  const oldId = keyRing(OLD).current.id
  assert.deepEqual(await source.underKeys(), new Map([[oldId, 30]]))
  let batches = 0
  const aborter = new AbortController()
  const onProgress = (): void => {
    if (++batches === 2) aborter.abort()
  }
  await reseal(after, source, { batch: 10, wait, onProgress, signal: aborter.signal }).done
  assert.deepEqual(
    await source.underKeys(),
    new Map([
      [oldId, 10],
      [newRing.current.id, 20],
    ]),
  )
})

test('what was changed while it ran keeps its change', async () => {
  const { db, numbers, source, send } = accounts(50)
  const racing: SealedSource = {
    ...source,
    async page(afterId, limit) {
      const values = await source.page(afterId, limit)
      for (const { rowId } of values.slice(0, 3)) {
        numbers.set(rowId, 'changed meanwhile')
        await send('update accounts set phone = ?, phone_index = ? where id = ?', [
          after.seal(rowId, 'changed meanwhile'),
          after.index('changed meanwhile'),
          rowId,
        ])
      }
      return values
    },
  }
  const end = await reseal(after, racing, { batch: 10, wait }).done
  assert.equal(end.resealed, 35)
  assertAllUnder(after, db, numbers)
})

test('a run that was stopped goes on where it was', async () => {
  const { db, numbers, source } = accounts(95)
  const aborter = new AbortController()
  const stopped = await reseal(after, source, {
    batch: 10,
    wait,
    signal: aborter.signal,
    onProgress: ({ seen }) => (seen >= 40 ? aborter.abort() : undefined),
  }).done
  assert.equal(stopped.seen, 40)
  const kept: ResealProgress = JSON.parse(JSON.stringify(stopped))
  const end = await reseal(after, source, { batch: 10, wait, from: kept }).done
  assert.deepEqual([end.seen, end.resealed], [95, 95])
  assertAllUnder(after, db, numbers)
})

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
}

test('a pause lets nothing happen until it is over', async () => {
  const { source } = accounts(30)
  const run = reseal(after, source, {
    batch: 10,
    wait,
    onProgress: ({ seen }) => (seen < 30 ? run.pause() : undefined),
  })
  await turns()
  assert.equal(run.progress().seen, 10)
  run.resume()
  await turns()
  assert.equal(run.progress().seen, 20)
  run.resume()
  assert.equal((await run.done).seen, 30)
})

test('values that do not open are told and left as they are', async () => {
  const { db, source } = accounts(10)
  const [one, two] = db
    .prepare('select id, phone from accounts where phone is not null order by id limit 2')
    .all()
  db.prepare('update accounts set phone = ? where id = ?').run(
    String(two?.['phone']),
    String(one?.['id']),
  )
  const end = await reseal(after, source, { wait }).done
  assert.deepEqual(end.unopened, [{ rowId: one?.['id'], code: 'fields.tampered' }])
  assert.equal(end.resealed, 9)
})

test('it works half of the time unless told, and waits the other half', async () => {
  const { source } = accounts(10)
  for (const [share, most] of [
    [1, 0],
    [0.25, Infinity],
  ] as const) {
    let waited = 0
    await reseal(after, source, {
      share,
      batch: 5,
      wait: async ms => {
        waited += ms
      },
    }).done
    assert.ok(waited <= most)
    if (share < 1) assert.ok(waited > 0)
  }
})

test('wrong bounds and names stop it before it begins', () => {
  const { source, send } = accounts(1)
  assert.throws(() => reseal(after, source, { batch: 0 }), ConfigFault)
  assert.throws(() => reseal(after, source, { share: 0 }), ConfigFault)
  assert.throws(() => reseal(after, source, { share: 1.5 }), ConfigFault)
  assert.throws(() => sqlColumn(send, { ...COLUMN, table: 'a; drop table b' }), ConfigFault)
})

test('the bar shows how far it is', () => {
  const at = (seen: number, total: number): string =>
    progressBar({ afterId: undefined, seen, total, resealed: 0, unopened: [] }, 10)
  assert.equal(at(500_000, 1_000_000), '[#####·····]  50 %  500,000 of 1,000,000')
  assert.equal(at(0, 3), '[··········]   0 %  0 of 3')
  assert.equal(at(0, 0), '[##########] 100 %  0 of 0')
  assert.equal(at(5, 3), '[##########] 100 %  5 of 3')
})
