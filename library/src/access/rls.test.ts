import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { ConfigFault } from '../kernel/fault.ts'
import { leftOut, testPostgres } from '../store/conformance/engines.ts'
import { owned } from './owned.ts'
import { rlsRecipe, setAccount } from './rls.ts'
import { anyOf, everyone, nobody, ownedBy, sharedWith, through } from './rule.ts'

const mine = ownedBy('account_id')
const share = sharedWith({ table: 'shares', row: 'order_id', account: 'account_id' })
const orderRule = { read: anyOf(mine, share), write: mine }
const lineRule = {
  read: through('order_id', { table: 'orders', rule: orderRule.read }),
  write: through('order_id', { table: 'orders', rule: orderRule.write }),
}
const recipe = rlsRecipe([
  { table: 'orders', rule: orderRule },
  { table: 'lines', rule: lineRule },
  { table: 'prices', rule: { read: everyone, write: nobody } },
])

test('the recipe guards every verb of every table, also from their owner', () => {
  for (const table of ['orders', 'lines', 'prices']) {
    assert.match(recipe, new RegExp(`alter table "${table}" force row level security;`))
    for (const verb of ['select', 'insert', 'update', 'delete']) {
      assert.match(recipe, new RegExp(`create policy bulwark_${verb} on "${table}" for ${verb}`))
    }
  }
})

test('a name that is none makes no recipe', () => {
  assert.throws(() => rlsRecipe([{ table: 'x; drop table y', rule: mine }]), ConfigFault)
  assert.throws(
    () => rlsRecipe([{ table: 'x', rule: mine, accountType: 'int; --' as 'text' }]),
    ConfigFault,
  )
})

const engine = await testPostgres()
if ('absent' in engine) leftOut('row-level security', engine)
else {
  describe('on PostgreSQL', () => {
    const role = `app_${randomUUID().slice(0, 8)}`
    const owner = new pg.Client({ connectionString: engine.url })
    const url = new URL(engine.url)
    url.username = role
    url.password = 'kX9f2mQ7vLw3'
    const app = new pg.Client({ connectionString: url.href })
    const [ann, bob, cat] = [randomUUID(), randomUUID(), randomUUID()]
    const ids = { anns: randomUUID(), anns2: randomUUID(), bobs: randomUUID(), line: randomUUID() }

    before(async () => {
      await owner.connect()
      await owner.query(`
        create role ${role} login password 'kX9f2mQ7vLw3';
        create table orders (id uuid primary key, account_id uuid not null, item text not null, quantity int not null);
        create table lines (id uuid primary key, order_id uuid not null, name text not null);
        create table shares (order_id uuid not null, account_id uuid not null);
        create table prices (id uuid primary key, cents int not null);
        insert into orders values ('${ids.anns}','${ann}','tea',1),('${ids.anns2}','${ann}','milk',1),('${ids.bobs}','${bob}','tea',1);
        insert into lines values ('${ids.line}','${ids.anns}','green');
        insert into shares values ('${ids.bobs}','${cat}');
        insert into prices values ('${randomUUID()}',250);
        grant select, insert, update, delete on orders, lines, prices to ${role};
        grant select on shares to ${role};`)
      await owner.query(recipe)
      await owner.query(recipe) // as a migration that is run again
      await app.connect()
    })
    after(async () => {
      await app.end()
      await owner.query(`drop owned by ${role}; drop role ${role}`)
      await owner.end()
      await engine.stop()
    })

    /** Speaks for an account, and undoes everything in the end. */
    async function as<T>(account: string | undefined, work: () => Promise<T>): Promise<T> {
      await app.query('begin')
      try {
        if (account !== undefined) await app.query(setAccount, [account])
        return await work()
      } finally {
        await app.query('rollback')
      }
    }
    const count = async (sql: string): Promise<number> => (await app.query(sql)).rowCount ?? 0

    test('who forgets the WHERE sees the account’s rows and no more', async () => {
      const seen = (account: string | undefined) =>
        as(account, async () => [
          await count('select * from orders'),
          await count('select * from lines'),
          await count('select * from prices'),
        ])
      assert.deepEqual(await seen(ann), [2, 1, 1])
      assert.deepEqual(await seen(bob), [1, 0, 1])
      assert.deepEqual(await seen(cat), [1, 0, 1])
      assert.deepEqual(await seen(undefined), [0, 0, 1])
    })

    test('the account does not stay with the connection', async () => {
      await as(ann, async () => assert.equal(await count('select * from orders'), 2))
      assert.equal(await count('select * from orders'), 0)
    })

    test('nobody changes, removes or makes what is another’s', async () => {
      for (const account of [bob, cat, undefined]) {
        const where = `where id = '${ids.anns}'`
        assert.equal(await as(account, () => count(`update orders set item = 'x' ${where}`)), 0)
        assert.equal(await as(account, () => count(`delete from orders ${where}`)), 0)
        const made = `insert into orders values ('${randomUUID()}', '${ann}', 'x', 1)`
        await assert.rejects(
          as(account, () => count(made)),
          /row-level security/,
        )
        const line = `insert into lines values ('${randomUUID()}', '${ids.anns}', 'x')`
        await assert.rejects(
          as(account, () => count(line)),
          /row-level security/,
        )
      }
      assert.equal(await as(cat, () => count(`update orders set item = 'x'`)), 0)
      assert.equal(await as(ann, () => count('delete from prices')), 0)
    })

    test('nobody gives a row away', async () => {
      const gift = `update orders set account_id = '${bob}' where id = '${ids.anns}'`
      await assert.rejects(
        as(ann, () => count(gift)),
        /row-level security/,
      )
      const moved = `update lines set order_id = '${ids.bobs}' where id = '${ids.line}'`
      await assert.rejects(
        as(ann, () => count(moved)),
        /row-level security/,
      )
    })

    test('owned speaks PostgreSQL: nested rows, moves and all', async () => {
      const parts = {
        run: async (text: string, values: readonly unknown[]) =>
          (await owner.query(text, [...values])).rows,
        dialect: 'postgres',
        audit: { record() {} },
      } as const
      await owner.query(
        'alter table orders disable row level security; alter table lines disable row level security',
      )
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
      const orders = owned<Order>(
        { table: 'orders', columns: ['id', 'account_id', 'item', 'quantity'], rule: orderRule },
        parts,
      )
      const lines = owned<Line>(
        { table: 'lines', columns: ['id', 'order_id', 'name'], rule: lineRule },
        parts,
      )
      const [hers, his] = [{ accountId: ann }, { accountId: bob }]
      const id = randomUUID()
      assert.equal(await orders.of(hers).create({ id, item: 'cake', quantity: 3 }), true)
      assert.equal((await orders.of(hers).get(id))?.quantity, 3)
      assert.equal(await orders.of(his).get(id), undefined)
      assert.equal(await orders.of(his).update(id, { quantity: 4 }), false)
      assert.equal(await orders.of(hers).update(id, { quantity: 4 }), true)
      assert.equal(await orders.of(hers).count({ quantity: 4 }), 1)
      assert.equal((await orders.of(hers).many([id, ids.bobs])).length, 1)
      assert.equal((await orders.of(hers).list({ limit: 2 })).length, 2)
      const line = randomUUID()
      assert.equal(await lines.of(his).create({ id: line, order_id: id, name: 'x' }), false)
      assert.equal(await lines.of(hers).create({ id: line, order_id: id, name: 'x' }), true)
      assert.equal(await lines.of(hers).update(line, { order_id: ids.bobs }), false)
      assert.equal(await lines.of(hers).update(line, { order_id: ids.anns2 }), true)
      assert.equal(await lines.of(his).remove(line), false)
      assert.equal(await orders.of(hers).remove(id), true)
      assert.equal((await orders.of({ accountId: cat }).list()).length, 1)
    })
  })
}
