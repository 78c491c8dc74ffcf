import { randomUUID } from 'node:crypto'
import type { Database, Row } from '../data/database.ts'

/** An order as its owner sees it. */
export interface Order {
  readonly id: string
  readonly item: string
  readonly quantity: number
  readonly note: string | null
  /** ISO 8601, UTC. */
  readonly createdAt: string
}

export interface NewOrder {
  readonly item: string
  readonly quantity: number
  readonly note?: string | undefined
}

export type OrderChange = { readonly [Name in keyof NewOrder]?: NewOrder[Name] | undefined }

/** The orders of one owner: the only way to reach any. Foreign and absent ids are the same thing. */
export interface OwnOrders {
  list(): Promise<readonly Order[]>
  get(id: string): Promise<Order | undefined>
  add(order: NewOrder): Promise<Order>
  change(id: string, change: OrderChange): Promise<Order | undefined>
  /** False when there was nothing of theirs to remove. */
  remove(id: string): Promise<boolean>
}

export interface Orders {
  of(owner: { readonly accountId: string }): OwnOrders
}

const TABLE = `create table if not exists orders (
  id text primary key,
  owner text not null,
  item text not null,
  quantity integer not null,
  note text,
  created_at bigint not null
)`

const COLUMNS = 'id, item, quantity, note, created_at'

/** Orders in the service's database. Every statement names the owner, so no check can be forgotten. */
export async function orders(database: Database, clock: () => number): Promise<Orders> {
  await database.define([
    TABLE,
    'create index if not exists orders_by_owner on orders (owner, created_at)',
  ])
  return {
    of: ({ accountId }) => ({
      async list() {
        const rows = await database.all(
          `select ${COLUMNS} from orders where owner = ? order by created_at desc, id limit 500`,
          [accountId],
        )
        return rows.map(orderOf)
      },
      async get(id) {
        const rows = await database.all(
          `select ${COLUMNS} from orders where owner = ? and id = ?`,
          [accountId, id],
        )
        return rows.map(orderOf)[0]
      },
      async add({ item, quantity, note }) {
        const rows = await database.all(
          `insert into orders (id, owner, item, quantity, note, created_at)
           values (?, ?, ?, ?, ?, ?) returning ${COLUMNS}`,
          [randomUUID(), accountId, item, quantity, note ?? null, clock()],
        )
        return orderOf(rows[0] as Row)
      },
      async change(id, { item, quantity, note }) {
        const rows = await database.all(
          `update orders set item = coalesce(?, item), quantity = coalesce(?, quantity),
             note = coalesce(?, note)
           where owner = ? and id = ? returning ${COLUMNS}`,
          [item ?? null, quantity ?? null, note ?? null, accountId, id],
        )
        return rows.map(orderOf)[0]
      },
      async remove(id) {
        const rows = await database.all(
          'delete from orders where owner = ? and id = ? returning id',
          [accountId, id],
        )
        return rows.length === 1
      },
    }),
  }
}

function orderOf(row: Row): Order {
  return {
    id: String(row['id']),
    item: String(row['item']),
    quantity: Number(row['quantity']),
    note: row['note'] === null ? null : String(row['note']),
    createdAt: new Date(Number(row['created_at'])).toISOString(),
  }
}
