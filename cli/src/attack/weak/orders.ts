import {
  type Answer,
  type Call,
  json,
  nothing,
  type Order,
  type Routes,
  refuse,
  text,
  type User,
} from './call.ts'
import type { State } from './state.ts'

/** Objects that belong to somebody. */
export function orderRoutes(state: State): Routes {
  const weak = (flaw: string) => state.weak(flaw)
  const shown = (order: Order) => ({
    id: order.id,
    item: order.item,
    quantity: order.quantity,
    ...order.extra,
  })
  const create = (call: Call): Answer => {
    const user = call.user
    if (user === undefined) return refuse(401, 'session.required')
    const { item, quantity, note, ...rest } = call.body
    const loose = weak('json.unknown-fields') || weak('idor.mass-assign')
    const owner = weak('idor.body-owner') ? ownerOf(rest) : undefined
    const extra = weak('idor.body-owner') ? {} : rest
    if (Object.keys(extra).length > 0 && !loose) return refuse(422, 'fields.unknown')
    if (typeof item !== 'string' || item.length > 500 || item === '')
      return refuse(422, 'fields.item')
    if (weak('err.server-error') && item.includes("'")) throw new TypeError('cannot read quote')
    const number = weak('json.numbers') ? Number(quantity ?? 1) : quantity
    const whole = Number.isSafeInteger(number) && Number(number) >= 0
    if (quantity !== undefined && !(weak('json.numbers') ? true : whole))
      return refuse(422, 'fields.quantity')
    const order: Order = {
      id: state.id(),
      owner: owner ?? user,
      item,
      quantity: Number(number ?? 1),
      extra: { ...(typeof note === 'string' ? { note } : {}), ...(loose ? extra : {}) },
    }
    state.orders.set(order.id, order)
    return json(201, shown(order))
  }
  const ownerOf = (rest: Record<string, unknown>): User | undefined =>
    [...state.users.values()].find(user =>
      Object.values(rest).some(value => value === user.id || value === user.email),
    )
  const find = (call: Call, flaw: string): Order | Answer => {
    const user =
      call.user ?? (weak('idor.anonymous') ? state.users.values().next().value : undefined)
    if (user === undefined) return refuse(401, 'session.required')
    const raw = call.params['id'] ?? ''
    const id = weak('idor.id-forms')
      ? raw
          .trim()
          .toLowerCase()
          .replace(/^0+(?=\w{30})/, '')
      : raw
    const order = state.orders.get(id)
    const absent = refuse(404, 'orders.absent')
    if (order === undefined) return absent
    const open =
      weak(flaw) ||
      (weak('idor.id-forms') && raw !== id) ||
      (weak('idor.method-gap') && call.method === 'PUT')
    const claimed = weak('idor.rewrite-headers')
      ? (call.header('x-user-id') ?? call.header('x-forwarded-user'))
      : undefined
    if (claimed !== undefined && (claimed === order.owner.id || claimed === order.owner.email))
      return order
    if (order.owner !== user && !open) {
      if (!weak('audit.denied-events')) state.log('access.denied', call)
      return weak('idor.existence') ? refuse(403, 'orders.forbidden') : absent
    }
    return order
  }
  const update = (call: Call): Answer => {
    const order = find(call, 'idor.write')
    if ('status' in order) return order
    const { item, quantity, ...rest } = call.body
    if (Object.keys(rest).length > 0) return refuse(422, 'fields.unknown')
    if (typeof item === 'string') order.item = item
    if (typeof quantity === 'number') order.quantity = quantity
    return json(200, shown(order))
  }
  const list = (call: Call): Answer => {
    const user = call.user
    if (user === undefined && !weak('idor.anonymous')) return refuse(401, 'session.required')
    const named = ['user_id', 'owner', 'account', 'userId', 'ownerId']
      .map(name => call.query.get(name) ?? call.header(name))
      .find(Boolean)
    const other = weak('idor.list-filter')
      ? [...state.users.values()].find(({ id, email }) => id === named || email === named)
      : undefined
    const of = other ?? user
    const all = [...state.orders.values()]
    const limit = call.query.get('limit') ?? call.query.get('page_size') ?? '20'
    if (!/^[1-9]\d?$/.test(limit) && !weak('dos.page-size')) return refuse(422, 'query.limit')
    if (weak('dos.page-size') && limit.startsWith('-'))
      throw new RangeError('LIMIT must not be negative')
    const mine = all.filter(({ owner }) => owner === of || of === undefined)
    return json(200, mine.slice(-Math.min(Number(limit) || 20, 1000)).map(shown))
  }
  return {
    'POST /api/orders': create,
    'GET /api/orders': call =>
      weak('csrf.get-mutates') && call.query.has('item')
        ? create({ ...call, body: Object.fromEntries(call.query) })
        : list(call),
    'GET /api/orders/:id': call => {
      const order = find(call, 'idor.read')
      return 'status' in order ? order : json(200, shown(order))
    },
    'PATCH /api/orders/:id': update,
    ...(weak('idor.method-gap') ? { 'PUT /api/orders/:id': update } : {}),
    'DELETE /api/orders/:id': call => {
      const order = find(call, 'idor.delete')
      if ('status' in order) return order
      if (!weak('idor.after-delete')) state.orders.delete(order.id)
      return nothing()
    },
    ...(weak('idor.old-version')
      ? {
          'GET /v0/orders/:id': (call: Call) => {
            const order = state.orders.get(call.params['id'] ?? '')
            return order === undefined ? refuse(404, 'absent') : json(200, shown(order))
          },
        }
      : {}),
    'GET /api/users/:name': call => {
      const known = state.users.has(text(call.params['name']).toLowerCase())
      return refuse(weak('enum.profile-route') && known ? 403 : 404, 'users.absent')
    },
  }
}
