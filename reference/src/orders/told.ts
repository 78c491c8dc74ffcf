import type { Webhooks } from 'bulwark/webhooks'
import type { Order, Orders } from './orders.ts'

/**
 * Orders of whose changes their owner's own services are told, whoever made them: a route, a page, a
 * client with a token.
 *
 * Decision: a change is answered when what tells of it is queued. Cost: the orders and the queue lie in
 * two databases, so a crash between leaves a change that nobody was told of, and nobody was answered.
 */
export function toldOrders(orders: Orders, publish: Webhooks['publish']): Orders {
  return {
    of(owner) {
      const own = orders.of(owner)
      const tell = async (event: string, order: Order | { readonly id: string }): Promise<void> =>
        publish(owner.accountId, event, order)
      return {
        ...own,
        async add(order) {
          const added = await own.add(order)
          await tell('order.created', added)
          return added
        },
        async change(id, change) {
          const changed = await own.change(id, change)
          if (changed !== undefined) await tell('order.changed', changed)
          return changed
        },
        async remove(id) {
          const removed = await own.remove(id)
          if (removed) await tell('order.removed', { id })
          return removed
        },
      }
    },
  }
}
