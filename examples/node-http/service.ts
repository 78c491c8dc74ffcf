import { randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { assemble } from 'bulwark'
import { refusals } from 'bulwark/access'
import { bulwark } from 'bulwark/node'
import { refuse } from 'bulwark/refuse'
import { printed } from './mails.ts'
import { openOrders } from './orders.ts'

const port = Number(process.env['PORT'] ?? 3000)
const defences = await assemble({
  origin: `http://localhost:${port}`,
  account: { mailer: printed },
})
const ordersOf = openOrders(defences)
const mine = { access: { signedIn: true } } as const

const listener = await bulwark(
  { bulwark: defences },
  {
    'GET /': {
      access: { public: true },
      handle: ({ response }) => json(response, 200, { hello: 'world' }),
    },
    'GET /orders': {
      ...mine,
      handle: async ({ response, principal }) =>
        json(response, 200, await ordersOf(principal).list()),
    },
    'GET /orders/:id': {
      ...mine,
      async handle({ response, principal, params }) {
        const order = await ordersOf(principal).get(params['id'] ?? '')
        json(response, 200, order ?? refuse(refusals.notFound))
      },
    },
    'POST /orders': {
      ...mine,
      async handle({ response, principal, body }) {
        const order = { id: randomUUID(), item: String((body as { item?: unknown }).item) }
        await ordersOf(principal).create(order)
        json(response, 201, order)
      },
    },
  },
)

function json(response: ServerResponse, status: number, value: unknown): void {
  response.statusCode = status
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.end(JSON.stringify(value))
}

createServer(listener).listen(port, '127.0.0.1', () => {
  process.stdout.write(`listening on http://localhost:${port}\n`)
})
