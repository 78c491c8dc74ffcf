import assert from 'node:assert/strict'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { test } from 'node:test'
import { Kysely, SqliteDialect } from 'kysely'
import { ConfigFault } from '../../kernel/fault.ts'
import { systemRandom } from '../../kernel/random.ts'
import { keyRing } from '../secrets/ring.ts'
import { fields } from './fields.ts'
import { prismaSealed } from './prisma.ts'
import { sealedRows } from './rows.ts'

interface Account {
  id: string
  name: string
  phone: string | null
  phone_index: string | null
}

const ring = keyRing(Buffer.from('the root key of the rows, 32 bytes or more'))
const rows = sealedRows(fields({ ring, random: systemRandom() }), {
  table: 'accounts',
  columns: { phone: { index: 'phone_index', normalize: text => text.replaceAll(' ', '') } },
})
const ann = { id: 'ann', name: 'Ann', phone: '+49 30 1' }

function database() {
  const inner = new DatabaseSync(':memory:')
  inner.exec(
    'create table accounts (id text primary key, name text, phone text, phone_index text) strict',
  )
  const db = new Kysely<{ accounts: Account }>({
    dialect: new SqliteDialect({
      database: {
        close: () => inner.close(),
        prepare: text => {
          const statement = inner.prepare(text)
          return {
            reader: statement.columns().length > 0,
            all: values => statement.all(...(values as SQLInputValue[])),
            run: values => statement.run(...(values as SQLInputValue[])),
            iterate: values => statement.iterate(...(values as SQLInputValue[])),
          }
        },
      },
    }),
  })
  return { inner, db }
}

test('with Kysely: sealed in the table, in clear in the code, found by its index', async () => {
  const { inner, db } = database()
  await db
    .insertInto('accounts')
    .values(rows.seal({ ...ann, phone_index: null }))
    .execute()
  const kept = inner.prepare('select * from accounts').get()
  assert.match(String(kept?.['phone']), /^b1\./)
  assert.match(String(kept?.['phone_index']), /^[0-9a-f]{8}\./)
  assert.equal(kept?.['name'], 'Ann')
  const { values } = rows.search('phone', '+49301')
  const found = await db
    .selectFrom('accounts')
    .selectAll()
    .where('phone_index', 'in', values)
    .execute()
  const opened = rows.openAll(found)
  assert.equal(opened.ok && opened.value[0]?.phone, '+49 30 1')
  await db
    .updateTable('accounts')
    .set(rows.seal({ phone: '+49 2' }, 'ann'))
    .where('id', '=', 'ann')
    .execute()
  const changed = rows.open(await db.selectFrom('accounts').selectAll().executeTakeFirstOrThrow())
  assert.equal(changed.ok && changed.value.phone, '+49 2')
})

test('a row whose sealed value came from another row does not open', () => {
  const stolen = { ...rows.seal(ann), id: 'eve' }
  const opened = rows.open(stolen)
  assert.equal(opened.ok, false)
  assert.equal(rows.openAll([rows.seal(ann), stolen]).ok, false)
})

test('what is null stays null, and what is not there stays away', () => {
  const sealed = rows.seal({ id: 'ann', phone: null })
  assert.deepEqual(sealed, { id: 'ann', phone: null, phone_index: null })
  assert.deepEqual(rows.seal({ name: 'Ann' }), { name: 'Ann' })
  assert.deepEqual(rows.open({ name: 'Ann' }), { ok: true, value: { name: 'Ann' } })
})

test('a value without its row is a fault, not a value bound to nothing', () => {
  assert.throws(() => rows.seal({ phone: '+49' }), ConfigFault)
  assert.throws(() => rows.open({ phone: 'b1.x' }), /select id too/)
  assert.throws(() => rows.seal({ id: 'ann', phone: 7 as unknown as string }), /is no text/)
  assert.throws(() => rows.seal({ id: 'ann', phone: undefined }), /is undefined/)
  assert.throws(() => rows.search('name', 'Ann'), /is not sealed/)
})

test('with Prisma: sealed on its way in, opened on its way out', async () => {
  const { account } = prismaSealed({ account: rows }).query
  const seen: { data?: { phone?: string }; where?: object }[] = []
  const ask = (operation: string, args: object, answer: unknown = null) =>
    account?.$allOperations({
      operation,
      args,
      query: async given => {
        seen.push(given)
        return answer
      },
    })
  await ask('create', { data: ann })
  assert.match(seen[0]?.data?.phone ?? '', /^b1\./)
  await ask('update', { where: { id: 'ann' }, data: { phone: '+49 3' } })
  const opened = rows.open({ id: 'ann', phone: seen[1]?.data?.phone })
  assert.equal(opened.ok && opened.value.phone, '+49 3')
  const stored = rows.seal(ann)
  assert.deepEqual(await ask('findMany', {}, [stored]), [{ ...stored, phone: '+49 30 1' }])
  assert.deepEqual(await ask('findUnique', { where: { id: 'x' } }, null), null)
  assert.deepEqual(await ask('count', {}, 3), 3)
  await ask('updateMany', { data: { name: 'x' } })
  await assert.rejects(async () => ask('updateMany', { data: { phone: 'x' } }), ConfigFault)
  await assert.rejects(
    async () => ask('upsert', { where: { id: 'ann' }, create: ann, update: {} }),
    ConfigFault,
  )
  await assert.rejects(
    async () => ask('findFirst', {}, { ...stored, id: 'eve' }),
    /fields\.tampered/,
  )
})
