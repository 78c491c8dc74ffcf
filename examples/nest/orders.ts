import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { Bulwark } from 'bulwark'
import { type Principal, refusals } from 'bulwark/access'
import { owned, ownedBy, type Rows } from 'bulwark/owned'
import { refuse } from 'bulwark/refuse'

export interface Order {
  readonly id: string
  readonly account_id: string
  readonly item: string
}

/** Orders, each of which belongs to somebody: `ordersOf(principal)` reaches no other. */
export type OrdersOf = (principal: Principal | undefined) => Rows<Order, 'owned'>

export function openOrders(at: Bulwark): OrdersOf {
  const db = new DatabaseSync(':memory:')
  db.exec('create table orders (id text primary key, account_id text not null, item text not null)')
  const orders = owned<Order>(
    { table: 'orders', columns: ['id', 'account_id', 'item'], rule: ownedBy('account_id') },
    {
      dialect: 'sqlite',
      run: async (text, values) => db.prepare(text).all(...(values as SQLInputValue[])),
      audit: { record: event => at.audit?.record(event) },
    },
  )
  return principal => orders.of(principal ?? refuse(refusals.notSignedIn))
}
