import assert from 'node:assert/strict'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { test } from 'node:test'
import { Kysely, SqliteDialect, sql } from 'kysely'
import type { AuditEvent } from '../audit/audit.ts'
import { ConfigFault } from '../kernel/fault.ts'
import { ownedKysely } from './owned-kysely.ts'
import { anyOf, everyone, nobody, ownedBy, sharedWith, through } from './rule.ts'

interface Db {
  orders: { id: string; account_id: string; item: string; quantity: number }
  lines: { id: string; order_id: string; name: string }
  shares: { order_id: string; account_id: string }
  prices: { id: string; item: string; cents: number }
  salaries: { id: string; cents: number }
}

const mine = ownedBy('account_id')
const share = sharedWith({ table: 'shares', row: 'order_id', account: 'account_id' })
const orderRule = { read: anyOf(mine, share), write: mine }
const tables = {
  orders: { rule: orderRule },
  lines: {
    rule: {
      read: through('order_id', { table: 'orders', rule: orderRule.read }),
      write: through('order_id', { table: 'orders', rule: orderRule.write }),
    },
  },
  prices: { rule: { read: everyone, write: nobody } },
} as const

const ann = { accountId: 'ann' }
const bob = { accountId: 'bob' }
const cat = { accountId: 'cat' }

function shop() {
  const inner = new DatabaseSync(':memory:')
  inner.exec(`
    create table orders (id text primary key, account_id text not null, item text not null, quantity integer not null) strict;
    create table lines (id text primary key, order_id text not null, name text not null) strict;
    create table shares (order_id text not null, account_id text not null) strict;
    create table prices (id text primary key, item text not null, cents integer not null) strict;
    create table salaries (id text primary key, cents integer not null) strict;
    insert into orders values ('a1','ann','tea',1),('a2','ann','milk',2),('b1','bob','tea',3);
    insert into lines values ('la','a1','green'),('lb','b1','black');
    insert into shares values ('b1','cat');
    insert into prices values ('p','tea',250);
    insert into salaries values ('boss',999);`)
  const database = new Kysely<Db>({
    dialect: new SqliteDialect({
      database: {
        close: () => inner.close(),
        prepare(text) {
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
  const heard: AuditEvent[] = []
  const shopDb = ownedKysely(database, tables, {
    audit: { record: event => void heard.push(event) },
  })
  const all = (table: string) =>
    JSON.parse(JSON.stringify(inner.prepare(`select * from ${table}`).all()))
  return { db: shopDb, database, heard, all }
}

const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).sort()

test('a select sees the account’s rows and those shared with it', async () => {
  const { db } = shop()
  const ids = async (who: { accountId: string }) =>
    idsOf(await db.of(who).selectFrom('orders').select('id').execute())
  assert.deepEqual(await ids(ann), ['a1', 'a2'])
  assert.deepEqual(await ids(bob), ['b1'])
  assert.deepEqual(await ids(cat), ['b1'])
  assert.deepEqual(await ids({ accountId: 'eve' }), [])
})

test('no turn of a query shakes the scope off', async () => {
  const { db } = shop()
  const eve = db.of({ accountId: 'eve' })
  const turns = [
    eve.selectFrom('orders').selectAll().where('id', '=', 'a1'),
    eve.selectFrom('orders').selectAll().where('id', '=', 'a1').clearWhere(),
    eve
      .selectFrom('orders')
      .selectAll()
      .where(eb => eb.or([eb('id', '=', 'a1'), eb.val(1)])),
    eve.selectFrom('orders as o').selectAll('o').where('o.id', '=', 'a1'),
    eve.selectFrom(['orders', 'lines']).selectAll('orders'),
    eve.selectFrom('orders').selectAll().union(eve.selectFrom('orders').selectAll()),
    eve.selectFrom(eb => eb.selectFrom('orders').selectAll().as('x')).selectAll(),
    eve.selectFrom('lines').selectAll(),
    eve.selectFrom('prices').innerJoin('orders', 'orders.item', 'prices.item').selectAll('orders'),
    eve.selectFrom('prices').innerJoin('orders as o', 'o.item', 'prices.item').selectAll('o'),
    eve
      .selectFrom('prices')
      .innerJoin(
        eb => eb.selectFrom('orders').selectAll().as('o'),
        join => join.onTrue(),
      )
      .selectAll('o'),
  ]
  for (const turn of turns) assert.deepEqual(await turn.execute(), [], turn.compile().sql)
})

test('a left join shows the rows that everybody may read, with nothing of others beside them', async () => {
  const { db } = shop()
  const rows = await db
    .of({ accountId: 'eve' })
    .selectFrom('prices')
    .leftJoin('orders', 'orders.item', 'prices.item')
    .select(['prices.cents', 'orders.account_id'])
    .execute()
  assert.deepEqual({ ...rows[0] }, { cents: 250, account_id: null })
})

test('counts and subqueries in a selection or a condition count the account’s rows', async () => {
  const { db } = shop()
  const counted = async (who: { accountId: string }) => {
    const { n } = await db
      .of(who)
      .selectFrom('orders')
      .select(eb => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
    return n
  }
  assert.deepEqual([await counted(ann), await counted(bob), await counted(cat)], [2, 1, 1])
  const inside = await db
    .of(cat)
    .selectFrom('prices')
    .select(eb => eb.selectFrom('orders').select(eb.fn.countAll<number>().as('n')).as('n'))
    .where(eb => eb.exists(eb.selectFrom('orders').select('id').where('account_id', '=', 'ann')))
    .execute()
  assert.deepEqual(inside, [])
})

test('the owner changes and removes; others change and remove nothing', async () => {
  const { db, all } = shop()
  const before = all('orders')
  for (const who of [bob, cat, { accountId: 'eve' }]) {
    const done = await db
      .of(who)
      .updateTable('orders')
      .set({ item: 'x' })
      .where('id', 'like', 'a%')
      .execute()
    assert.equal(done[0]?.numUpdatedRows, 0n)
    const gone = await db.of(who).deleteFrom('orders').where('account_id', '=', 'ann').execute()
    assert.equal(gone[0]?.numDeletedRows, 0n)
    await db
      .of(who)
      .updateTable('orders as o')
      .set({ item: 'x' })
      .where('o.id', '=', 'a1')
      .clearWhere()
      .where('o.account_id', '=', 'ann')
      .execute()
    await db
      .of(who)
      .deleteFrom('orders')
      .where(eb => eb.or([eb('account_id', '=', 'ann')]))
      .execute()
  }
  const always = sql<boolean>`1 = 1 or 1 = 1`
  await db.of(bob).updateTable('orders').set({ quantity: 3 }).where(always).execute()
  const rid = await db.of({ accountId: 'eve' }).deleteFrom('orders').where(always).execute()
  assert.equal(rid[0]?.numDeletedRows, 0n)
  assert.deepEqual(all('orders'), before)
  await db.of(ann).updateTable('orders').set({ quantity: 7 }).execute()
  assert.deepEqual(
    all('orders').map((row: { quantity: number }) => row.quantity),
    [7, 7, 3],
  )
  await db.of(ann).deleteFrom('orders').execute()
  assert.deepEqual(idsOf(all('orders')), ['b1'])
})

test('a new row belongs to who makes it, whatever the values say', async () => {
  const { db, all } = shop()
  const forged = { id: 'e1', account_id: 'ann', item: 'x', quantity: 1 }
  await db.of(cat).insertInto('orders').values(forged).execute()
  const own = { id: 'e2', item: 'x', quantity: 1 }
  await db
    .of(cat)
    .insertInto('orders')
    .values([own as typeof forged])
    .execute()
  const made = all('orders').filter((row: { id: string }) => row.id.startsWith('e'))
  assert.deepEqual(
    made.map((row: { account_id: string }) => row.account_id),
    ['cat', 'cat'],
  )
})

test('an upsert that meets somebody else’s row leaves it alone', async () => {
  const { db, all } = shop()
  const before = all('orders')
  const row = { id: 'a1', account_id: 'cat', item: 'stolen', quantity: 0 }
  await db
    .of(cat)
    .insertInto('orders')
    .values(row)
    .onConflict(on => on.column('id').doUpdateSet({ item: 'stolen' }))
    .execute()
  assert.deepEqual(all('orders'), before)
  await db
    .of(ann)
    .insertInto('orders')
    .values(row)
    .onConflict(on => on.column('id').doUpdateSet(eb => ({ item: eb.ref('excluded.item') })))
    .execute()
  assert.equal(all('orders')[0].item, 'stolen')
  assert.equal(all('orders')[0].account_id, 'ann')
})

test('a nested row is made under, and moved to, a parent of one’s own only', async () => {
  const { db, all } = shop()
  const before = all('lines')
  const line = { id: 'l', order_id: 'a1', name: 'x' }
  await assert.rejects(db.of(bob).insertInto('lines').values(line).execute(), /NOT NULL/)
  await assert.rejects(
    db
      .of(cat)
      .insertInto('lines')
      .values({ ...line, order_id: 'b1' })
      .execute(),
    /NOT NULL/,
  )
  await assert.rejects(
    db.of(bob).updateTable('lines').set({ order_id: 'a1' }).where('id', '=', 'lb').execute(),
    /NOT NULL/,
  )
  await db.of(bob).updateTable('lines').set({ name: 'x' }).where('id', '=', 'la').execute()
  await db.of(bob).deleteFrom('lines').where('id', '=', 'la').execute()
  assert.deepEqual(all('lines'), before)
  await db.of(ann).insertInto('lines').values(line).execute()
  await db.of(ann).updateTable('lines').set({ order_id: 'a2' }).where('id', '=', 'l').execute()
  assert.equal(all('lines')[2].order_id, 'a2')
})

test('what everybody may read is changed by nobody', async () => {
  const { db, all } = shop()
  await db.of(ann).updateTable('prices').set({ cents: 0 }).execute()
  await db.of(ann).deleteFrom('prices').execute()
  assert.throws(
    () => db.of(ann).insertInto('prices').values({ id: 'x', item: 'x', cents: 0 }).compile(),
    ConfigFault,
  )
  assert.equal(all('prices')[0].cents, 250)
})

test('what cannot be narrowed is refused, not passed over', async () => {
  const { db } = shop()
  const hers = db.of(cat)
  const anyTable = (name: string) => name as 'orders'
  const refused = [
    () => hers.selectFrom(anyTable('salaries')).selectAll().compile(),
    () => hers.selectFrom(anyTable('ORDERS')).selectAll().compile(),
    () =>
      hers
        .selectFrom('prices')
        .innerJoin(anyTable('shares'), j => j.onTrue())
        .selectAll()
        .compile(),
    () => hers.selectFrom(sql<{ id: string }>`orders`.as('o')).selectAll().compile(),
    () => hers.selectFrom('prices').select(sql`(select item from "Orders")`.as('x')).compile(),
    () =>
      hers
        .selectFrom('prices')
        .select(sql`(select id from ${sql.table('orders')})`.as('x'))
        .compile(),
    () =>
      hers
        .selectFrom('prices')
        .select(sql`(select id from ${sql.id('orders')})`.as('x'))
        .compile(),
    () =>
      hers
        .selectFrom('prices')
        .select(sql`(select id from ${sql.id('main', 'Orders')})`.as('x'))
        .compile(),
    () => hers.updateTable('orders').set({ account_id: 'bob' }).compile(),
    () =>
      hers
        .updateTable('orders')
        .set(eb => ({ account_id: eb.val('bob') }))
        .compile(),
    () => hers.insertInto('orders').defaultValues().compile(),
    () =>
      hers
        .insertInto('orders')
        .columns(['id'])
        .expression(eb => eb.selectFrom('lines').select('id'))
        .compile(),
    () =>
      hers
        .insertInto('orders')
        .orReplace()
        .values({ id: 'a1', account_id: 'x', item: 'x', quantity: 1 })
        .compile(),
    () =>
      hers
        .insertInto('lines')
        .values({ id: 'x', name: 'x' } as Db['lines'])
        .compile(),
    () =>
      hers
        .insertInto('orders')
        .values({ id: 'a1', account_id: 'x', item: 'x', quantity: 1 })
        .onConflict(on => on.column('id').doUpdateSet({ account_id: 'cat' }))
        .compile(),
  ]
  for (const [index, compile] of refused.entries()) {
    assert.throws(compile, ConfigFault, `turn ${index + 1}`)
  }
})

test('inside a transaction the scope is the same, and all or nothing holds', async () => {
  const { db, all } = shop()
  const before = all('orders')
  await assert.rejects(
    db.of(ann).transaction(async hers => {
      assert.equal((await hers.selectFrom('orders').selectAll().execute()).length, 2)
      await hers.deleteFrom('orders').execute()
      throw new Error('changed my mind')
    }),
    /changed my mind/,
  )
  assert.deepEqual(all('orders'), before)
})

test('reaching over all owners takes a written reason and leaves an event', async () => {
  const { db, heard } = shop()
  const rows = await db
    .unscoped('nightly revenue report')
    .selectFrom('orders')
    .selectAll()
    .execute()
  assert.equal(rows.length, 3)
  assert.equal(heard[0]?.code, 'access.unscoped')
  assert.throws(() => db.unscoped('because'), ConfigFault)
  assert.throws(() => db.of({ accountId: '' }), ConfigFault)
})

/** Never run: the compiler is the test. */
export async function unscopedDoesNotCompile(): Promise<void> {
  const { db } = shop()
  // @ts-expect-error a database gives nothing away before it is told for whom
  db.selectFrom('orders')
  // @ts-expect-error a reason is needed
  db.unscoped()
  // @ts-expect-error and not an empty one
  db.unscoped('')
  // @ts-expect-error only owned tables are in sight
  db.of(ann).selectFrom('salaries')
  // @ts-expect-error the scope cannot be taken off
  db.of(ann).withoutPlugins()
  // @ts-expect-error nor can raw SQL be sent
  await sql`select 1`.execute(db.of(ann))
}
