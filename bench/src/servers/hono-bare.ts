import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { serving } from '../contender.ts'

const app = new Hono()
app.get('/', context => context.json({ hello: 'world' }))
app.post('/echo', async context => {
  const { item } = await context.req.json()
  return context.json({ got: item })
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => serving({ port }))
