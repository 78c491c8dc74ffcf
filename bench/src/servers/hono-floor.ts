import { type HttpBindings, serve } from '@hono/node-server'
import { Hono } from 'hono'
import { serving } from '../contender.ts'
import { csrfToken, FLOOR, type FloorResponse, judge, login } from '../essential.ts'

/** One middleware, and the fields written by a response of our own. */
const app = new Hono<{ Bindings: HttpBindings }>()
app.use((context, next) => {
  const { status, rate } = judge(context.env.incoming)
  const response = context.env.outgoing as FloorResponse
  response.rate = rate
  return status === 200 ? next() : Promise.resolve(context.json({ status }, status))
})
app.get('/', context => context.json({ hello: 'world' }))
app.post('/echo', async context => {
  const { item } = await context.req.json()
  return context.json({ got: item })
})
app.get('/me', context => context.json({ account: judge(context.env.incoming).account ?? '' }))
app.get('/csrf-token', context => context.json({ csrfToken: csrfToken(context.env.incoming) }))
app.get('/login', context => {
  context.header('set-cookie', login(crypto.randomUUID()))
  return context.json({})
})
serve(
  {
    fetch: app.fetch,
    port: 0,
    hostname: '127.0.0.1',
    serverOptions: FLOOR,
  },
  ({ port }) => serving({ port }),
)
