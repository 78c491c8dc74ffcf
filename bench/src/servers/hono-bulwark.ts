import { serve } from '@hono/node-server'
import { bulwark, protect } from 'bulwark/hono'
import { Hono } from 'hono'
import { freePort, serving } from '../contender.ts'
import { defences, login } from '../protected.ts'

const port = await freePort()
const house = await defences(port)
const open = protect({ access: { public: true } })
const limited = protect({ access: { public: true }, throttle: 'once' })
const app = new Hono()
app.use(bulwark({ bulwark: house }, app))
app.get('/', open, context => context.json({ hello: 'world' }))
app.post('/echo', open, async context => {
  const { item } = await context.req.json()
  return context.json({ got: item })
})
app.get('/me', open, context =>
  context.json({ account: context.get('principal')?.accountId ?? '' }),
)
app.get('/limited', limited, context => context.json({}))
app.get('/login', open, async context => {
  context.header('set-cookie', await login(house))
  return context.json({})
})
serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => serving({ port }))
