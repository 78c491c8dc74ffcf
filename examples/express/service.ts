import { randomUUID } from 'node:crypto'
import { assemble } from 'bulwark'
import { refusals } from 'bulwark/access'
import { bulwark, protect } from 'bulwark/express'
import { refuse } from 'bulwark/refuse'
import express from 'express'
import { printed } from './mails.ts'
import { openOrders } from './orders.ts'

const port = Number(process.env['PORT'] ?? 3000)
const app = express()

// `app.use(bulwark({ … }))` is enough; assembled by hand, other code can use what was put together.
const defences = await assemble({
  origin: `http://localhost:${port}`,
  account: { mailer: printed },
})
app.use(bulwark({ bulwark: defences }))
const ordersOf = openOrders(defences)
const mine = protect({ access: { signedIn: true } })

app.get('/', protect({ access: { public: true } }), (_request, response) => {
  response.json({ hello: 'world' })
})
app.get('/orders', mine, async ({ principal }, response) => {
  response.json(await ordersOf(principal).list())
})
app.get('/orders/:id', mine, async (request, response) => {
  const order = await ordersOf(request.principal).get(String(request.params['id']))
  response.json(order ?? refuse(refusals.notFound)) // absent, or somebody else's: nobody can tell
})
app.post('/orders', mine, async (request, response) => {
  const order = { id: randomUUID(), item: String(request.body.item) } // parsed strictly, no body parser
  await ordersOf(request.principal).create(order)
  response.status(201).json(order)
})

app.listen(port, '127.0.0.1', () => {
  process.stdout.write(`listening on http://localhost:${port}\n`)
})
