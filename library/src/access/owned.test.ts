import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { describe, test } from 'node:test'
import type { AuditEvent } from '../audit/audit.ts'
import { ConfigFault } from '../kernel/fault.ts'
import { type OwnedTable, owned, type Rows, type RunSql } from './owned.ts'
import {
  type DrizzleDatabase,
  type DrizzleTable,
  type DrizzleTools,
  type OwnedDrizzle,
  ownedDrizzle,
} from './owned-drizzle.ts'
import { anyOf, everyone, nobody, ownedBy, sharedWith, through } from './rule.ts'

interface Order {
  id: string
  account_id: string
  item: string
  quantity: number
}
interface Line {
  id: string
  order_id: string
  name: string
}

const mine = ownedBy('account_id')
const share = sharedWith({ table: 'shares', row: 'order_id', account: 'account_id' })
const orderRule = { read: anyOf(mine, share), write: mine }
const lineRule = {
  read: through('order_id', { table: 'orders', rule: orderRule.read }),
  write: through('order_id', { table: 'orders', rule: orderRule.write }),
}

const SCHEMA = `
  create table orders (id text primary key, account_id text not null, item text not null, quantity integer not null) strict;
  create table lines (id text primary key, order_id text not null, name text not null) strict;
  create table shares (order_id text not null, account_id text not null) strict;`

const ann = { accountId: 'ann' }
const bob = { accountId: 'bob' }
const cat = { accountId: 'cat' }

/** Ann has two orders with a line each, Bob one; Bob shared his with Ann. */
function shop() {
  const db = new DatabaseSync(':memory:')
  db.exec(SCHEMA)
  const heard: AuditEvent[] = []
  const audit = { record: (event: AuditEvent) => void heard.push(event) }
  const sent: string[] = []
  const run: RunSql = async (sql, values) => {
    sent.push(sql)
    return db.prepare(sql).all(...(values as SQLInputValue[])) as Record<string, unknown>[]
  }
  const ids = {
    anns: randomUUID(),
    anns2: randomUUID(),
    bobs: randomUUID(),
    annsLine: randomUUID(),
    bobsLine: randomUUID(),
  }
  for (const [id, account] of [
    [ids.anns, 'ann'],
    [ids.anns2, 'ann'],
    [ids.bobs, 'bob'],
  ] as const) {
    db.prepare('insert into orders values (?, ?, ?, 1)').run(id, account, 'tea')
  }
  db.prepare('insert into lines values (?, ?, ?)').run(ids.annsLine, ids.anns, 'green')
  db.prepare('insert into lines values (?, ?, ?)').run(ids.bobsLine, ids.bobs, 'black')
  db.prepare('insert into shares values (?, ?)').run(ids.bobs, 'ann')
  const all = (table: string) =>
    JSON.parse(JSON.stringify(db.prepare(`select * from ${table} order by id`).all()))
  return { db, run, audit, heard, sent, ids, all }
}
type Shop = ReturnType<typeof shop>

/** Loaded without its types, which do not pass a compiler as strict as ours. */
const load = async (name: string) => import(`drizzle-orm${name}`)
const tools: DrizzleTools = await load('')
const { drizzle } = await load('/sqlite-proxy')
const { integer, sqliteTable, text } = await load('/sqlite-core')

const proxy = ({ db, sent }: Shop): DrizzleDatabase =>
  drizzle(async (sql: string, params: SQLInputValue[]) => {
    sent.push(sql)
    const statement = db.prepare(sql)
    statement.setReturnArrays(true)
    return { rows: statement.all(...params) }
  })

const ordersTable: DrizzleTable & { $inferSelect: Order; $inferInsert: Order } = sqliteTable(
  'orders',
  {
    id: text('id').primaryKey(),
    account_id: text('account_id').notNull(),
    item: text('item').notNull(),
    quantity: integer('quantity').notNull(),
  },
)
const linesTable: DrizzleTable & { $inferSelect: Line; $inferInsert: Line } = sqliteTable('lines', {
  id: text('id').primaryKey(),
  order_id: text('order_id').notNull(),
  name: text('name').notNull(),
})

const ways: [string, (shop: Shop) => { orders: OwnedTable<Order>; lines: OwnedTable<Line> }][] = [
  [
    'plain SQL',
    ({ run, audit }) => {
      const parts = { run, dialect: 'sqlite', audit } as const
      return {
        orders: owned<Order>(
          { table: 'orders', columns: ['id', 'account_id', 'item', 'quantity'], rule: orderRule },
          parts,
        ),
        lines: owned<Line>(
          { table: 'lines', columns: ['id', 'order_id', 'name'], rule: lineRule },
          parts,
        ),
      }
    },
  ],
  [
    'Drizzle',
    at => {
      const db = proxy(at)
      const parts = { drizzle: tools, audit: at.audit }
      // One suite for both: the tables answer the same methods.
      return {
        orders: ownedDrizzle(
          db,
          ordersTable,
          { rule: orderRule },
          parts,
        ) as unknown as OwnedTable<Order>,
        lines: ownedDrizzle(
          db,
          linesTable,
          { rule: lineRule },
          parts,
        ) as unknown as OwnedTable<Line>,
      }
    },
  ],
]

for (const [name, made] of ways) {
  describe(`owned, ${name}`, () => {
    const open = () => {
      const at = shop()
      return { ...at, ...made(at) }
    }

    test('the owner reads, lists, counts, changes and removes', async () => {
      const { orders, ids, all } = open()
      const hers = orders.of(ann)
      assert.equal((await hers.get(ids.anns))?.item, 'tea')
      assert.equal(await hers.update(ids.anns, { quantity: 5 }), true)
      assert.equal((await hers.get(ids.anns))?.quantity, 5)
      assert.equal(await hers.count({ quantity: 5 }), 1)
      assert.equal(await hers.remove(ids.anns2), true)
      assert.equal(all('orders').length, 2)
    })

    test('nobody reads, counts, lists, changes or removes what is another’s', async () => {
      const { orders, ids, all } = open()
      const before = all('orders')
      const his = orders.of(cat)
      for (const id of [ids.anns, ids.bobs, randomUUID()]) {
        assert.equal(await his.get(id), undefined)
        assert.equal(await his.update(id, { item: 'x' }), false)
        assert.equal(await his.remove(id), false)
      }
      assert.deepEqual(await his.list(), [])
      assert.deepEqual(await his.list({ where: { item: 'tea' } }), [])
      assert.deepEqual(await his.many([ids.anns, ids.bobs]), [])
      assert.equal(await his.count(), 0)
      assert.deepEqual(all('orders'), before)
    })

    test('absent and foreign take the very same trip', async () => {
      const { orders, ids, sent } = open()
      for (const id of [ids.anns, randomUUID()]) {
        const his = orders.of(bob)
        await his.get(id)
        await his.update(id, { item: 'x' })
        await his.remove(id)
      }
      assert.equal(sent.length, 6)
      assert.deepEqual(sent.slice(0, 3), sent.slice(3))
    })

    test('what is shared is read, and not changed or removed', async () => {
      const { orders, lines, ids, all } = open()
      const hers = orders.of(ann)
      assert.equal((await hers.get(ids.bobs))?.account_id, 'bob')
      assert.equal(await hers.count(), 3)
      assert.equal((await lines.of(ann).get(ids.bobsLine))?.name, 'black')
      const before = [all('orders'), all('lines')]
      assert.equal(await hers.update(ids.bobs, { quantity: 9 }), false)
      assert.equal(await hers.remove(ids.bobs), false)
      assert.equal(await lines.of(ann).update(ids.bobsLine, { name: 'x' }), false)
      assert.equal(await lines.of(ann).remove(ids.bobsLine), false)
      assert.deepEqual([all('orders'), all('lines')], before)
    })

    test('a new row belongs to who makes it, and to nobody else', async () => {
      const { orders, all } = open()
      const id = randomUUID()
      assert.equal(await orders.of(cat).create({ id, item: 'milk', quantity: 1 }), true)
      assert.equal((await orders.of(cat).get(id))?.account_id, 'cat')
      assert.equal(await orders.of(bob).get(id), undefined)
      const forged = { id: randomUUID(), item: 'x', quantity: 1, account_id: 'bob' }
      await assert.rejects(orders.of(cat).create(forged), ConfigFault)
      await assert.rejects(orders.of(cat).update(id, { account_id: 'bob' }), ConfigFault)
      await assert.rejects(orders.of(cat).update(id, { id: randomUUID() }), ConfigFault)
      assert.equal(all('orders').length, 4)
    })

    test('a body passed on unread stops at the first column that is none', async () => {
      const { orders, ids, sent } = open()
      const body = JSON.parse('{"item":"x","is_admin":true}')
      await assert.rejects(orders.of(ann).update(ids.anns, body), ConfigFault)
      await assert.rejects(orders.of(ann).create({ id: randomUUID(), ...body }), ConfigFault)
      const injected = JSON.parse('{"item\\" = \'x\' --":1}')
      await assert.rejects(orders.of(ann).update(ids.anns, injected), ConfigFault)
      await assert.rejects(orders.of(ann).list({ where: injected }), ConfigFault)
      await assert.rejects(
        orders.of(ann).list({ where: { item: undefined as unknown as string } }),
        ConfigFault,
      )
      await assert.rejects(orders.of(ann).update(ids.anns, {}), ConfigFault)
      assert.deepEqual(sent, [])
    })

    test('a nested row is reached through its parent only', async () => {
      const { lines, ids, all } = open()
      const id = randomUUID()
      assert.equal(await lines.of(ann).create({ id, order_id: ids.anns, name: 'white' }), true)
      const before = all('lines')
      assert.equal(await lines.of(cat).get(id), undefined)
      assert.equal(await lines.of(cat).remove(id), false)
      assert.deepEqual(await lines.of(cat).list(), [])
      const other = randomUUID()
      assert.equal(await lines.of(cat).create({ id: other, order_id: ids.anns, name: 'x' }), false)
      assert.equal(
        await lines.of(ann).create({ id: other, order_id: ids.bobs, name: 'x' }),
        false,
        'sharing lets read, not add',
      )
      assert.equal(
        await lines.of(ann).create({ id: other, order_id: randomUUID(), name: 'x' }),
        false,
      )
      assert.deepEqual(all('lines'), before)
    })

    test('a nested row moves to a parent of one’s own, and to no other', async () => {
      const { lines, ids, all } = open()
      assert.equal(await lines.of(ann).update(ids.annsLine, { order_id: ids.anns2 }), true)
      const before = all('lines')
      assert.equal(await lines.of(ann).update(ids.annsLine, { order_id: ids.bobs }), false)
      assert.equal(await lines.of(bob).update(ids.annsLine, { order_id: ids.bobs }), false)
      assert.deepEqual(all('lines'), before)
    })

    test('an id that is none never reaches the database', async () => {
      const { orders, sent } = open()
      for (const id of ["' or 1=1 --", '', '1', ['x'] as unknown as string]) {
        assert.equal(await orders.of(ann).get(id), undefined)
        assert.equal(await orders.of(ann).update(id, { item: 'x' }), false)
        assert.equal(await orders.of(ann).remove(id), false)
        assert.deepEqual(await orders.of(ann).many([id]), [])
        assert.deepEqual(await orders.of(ann).list({ afterId: id }), [])
      }
      assert.deepEqual(sent, [])
    })

    test('a list goes on where the page before it ended', async () => {
      const { orders, ids } = open()
      const pages: string[] = []
      let afterId: string | undefined
      for (;;) {
        const page = await orders.of(ann).list({ limit: 1, ...(afterId && { afterId }) })
        if (page[0] === undefined) break
        afterId = page[0].id
        pages.push(afterId)
      }
      assert.deepEqual(pages, [ids.anns, ids.anns2, ids.bobs].sort())
      await assert.rejects(orders.of(ann).list({ limit: 0 }), ConfigFault)
      await assert.rejects(orders.of(ann).list({ limit: 1001 }), ConfigFault)
    })

    test('reaching over all owners takes a written reason and leaves an event', async () => {
      const { orders, heard } = open()
      assert.equal(await orders.unscoped('nightly revenue report').count(), 3)
      assert.deepEqual(heard, [
        {
          code: 'access.unscoped',
          outcome: 'success',
          detail: { tables: 'orders', reason: 'nightly revenue report' },
        },
      ])
      assert.throws(() => orders.unscoped('because'), ConfigFault)
      assert.equal(heard.length, 1)
    })

    test('a principal without an id gets nothing, not everything', () => {
      const { orders } = open()
      assert.throws(() => orders.of({ accountId: '' }), ConfigFault)
      assert.throws(() => orders.of({} as { accountId: string }), ConfigFault)
    })
  })
}

test('what everybody may read, nobody changes in the name of an account', async () => {
  const { run, audit, all, ids } = shop()
  const prices = owned<Order>(
    {
      table: 'orders',
      columns: ['id', 'item', 'quantity'],
      rule: { read: everyone, write: nobody },
    },
    { run, dialect: 'sqlite', audit },
  )
  const before = all('orders')
  assert.equal(await prices.of(cat).count(), 3)
  assert.equal(await prices.of(cat).update(ids.anns, { item: 'x' }), false)
  assert.equal(await prices.of(cat).remove(ids.anns), false)
  await assert.rejects(prices.of(cat).create({ id: randomUUID() }), ConfigFault)
  assert.deepEqual(all('orders'), before)
})

test('the start stops at a name that is none, and at rows that would be nobody’s', () => {
  const parts = { run: async () => [], dialect: 'sqlite', audit: { record() {} } } as const
  const table = (options: object) => () =>
    owned<Order>({ table: 'orders', columns: ['id'], rule: mine, ...options }, parts)
  assert.throws(table({ table: 'orders; drop table x' }), ConfigFault)
  assert.throws(table({ columns: ['id', 'a"b'] }), ConfigFault)
  assert.throws(table({ columns: ['item'] }), ConfigFault)
  assert.throws(table({ rule: share }), /nobody’s/)
  assert.throws(() => ownedBy('a b'), ConfigFault)
})

/** Never run: the compiler is the test. */
export async function unscopedDoesNotCompile(
  orders: OwnedTable<Order>,
  drizzled: OwnedDrizzle<Order, Order>,
): Promise<void> {
  // @ts-expect-error a table gives nothing away before it is told whose rows
  await orders.get('x')
  // @ts-expect-error nor does it list
  await orders.list()
  // @ts-expect-error a reason is needed
  orders.unscoped()
  // @ts-expect-error and not an empty one
  orders.unscoped('')
  // @ts-expect-error likewise on Drizzle
  drizzled.unscoped('')
  // @ts-expect-error and there too nothing without a principal
  await drizzled.find
  const takesOwned = (_: Rows<Order, 'owned'>) => {}
  // @ts-expect-error all owners' rows are another type
  takesOwned(orders.unscoped('nightly revenue report'))
  takesOwned(orders.of(ann))
  // @ts-expect-error no such column
  await orders.of(ann).update('x', { price: 1 })
}
