import { randomUUID } from 'node:crypto'
import { serve } from '@hono/node-server'
import { assemble } from 'bulwark'
import { refusals } from 'bulwark/access'
import { bulwark, protect } from 'bulwark/hono'
import { refuse } from 'bulwark/refuse'
import { Hono } from 'hono'
import { printed } from './mails.ts'
import { openOrders } from './orders.ts'

const port = Number(process.env['PORT'] ?? 3000)
const app = new Hono()

const defences = await assemble({
  origin: `http://localhost:${port}`,
  account: { mailer: printed },
})
app.use(bulwark({ bulwark: defences }, app)) // before any route
const ordersOf = openOrders(defences)
const mine = protect({ access: { signedIn: true } })

app.get('/', protect({ access: { public: true } }), c => c.json({ hello: 'world' }))
app.get('/orders', mine, async c => c.json(await ordersOf(c.get('principal')).list()))
app.get('/orders/:id', mine, async c => {
  const order = await ordersOf(c.get('principal')).get(c.req.param('id'))
  return c.json(order ?? refuse(refusals.notFound)) // absent, or somebody else's: nobody can tell
})
app.post('/orders', mine, async c => {
  const { item } = await c.req.json<{ item: string }>()
  const order = { id: randomUUID(), item: String(item) }
  await ordersOf(c.get('principal')).create(order)
  return c.json(order, 201)
})

serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => {
  process.stdout.write(`listening on http://localhost:${port}\n`)
})
